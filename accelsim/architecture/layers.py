"""Layers: one phase table for a network of any depth.

The populations of a network follow each other in layers; a layer of synapses lies between two of them. Index sets of a
*side* (`pre: {side: pre}`), and what is derived from them, have a size of their own in each layer, and `each` repeats a
nest for layers one after the other, or an access or a stage run for layers at once. Both are written out here for the
depth of a network, before anything is placed or timed: ``pre_block`` becomes ``pre_block[0]``, ``pre_block[1]``, and a
memory or unit with `per_layer` becomes ``weights[0]``, ``weights[1]``. The engines know no layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from accelsim.architecture.check import referenced_sets
from accelsim.architecture.indices import IndexSet, PopulationSet, SideSet, UnionSet
from accelsim.architecture.phases import Access, Layers, Nest, Phase, StageRun, Step
from accelsim.architecture.schema import Core, Layout, Memory
from accelsim.config.errors import ConfigError, Problem

NAMES = ("blocks_of", "lanes_of", "over", "inside", "items_of")
"""Keys by which an index set refers to another one."""
OFFSET = {"pre": 0, "post": 1, "hidden": 0, "below": -1}
"""Populations of a side, counted from that before the synapses."""
LOWEST = {"hidden": 1}
"""First layer that has a side, where it is not the first that has such a population."""

T = TypeVar("T", Access, StageRun)


def has_layers(core: Core) -> bool:
    """Whether the core works on layers of any number."""
    return any(isinstance(index_set, SideSet) for index_set in core.index_sets.values())


def layered_name(name: str, layer: int) -> str:
    """Name of the part of a layer."""
    return f"{name}[{layer}]"


def with_layers(core: Core, populations: Iterable[str]) -> Core:
    """A core whose tables are written out for a network; the same core if it has no layers.

    Parameters
    ----------
    core : Core
    populations : iterable of str
        Of the network, from the input to the output.

    Raises
    ------
    ConfigError
        If something of a layer is named where no `each` says which layer; problem paths are `core.<key>`.
    """
    if not has_layers(core):
        return core
    expansion = _Expansion(core, tuple(populations))
    return core.model_copy(
        update={
            "index_sets": expansion.index_sets(),
            "memories": expansion.memories(),
            "units": expansion.units(),
            "phases": {name: expansion.phase(name, phase) for name, phase in core.phases.items()},
            "sop": tuple(name for entry in core.sop for name in expansion.counted(entry)),
        }
    )


@dataclass(frozen=True)
class _Expansion:
    core: Core
    populations: tuple[str, ...]

    @property
    def layers(self) -> range:
        return range(len(self.populations) - 1)

    def order(self, each: Layers) -> Iterable[int]:
        """Layers one after the other."""
        last = self.layers[-1]
        return {"up": self.layers, "down": range(last, 0, -1), "bottom": (0,), "top": (last,)}[each]

    def layered(self, name: str) -> bool:
        """Whether an index set has a size of its own in each layer."""
        index_set = self.core.index_sets[name]
        if isinstance(index_set, SideSet):
            return True
        return not isinstance(index_set, UnionSet) and any(map(self.layered, referenced_sets(index_set)))

    def exists(self, name: str, layer: int) -> bool:
        """Whether a layer has such an index set."""
        index_set = self.core.index_sets[name]
        if isinstance(index_set, SideSet):
            return layer >= LOWEST.get(index_set.side, 0) and layer + OFFSET[index_set.side] >= 0
        return all(self.exists(other, layer) for other in referenced_sets(index_set) if self.layered(other))

    def found(self, name: str) -> list[str]:
        """Names of an index set in all layers, or its own."""
        if not self.layered(name):
            return [name]
        return [layered_name(name, layer) for layer in self.layers if self.exists(name, layer)]

    def set_name(self, name: str, layer: int | None, at: str) -> str:
        """Name of an index set in a layer."""
        if not self.layered(name):
            return name
        if layer is None:
            raise ConfigError(
                Problem(path=at, message=f"`{name}` is of a layer; say of which with an enclosing `each`")
            )
        if not self.exists(name, layer):
            raise ConfigError(Problem(path=at, message=f"layer {layer} of the network has no `{name}`"))
        return layered_name(name, layer)

    def part_name(self, name: str, layer: int | None, at: str) -> str:
        """Name of the memory, or of the unit's stage, of a layer."""
        owner = next((unit for unit in self.core.units.values() if name in unit.stages), None)
        part = self.core.memories.get(name) or owner
        if part is None or not part.per_layer:
            return name
        if layer is None:
            raise ConfigError(
                Problem(path=at, message=f"`{name}` is of a layer; say of which with an enclosing `each`")
            )
        return layered_name(name, layer)

    def index_sets(self) -> dict[str, IndexSet]:
        """Index sets of all layers."""
        found: dict[str, IndexSet] = {}
        for name, index_set in self.core.index_sets.items():
            if isinstance(index_set, UnionSet):
                union = tuple(part for each in index_set.union for part in self.found(each))
                found[name] = index_set.model_copy(update={"union": union})
            elif not self.layered(name):
                found[name] = self._in_layer(index_set, None)
            else:
                for layer in self.layers:
                    if self.exists(name, layer):
                        found[layered_name(name, layer)] = self._in_layer(index_set, layer)
        return found

    def _in_layer(self, index_set: IndexSet, layer: int | None) -> IndexSet:
        if isinstance(index_set, SideSet):
            assert layer is not None
            return PopulationSet(population=self.populations[layer + OFFSET[index_set.side]])
        renamed: dict[str, Any] = {}
        for key in NAMES:
            if hasattr(index_set, key):
                renamed[key] = self.set_name(getattr(index_set, key), layer, "core.index_sets")
        for key, parts in (("unit", self.core.units), ("words_of", self.core.memories)):
            name = getattr(index_set, key, None)
            if name is not None and parts[name].per_layer:
                renamed[key] = layered_name(name, layer or 0)  # all of them have the same lanes and words
        return index_set.model_copy(update=renamed)

    def memories(self) -> dict[str, Memory]:
        """Memories of all layers, or with a slice for each."""
        found: dict[str, Memory] = {}
        for name, memory in self.core.memories.items():
            sides = [side for matrix in memory.holds.matrices for side in matrix if side is not None]
            if not any(map(self.layered, sides)):
                found[name] = memory
                continue
            held = {
                layer: [(rows and self.set_name(rows, layer, name), self.set_name(columns, layer, name))
                        for rows, columns in memory.holds.matrices]
                for layer in self.layers
                if all(self.exists(side, layer) for side in sides if self.layered(side))
            }  # fmt: skip
            if memory.per_layer:
                for layer, matrices in held.items():
                    found[layered_name(name, layer)] = memory.model_copy(update={"holds": _layout(memory, matrices)})
            else:
                every = [matrix for matrices in held.values() for matrix in matrices]
                found[name] = memory.model_copy(update={"holds": _layout(memory, every)})
        return found

    def units(self) -> dict[str, Any]:
        """Units of all layers; the stages of each have the number of their layer too."""
        found: dict[str, Any] = {}
        for name, unit in self.core.units.items():
            if not unit.per_layer:
                found[name] = unit
                continue
            for layer in self.layers:
                stages = tuple(layered_name(stage, layer) for stage in unit.stages)
                found[layered_name(name, layer)] = unit.model_copy(update={"stages": stages})
        return found

    def counted(self, entry: str) -> list[str]:
        """An entry of `sop` in all layers."""
        phase, _, stage = entry.rpartition(".")
        names = {self.part_name(stage, layer, "core.sop"): None for layer in self.layers}
        return [f"{phase}.{name}" if phase else name for name in names]

    def phase(self, name: str, phase: Phase) -> Phase:
        """A phase with its nests written out."""
        body = tuple(nest for each in phase.body for nest in self.nests(each, None, f"core.phases.{name}"))
        return phase.model_copy(update={"body": body})

    def nests(self, nest: Nest, layer: int | None, at: str) -> list[Nest]:
        """A nest for each of its layers."""
        chosen = [layer] if nest.each is None else self.order(nest.each)
        return [self.nest(nest, each, at) for each in chosen]

    def nest(self, nest: Nest, layer: int | None, at: str) -> Nest:
        """A nest in a layer, with what it contains."""
        loops = tuple(self.set_name(name, layer, at) for name in nest.loops)
        body = tuple(inner for each in nest.body for inner in self.nests(each, layer, at))
        steps = tuple(self.step(step, layer, at) for step in nest.steps)
        update = {"loop": loops or None, "each": None, "body": body, "steps": steps}
        return nest.model_copy(update=update)

    def step(self, step: Step, layer: int | None, at: str) -> Step:
        """A step in a layer."""
        update: dict[str, Any] = {}
        for key in ("reads", "writes"):
            entries = (Access(memory=entry) if isinstance(entry, str) else entry for entry in getattr(step, key))
            update[key] = tuple(found for entry in entries for found in self.entries(entry, "memory", layer, at))
        runs = (StageRun(stage=entry) if isinstance(entry, str) else entry for entry in step.runs)
        update["runs"] = tuple(found for entry in runs for found in self.entries(entry, "stage", layer, at))
        return step.model_copy(update=update)

    def entries(self, entry: T, target: str, layer: int | None, at: str) -> list[T]:
        """An access or a stage run for each of its layers that there is."""
        chosen = [layer] if entry.each is None else self.order(entry.each)
        found = []
        for here in chosen:
            there = None if here is None else here + entry.layer
            if there is not None and there not in self.layers:
                continue
            update: dict[str, Any] = {
                target: self.part_name(getattr(entry, target), there, at),
                "within": self.bounds(entry.within, here, at),
                "each": None,
                "layer": 0,
            }
            if isinstance(entry, Access) and entry.item is not None:
                update["item"] = self.set_name(entry.item, here, at)
            if isinstance(entry, StageRun) and entry.per is not None:
                update["per"] = tuple(self.set_name(name, here, at) for name in entry.sets)
            found.append(entry.model_copy(update=update))
        return found

    def bounds(self, within: Mapping[str, str], layer: int | None, at: str) -> dict[str, str]:
        """The bounds of an entry in a layer."""
        return {self.set_name(loop, layer, at): self.set_name(bound, layer, at) for loop, bound in within.items()}


def _layout(memory: Memory, matrices: list[tuple[str | None, str]]) -> Layout:
    """The layout of a memory of several matrices."""
    rows = None if memory.holds.rows is None else tuple(row for row, _ in matrices if row is not None)
    columns = tuple(column for _, column in matrices)
    return Layout.model_construct(**dict(memory.holds) | {"rows": rows, "columns": columns})
