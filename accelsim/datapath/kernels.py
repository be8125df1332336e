"""Kernels: a chain of stages as a loop over a row of synapses or over neurons, generated and compiled.

Every kernel is called ``kernel(i, state, parameters)`` for row `i` of the synapses (presynaptic neuron i and
all its targets j) or ``kernel(state, parameters)`` for a map over neurons. `state` is a namedtuple of arrays
and `parameters` one of scalars; a kernel uses the fields it knows by name and ignores others, so one tuple
serves all kernels of a core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from accelsim.datapath.emit import PRELUDE, emit, lane_type, word
from accelsim.datapath.generate import load_generated
from accelsim.datapath.stages import Program
from accelsim.datapath.trace import reachable

PLACES = ("synapse", "row", "lane", "whole", "parameter")
"""Where a word lives: array [i, j], array [i], array [j], array of one element, or a scalar. What a row or the whole
has one of is reduced into, where it is written."""

RESERVED = ("i", "j", "g", "state", "parameters", "generators", "changed", "range")
"""Names that kernels use themselves: no word may have one."""


def kernel_source(
    name: str,
    program: Program,
    places: Mapping[str, str],
    counted: str | None = None,
    marked: bool = False,
    random: str = "random_state",
    listener: str | None = None,
) -> str:
    """Source of one kernel, to be put below `PRELUDE`.

    Parameters
    ----------
    name : the function's name.
    program : what happens at one index.
    places : one of `PLACES` for every word the program reads or writes.
    counted : a word; the kernel returns at how many indices it changed.
    marked : whether it also marks them in the lanes of ``state.differs`` (uint8), and counts the changes of each in
        ``state.fresh`` [i, j] (uint8).
    random : the field of `state` that holds the generators of the word ``random``: uint32 per lane, never 0,
        one xorshift step (G. Marsaglia, J. Stat. Softw. 8(14), 2003) each time the lane is visited.
    listener : a function that is called with the kernel's name, the lane and the operands, in the order of
        `program.reads`; for source that is interpreted.
    """
    used = {*program.reads, *program.writes} - {"random"}
    by_row = any(places[x] in ("synapse", "row") for x in used)
    arrays = [x for x in sorted(used) if places[x] != "parameter"]
    axis = {"synapse": 1, "lane": 0}
    extent = next(f"{x}.shape[{axis[places[x]]}]" for x in arrays if places[x] in axis)
    index = {"synapse": "[i, j]", "row": "[i]", "lane": "[j]", "whole": "[0]"}
    before = [f"{x} = state.{x}" for x in arrays]
    inside = []
    for x, symbol in program.reads.items():
        kind = lane_type(symbol.value)
        if x == "random":
            before.append(f"generators = state.{random}")
            inside += _draw(symbol.value.bits, kind)
        elif places[x] == "parameter":
            before.append(f"{x}_ = {kind}(parameters.{x})")
        else:
            kept = places[x] in ("row", "whole") and x not in program.writes
            (before if kept else inside).append(f"{x}_ = {kind}({x}{index[places[x]]})")
    if listener is not None:
        inside.append(f"{listener}({', '.join([repr(name), 'j', *(f'{x}_' for x in program.reads)])})")
    statements, tables = emit(reachable(program.writes.values()), name)
    inside += statements
    inside += [f"{x}{index[places[x]]} = {word(value)}" for x, value in program.writes.items()]
    if counted:
        before.append("changed = int32(0)")  # narrow, as the lanes are
        inside.append(f"differs_ = {word(program.writes[counted])} != {counted}_")
        inside.append("changed = int32(changed + differs_)")
        if marked:
            before += ["differs = state.differs", "fresh = state.fresh"]
            inside += ["differs[j] = differs_", "fresh[i, j] += differs_"]
    lines = [*tables, "", "", '@njit(cache=True, error_model="numpy", nogil=True)']
    lines.append(f"def {name}({'i, ' if by_row else ''}state, parameters):")
    lines += [f"    {line}" for line in (["i = uint64(i)"] if by_row else []) + before]
    lines.append(f"    for j in range(uint64({extent})):")  # unsigned: no test for negative indices
    lines += [f"        {line}" for line in inside]
    lines += ["    return changed"] if counted else []
    return "\n".join(lines) + "\n"


def _draw(bits: int, kind: str) -> list[str]:
    return [
        "g = generators[j]",
        "g = uint32(g ^ uint32(g << uint32(13)))",
        "g = uint32(g ^ uint32(g >> uint32(17)))",
        "g = uint32(g ^ uint32(g << uint32(5)))",
        "generators[j] = g",
        f"random_ = {kind}(g >> uint32({32 - bits}))",
    ]


def load_kernels(name: str, *sources: str) -> ModuleType:
    """Compile kernels together as one module, from the disk cache if possible."""
    return load_generated(name, PRELUDE + "".join(sources))


def tuple_type(name: str, fields: Sequence[str]) -> Any:
    """A namedtuple class that compiled kernels on disk can refer to in any process."""
    source = f"from collections import namedtuple\n\n{name} = namedtuple({name!r}, {list(fields)!r})\n"
    return getattr(load_generated(name.lower(), source), name)
