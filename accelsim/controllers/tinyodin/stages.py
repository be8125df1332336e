"""Program of tinyODIN's datapath, traced from the function that the kernels run, and where its operands come by."""

from __future__ import annotations

from accelsim.controllers.tinyodin import kernels
from accelsim.datapath.probe import Tap, taps_of
from accelsim.datapath.stages import Program, program_of
from accelsim.neurons import tinyodin_lif as lif
from accelsim.neurons.tinyodin_lif import LIF


def stage_programs(weight_bits: int) -> dict[str, Program]:
    """Program of the neuron's update with signed weights of so many bits."""
    half = 1 << (weight_bits - 1)
    fields = {name: (getattr(LIF, name).low, getattr(LIF, name).high) for name in ("core", "thr", "leak_str")}
    return {"update": program_of(lif.update, {"tref": (0, 1), "w": (-half, half - 1), **fields})}


def stage_taps() -> dict[str, dict[str, Tap]]:
    """Where the operands of the update come by."""
    return {"update": taps_of(kernels.lif_update)}
