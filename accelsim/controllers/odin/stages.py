"""Programs of ODIN's datapath, traced from the functions that the kernels run, and where their operands come by."""

from __future__ import annotations

from accelsim.controllers.odin import kernels
from accelsim.datapath.fields import Field, named_fields
from accelsim.datapath.probe import Tap, taps_of
from accelsim.datapath.stages import Program, program_of
from accelsim.neurons import odin_izhikevich as izhikevich
from accelsim.neurons import odin_lif as lif
from accelsim.neurons.odin_izhikevich import IZHIKEVICH
from accelsim.neurons.odin_lif import LIF
from accelsim.plasticity import sdsp

_NOT_READ = ("lif", "disable")
"""Fields that choose a datapath or mask its output instead of entering it."""


def stage_programs(weight_bits: int) -> dict[str, Program]:
    """Program of every stage by name.

    `update` is the leaky integrate-and-fire neuron, `update_izhikevich` the phenomenological one beside it;
    `spike_update` and `drift` change one weight of `weight_bits`.
    """
    flag = (0, 1)
    weight = (0, (1 << weight_bits) - 1)
    inputs = {"tref": flag, "inhibitory": flag, "w": weight}
    return {
        "update": program_of(lif.update, inputs | _ranges(LIF)),
        "update_izhikevich": program_of(izhikevich.update, inputs | {"burst_end": flag} | _ranges(IZHIKEVICH)),
        "spike_update": program_of(
            sdsp.spike_update, {"w": weight, "up": flag, "down": flag, "enabled": flag, "bits": weight_bits}
        ),
        "drift": program_of(sdsp.drift, {"w": weight, "enabled": flag, "bits": weight_bits}),
    }


def stage_taps() -> dict[str, dict[str, Tap]]:
    """Where the operands of every stage come by."""
    return {
        "update": taps_of(kernels.lif_update),
        "update_izhikevich": taps_of(kernels.izhikevich_update),
        "spike_update": taps_of(kernels.spike_update),
        "drift": taps_of(kernels.drift),
    }


def _ranges(layout: tuple[Field, ...]) -> dict[str, tuple[int, int]]:
    return {name: (field.low, field.high) for name, field in named_fields(layout) if name not in _NOT_READ}
