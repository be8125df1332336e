"""Names inside a core must lead somewhere: memories, units, index sets and phases that its tables use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from accelsim.architecture.crossbar import crossbar_problems
from accelsim.architecture.indices import (
    BlockSet,
    BlockWordSet,
    CrossbarSet,
    IndexSet,
    LaneSet,
    MultipleSet,
    TileSet,
    UnionSet,
    WordSet,
)
from accelsim.architecture.phases import Access, Nest, StageRun
from accelsim.config.errors import choose_from, did_you_mean
from accelsim.config.model import PathError

if TYPE_CHECKING:
    from accelsim.architecture.schema import Architecture, Core

Path = tuple[str | int, ...]


def name_problems(core: Core) -> list[PathError]:
    """Every name in the index sets and phases of a core that leads nowhere."""
    return [
        *_index_set_problems(core),
        *_sequence_problems(core),
        *_nest_problems(core),
        *_stage_problems(core),
        *_layout_problems(core),
        *crossbar_problems(core),
    ]


def interconnect_problems(architecture: Architecture) -> list[PathError]:
    """Links between cores that cannot be."""
    if architecture.interconnect is None:
        return []
    if architecture.cores == 1 and architecture.partition is None:
        return [PathError(("interconnect",), "one core has nothing to connect; set `cores`")]
    problems = []
    senders: dict[int, int] = {}
    for i, link in enumerate(architecture.interconnect.links):
        at: Path = ("interconnect", "links", i)
        for key, core in (("from", link.source), ("to", link.target)):
            if core >= architecture.cores:
                message = f"there is no core {core}; they are numbered 0 to {architecture.cores - 1}"
                problems.append(PathError((*at, key), message))
        if link.source == link.target:
            problems.append(PathError((*at, "to"), f"core {link.target} cannot be linked to itself"))
        if link.source in senders:
            message = f"core {link.source} has an outgoing link already: number {senders[link.source]} of the list"
            problems.append(PathError((*at, "from"), message))
        senders.setdefault(link.source, i)
    return problems


def _unknown(path: Path, kind: str, name: str, known: Iterable[str]) -> PathError:
    return PathError(path, f"`{name}` is no {kind} of this core{choose_from(name, known)}")


def _index_set_problems(core: Core) -> Iterator[PathError]:
    sets = core.index_sets
    for name, index_set in sets.items():
        at: Path = ("index_sets", name)
        for key, target in _referenced_sets(index_set):
            if target not in sets:
                yield _unknown((*at, key), "index set", target, sets)
            elif key in ("lanes_of", "inside") and not isinstance(sets[target], BlockSet):
                yield PathError((*at, key), f"`{target}` is not a set of blocks")
        if isinstance(index_set, BlockSet) and index_set.unit not in core.units:
            yield _unknown((*at, "unit"), "unit", index_set.unit, core.units)
        if isinstance(index_set, WordSet | BlockWordSet) and index_set.words_of not in core.memories:
            yield _unknown((*at, "words_of"), "memory", index_set.words_of, core.memories)
        if isinstance(index_set, TileSet | CrossbarSet) and core.crossbar is None:
            yield PathError(at, "counts parts of a crossbar, but this core has no `crossbar`")
    yield from _cycles(core)


def _referenced_sets(index_set: IndexSet) -> Iterator[tuple[str, str]]:
    if isinstance(index_set, UnionSet):
        for name in index_set.union:
            yield "union", name
    elif isinstance(index_set, BlockSet):
        yield "blocks_of", index_set.blocks_of
    elif isinstance(index_set, LaneSet):
        yield "lanes_of", index_set.lanes_of
    elif isinstance(index_set, WordSet):
        yield "over", index_set.over
    elif isinstance(index_set, BlockWordSet):
        yield "inside", index_set.inside
    elif isinstance(index_set, MultipleSet):
        yield "items_of", index_set.items_of
    elif isinstance(index_set, TileSet):
        yield "tiles_of", index_set.tiles_of


def referenced_sets(index_set: IndexSet) -> tuple[str, ...]:
    """Index sets that one is defined by."""
    return tuple(name for _, name in _referenced_sets(index_set))


def _cycles(core: Core) -> Iterator[PathError]:
    for name in core.index_sets:
        seen: set[str] = set()
        pending = [name]
        while pending:
            current = pending.pop()
            for _, target in _referenced_sets(core.index_sets[current]):
                if target == name:
                    yield PathError(("index_sets", name), "this set is defined by way of itself")
                    pending = []
                    break
                if target in core.index_sets and target not in seen:
                    seen.add(target)
                    pending.append(target)


def _sequence_problems(core: Core) -> Iterator[PathError]:
    given = [("sequence", i, name) for i, name in enumerate(core.sequence)]
    given += [("upkeep", i, name) for i, name in enumerate(core.upkeep)]
    for number, (key, i, name) in enumerate(given):
        earlier = [other for _, _, other in given[:number]]
        if name not in core.phases:
            yield _unknown((key, i), "phase", name, core.phases)
        elif name in earlier:
            yield PathError((key, i), f"`{name}` is in the {given[earlier.index(name)][0]} already")


def _nest_problems(core: Core) -> Iterator[PathError]:
    for name, phase in core.phases.items():
        for i, nest in enumerate(phase.body):
            yield from _in_nest(core, nest, ("phases", name, "body", i), ())


def _in_nest(core: Core, nest: Nest, at: Path, outer: tuple[str, ...]) -> Iterator[PathError]:
    loops = outer + nest.loops
    for name in nest.loops:
        if name not in core.index_sets:
            yield _unknown((*at, "for"), "index set", name, core.index_sets)
    for i, name in enumerate(loops):
        if i >= len(outer) and name in loops[:i]:
            yield PathError((*at, "for"), f"a loop over `{name}` inside a loop over `{name}`")
    for name in nest.loops:
        if name in core.index_sets:
            index_set = core.index_sets[name]
            needed = (
                index_set.lanes_of
                if isinstance(index_set, LaneSet)
                else index_set.inside
                if isinstance(index_set, BlockWordSet)
                else None
            )
            if needed is not None and needed not in loops:
                yield PathError((*at, "for"), f"`{name}` needs an enclosing loop over `{needed}`")
    for i, step in enumerate(nest.steps):
        for kind in ("reads", "writes"):
            for j, access in enumerate(getattr(step, kind)):
                yield from _in_access(core, access, (*at, "steps", i, kind, j), loops)
        for j, run in enumerate(step.runs):
            if isinstance(run, StageRun):
                for name in run.sets:
                    if name not in core.index_sets:
                        yield _unknown((*at, "steps", i, "runs", j, "per"), "index set", name, core.index_sets)
                yield from _in_within(core, run.within, (*at, "steps", i, "runs", j), loops)
            stage = run if isinstance(run, str) else run.stage
            if stage not in _stages(core):
                yield _unknown((*at, "steps", i, "runs", j), "stage of a unit", stage, _stages(core))
    for i, inner in enumerate(nest.body):
        yield from _in_nest(core, inner, (*at, "body", i), loops)


def _stages(core: Core) -> list[str]:
    return [name for unit in core.units.values() for name in unit.stages]


def _stage_problems(core: Core) -> Iterator[PathError]:
    """Every stage has one unit that computes it; synaptic operations are counted at stages."""
    owners: dict[str, str] = {}
    working = [name for name, unit in core.units.items() if unit.stages]
    for name, unit in core.units.items():
        if not unit.stages:
            yield PathError(("units", name), f"has no `stages` to compute{did_you_mean(name, working)}")
        for i, stage in enumerate(unit.stages):
            if stage in owners:
                yield PathError(("units", name, "stages", i), f"unit `{owners[stage]}` has the stage `{stage}` already")
            owners.setdefault(stage, name)
    for i, name in enumerate(core.sop):
        phase, _, stage = name.rpartition(".")
        if stage not in owners:
            yield _unknown(("sop", i), "stage of a unit", stage, _stages(core))
        elif phase and phase not in core.phases:
            yield _unknown(("sop", i), "phase", phase, core.phases)


def _in_access(core: Core, access: str | Access, at: Path, loops: tuple[str, ...]) -> Iterator[PathError]:
    memory = access if isinstance(access, str) else access.memory
    if memory not in core.memories:
        yield _unknown(at if isinstance(access, str) else (*at, "memory"), "memory", memory, core.memories)
    if isinstance(access, str):
        return
    if access.item is not None and access.item not in loops:
        yield _unknown((*at, "item"), "enclosing loop", access.item, loops)
    yield from _in_within(core, access.within, at, loops)


def _in_within(core: Core, within: Mapping[str, str], at: Path, loops: tuple[str, ...]) -> Iterator[PathError]:
    for loop, bound in within.items():
        if loop not in loops:
            yield _unknown((*at, "within", loop), "enclosing loop", loop, loops)
        if bound not in core.index_sets:
            yield _unknown((*at, "within", loop), "index set", bound, core.index_sets)


def _tile_problems(core: Core) -> Iterator[PathError]:
    """A word that holds a tile is read in one iteration, so it must have the shape of an array."""
    arrays = {
        tuple(sorted((unit.extent("rows"), unit.extent("columns")))) for unit in core.units.values() if unit.columns
    }
    for name, memory in core.memories.items():
        rows = memory.holds.rows_per_word
        if rows > 1 and memory.known_items and tuple(sorted((rows, memory.items_per_word))) not in arrays:
            message = (
                f"words are tiles of {rows} x {memory.items_per_word} items, but no unit is an array of this shape"
            )
            shapes = ", ".join(f"{one} x {other}" for one, other in sorted(arrays)) or "none"
            yield PathError(("memories", name), f"{message}; there are: {shapes}")


def _layout_problems(core: Core) -> Iterator[PathError]:
    for name, memory in core.memories.items():
        for matrix in memory.holds.matrices:
            for key, target in zip(("rows", "columns"), matrix, strict=True):
                if target is not None and target not in core.index_sets:
                    yield _unknown(("memories", name, "holds", key), "index set", target, core.index_sets)
    yield from _tile_problems(core)
    for name, index_set in core.index_sets.items():
        if isinstance(index_set, BlockWordSet):
            blocks = core.index_sets.get(index_set.inside)
            held = core.memories.get(index_set.words_of)
            if isinstance(blocks, BlockSet) and held is not None and held.known_items and blocks.unit in core.units:
                lanes = core.units[blocks.unit].lanes
                if lanes % held.items_per_word and held.items_per_word % lanes:
                    yield PathError(
                        ("index_sets", name),
                        f"{lanes} lanes and {held.items_per_word} items a word of `{index_set.words_of}`: "
                        "one must be a multiple of the other, or rows would straddle words",
                    )
