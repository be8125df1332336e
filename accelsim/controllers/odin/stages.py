"""Operation graphs of ODIN's datapath, traced from the functions that the kernels run."""

from __future__ import annotations

from accelsim.datapath.fields import Field, named_fields
from accelsim.datapath.trace import trace
from accelsim.neurons import odin_izhikevich as izhikevich
from accelsim.neurons import odin_lif as lif
from accelsim.neurons.odin_izhikevich import IZHIKEVICH
from accelsim.neurons.odin_lif import LIF
from accelsim.plasticity import sdsp
from accelsim.technology.operations import OperationGraph

_NOT_READ = ("lif", "disable")
"""Fields that choose a datapath or mask its output instead of entering it."""


def stage_graphs(weight_bits: int) -> dict[str, OperationGraph]:
    """Graph of every stage by name.

    `update` is the leaky integrate-and-fire neuron, `update_izhikevich` the phenomenological one beside it;
    `spike_update` and `drift` change one weight of `weight_bits`.
    """
    flag = (0, 1)
    weight = (0, (1 << weight_bits) - 1)
    inputs = {"tref": flag, "inhibitory": flag, "w": weight}
    return {
        "update": trace(lif.update, inputs | _ranges(LIF)),
        "update_izhikevich": trace(izhikevich.update, inputs | {"burst_end": flag} | _ranges(IZHIKEVICH)),
        "spike_update": trace(
            sdsp.spike_update, {"w": weight, "up": flag, "down": flag, "enabled": flag, "bits": weight_bits}
        ),
        "drift": trace(sdsp.drift, {"w": weight, "enabled": flag, "bits": weight_bits}),
    }


def _ranges(layout: tuple[Field, ...]) -> dict[str, tuple[int, int]]:
    return {name: (field.low, field.high) for name, field in named_fields(layout) if name not in _NOT_READ}
