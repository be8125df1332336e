"""Operation graph of tinyODIN's datapath, traced from the function that the kernels run."""

from __future__ import annotations

from accelsim.datapath.trace import trace
from accelsim.neurons import tinyodin_lif as lif
from accelsim.neurons.tinyodin_lif import LIF
from accelsim.technology.operations import OperationGraph


def stage_graphs(weight_bits: int) -> dict[str, OperationGraph]:
    """Graph of the neuron's update with signed weights of so many bits."""
    half = 1 << (weight_bits - 1)
    fields = {name: (getattr(LIF, name).low, getattr(LIF, name).high) for name in ("core", "thr", "leak_str")}
    return {"update": trace(lif.update, {"tref": (0, 1), "w": (-half, half - 1), **fields})}
