"""Random cores, random tables and random activity that fits them.

The loops of a table are at most four deep and small; whatever the schema admits may occur in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

import numpy as np

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.controllers.activity import Activity
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.program import Program, lower
from accelsim.mapping.placement import Placement, place

CONDITIONS = ("c0", "c1", "c2")
COUNTS = ("n0", "n1")
STAGES = ("s0", "s1", "s2")
MOST_LOOPS = 4
MOST_ITERATIONS = 120


@dataclass
class Mask:
    axes: tuple[str, ...]
    parent: str | None
    """Mask that holds wherever this one does."""


@dataclass
class Case:
    """A core and what its controller tells."""

    architecture: Architecture
    document: Document
    vocabulary: Vocabulary
    placement: Placement
    program: Program
    masks: dict[str, Mask]


@dataclass
class Maker:
    """Draws a description piece by piece."""

    random: Random
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Upper bounds of the sizes of the index sets."""
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    masks: dict[str, Mask] = field(default_factory=dict)
    populations: dict[str, int] = field(default_factory=dict)

    def often(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def some(self, values: list[str], most: int) -> list[str]:
        return (
            [values[self.random.randrange(len(values))] for _ in range(self.random.randint(0, most))] if values else []
        )

    def parts(self) -> None:
        """Populations, memories, units and index sets."""
        r = self.random
        for i in range(r.randint(1, 3)):
            self.populations[f"p{i}"] = r.randint(1, 7)
            self.sets[f"p{i}"] = {"population": f"p{i}"}
            self.sizes[f"p{i}"] = self.populations[f"p{i}"]
        flat = list(self.populations)
        if self.often(60):
            self.sets["all"] = {"union": list(flat)}
            self.sizes["all"] = max(self.sizes[name] for name in flat)
            flat.append("all")
        for i in range(r.randint(1, 3)):
            self.memories[f"m{i}"] = {
                "words": "fit", "items": r.randint(1, 5), "ports": r.choice(["1RW", "2RW", "1R1W", "2R1W", "2R2W"]),
                "clock_ratio": r.randint(1, 3), "write_back": r.choice(["always", "changed"]),
                "read_cycles": r.choice([None, 1, r.randint(2, 9)]),
                "write_cycles": r.choice([None, 1, r.randint(2, 40)]),
                "holds": {"columns": r.choice(flat), "item_bits": 8},
            }  # fmt: skip
        first = r.randint(1, len(STAGES) - 1)
        for name, stages in (("u0", STAGES[:first]), ("u1", STAGES[first:])):
            self.units[name] = {"lanes": r.randint(1, 5), "stages": list(stages)}
        # The set of all numbers may be cut into blocks and words too.
        for memory, facts in self.memories.items():
            over = r.choice(flat)
            self.add(f"{memory}_word", {"words_of": memory, "over": over}, -(-self.sizes[over] // facts["items"]))
        for unit, facts in self.units.items():
            blocks_of, lanes = r.choice(flat), facts["lanes"]
            self.add(f"{unit}_block", {"blocks_of": blocks_of, "unit": unit}, -(-self.sizes[blocks_of] // lanes))
            self.add(f"{unit}_lane", {"lanes_of": f"{unit}_block"}, lanes)
            memory = r.choice(list(self.memories))
            items = self.memories[memory]["items"]
            if lanes % items == 0 or items % lanes == 0:
                self.add(f"{unit}_row_word", {"words_of": memory, "inside": f"{unit}_block"}, max(1, lanes // items))
        target = r.choice(flat)
        self.add("twice", {"items_of": target, "each": 2}, 2 * self.sizes[target])
        self.add("fixed", {"count": r.randint(1, 3)}, 3)

    def add(self, name: str, index_set: dict[str, Any], size: int) -> None:
        self.sets[name] = index_set
        self.sizes[name] = size

    def loopable(self, loops: list[str]) -> list[str]:
        """Sets that may be looped over inside some loops."""
        left = MOST_ITERATIONS // prod(self.sizes[name] for name in loops)
        found = []
        for name, index_set in self.sets.items():
            needed = index_set.get("lanes_of", index_set.get("inside"))
            if name not in loops and (needed is None or needed in loops) and self.sizes[name] <= left:
                found.append(name)
        return found if len(loops) < MOST_LOOPS else []

    def when(self) -> list[str]:
        return (
            [("not " if self.often(40) else "") + name for name in self.some(list(CONDITIONS), 2)]
            if self.often(30)
            else []
        )

    def mask(self, loops: list[str], around: str | None) -> str | None:
        """A mask over some of the loops that holds only where the mask around it does."""
        if not loops or self.often(60):
            return None
        known = [name for name, mask in self.masks.items() if mask.parent == around and set(mask.axes) <= set(loops)]
        if known and self.often(40):
            return self.random.choice(known)
        axes = [name for name in loops if self.often(50)] or [loops[-1]]
        self.random.shuffle(axes)
        name = f"k{len(self.masks)}"
        self.masks[name] = Mask(tuple(axes), around)
        return name

    def access(self, loops: list[str], around: str | None) -> str | dict[str, Any]:
        memory = self.random.choice(list(self.memories))
        if self.often(20):
            return memory
        access: dict[str, Any] = {"memory": memory, "when": self.when()}
        if loops and self.often(60):
            access["item"] = self.random.choice(loops)
        if loops and self.often(30):
            access["within"] = {name: self.random.choice(list(self.sets)) for name in self.some(loops, 2)}
        for key in ("mask", "changed_mask"):
            mask = self.mask(loops, around)
            if mask is not None:
                access[key] = mask
        return access

    def step(self, loops: list[str], around: str | None) -> dict[str, Any]:
        step: dict[str, Any] = {"cycles": self.random.randint(0, 3)}
        step["reads"] = [self.access(loops, around) for _ in range(self.random.randint(0, 2))]
        step["writes"] = [self.access(loops, around) for _ in range(self.random.randint(0, 2))]
        if step["reads"] or step["writes"]:
            step["cycles"] = max(1, step["cycles"])
        step["runs"] = []
        for stage in self.some(list(STAGES), 2):
            run: dict[str, Any] = {"stage": stage, "when": self.when()}
            mask = self.mask(loops, around)
            if mask is not None:
                run["mask"] = mask
            if self.often(50):
                run["per"] = self.random.choice(list(self.sets))
            step["runs"].append(run if len(run) > 2 or run["when"] else stage)
        return step

    def nest(self, loops: list[str], around: str | None, depth: int) -> dict[str, Any]:
        r = self.random
        nest: dict[str, Any] = {"when": self.when()}
        mask = self.mask(loops, around)
        if mask is not None:
            nest["mask"] = around = mask
        own: list[str] = []
        if self.often(20):
            nest["repeat"] = r.choice(COUNTS)
        else:
            for _ in range(r.randint(0, 2)):
                choice = self.loopable(loops + own)
                if choice:
                    own.append(r.choice(choice))
            if own:
                nest["for"] = own if len(own) > 1 or self.often(30) else own[0]
        if self.often(30):
            nest["state"] = r.choice(["x", "y", "s0", "m0"])
        loops = loops + own
        if depth < 4 and self.often(50):
            nest["body"] = [self.nest(loops, around, depth + 1) for _ in range(r.randint(1, 2))]
            return nest
        nest["steps"] = steps = [self.step(loops, around) for _ in range(r.randint(1, 3))]
        nest["pipelined"] = self.often(50)
        if len(own) == 1 and self.often(40):
            for step in steps[r.randrange(len(steps)) :]:
                step["whole_words"] = True
        elif len(steps) == 1 and not nest["pipelined"] and self.often(40):
            steps[0]["first_cycles"] = r.randint(1, 6)
        return nest

    def case(self) -> Case:
        """A whole core."""
        self.parts()
        phases = {
            f"f{i}": {"when": self.when(), "body": [self.nest([], None, 0) for _ in range(self.random.randint(1, 2))]}
            for i in range(self.random.randint(1, 3))
        }
        core = {
            "controller": "random", "memories": self.memories, "units": self.units, "index_sets": self.sets,
            "phases": phases, "sequence": list(phases),
        }  # fmt: skip
        data = {"architecture": "random", "technology": "28nm", "voltage": "1 V", "clock": "1 MHz", "core": core}
        vocabulary = Vocabulary(CONDITIONS, {name: mask.axes for name, mask in self.masks.items()}, COUNTS)
        while True:
            document = Document.of(data, "architecture")
            architecture = validate(document, Architecture)
            placement = place(architecture, self.populations, document)
            try:
                program = lower(architecture, placement, vocabulary, document)
            except ConfigError as error:
                for problem in error.problems:
                    _summable(data, problem.path or "", problem.message)
            else:
                return Case(architecture, document, vocabulary, placement, program, self.masks)


def _summable(data: dict[str, Any], path: str, message: str) -> None:
    """Take from an access what makes its number differ along a mask: its own mask, else what selects its words."""
    assert "as often" in message, f"{path}: {message}"
    at: Any = data
    for key in path.split("."):
        at = at[int(key) if isinstance(at, list) else key]
    keys = [key for key in ("mask", "changed_mask") if key in at] or [key for key in ("item", "within") if key in at]
    assert keys, f"{path}: {message}"
    for key in keys:
        del at[key]


def random_activity(case: Case, random: Random, ticks: int) -> Activity:
    """Activity in which a mask holds only where the mask around it does, and columns count where masks hold."""
    spans = case.placement.spans
    rng = np.random.default_rng(random.getrandbits(32))
    counts = np.zeros((ticks, len(case.vocabulary.columns)), np.int64)
    masks: dict[str, np.ndarray] = {}
    for name, mask in case.masks.items():  # a mask comes after the one around it
        shape = (ticks, *(spans[axis].size for axis in mask.axes))
        held = (rng.random(shape) < rng.choice([0.0, 0.5, 0.9, 1.0])).astype(np.uint8)
        if mask.parent is not None:
            held &= _projected(masks[mask.parent], case.masks[mask.parent].axes, mask.axes)
        masks[name] = held
        counts[:, case.vocabulary.column(name)] = held.reshape(ticks, -1).sum(axis=1)
    for name in CONDITIONS:
        counts[:, case.vocabulary.column(name)] = rng.integers(0, 2, ticks)
    for name in COUNTS:
        counts[:, case.vocabulary.column(name)] = rng.integers(0, 3, ticks)
    return Activity(counts, masks, range(ticks))


def _projected(held: np.ndarray, axes: tuple[str, ...], wanted: tuple[str, ...]) -> np.ndarray:
    """A mask over other axes: True where it holds at every index of the axes that are not wanted."""
    lost = tuple(1 + i for i, axis in enumerate(axes) if axis not in wanted)
    held = held.all(axis=lost) if lost else held.astype(bool)
    kept = [axis for axis in axes if axis in wanted]
    order = [kept.index(axis) for axis in wanted if axis in kept]
    held = held.transpose(0, *(1 + i for i in order))
    return held.reshape(len(held), *_shape(held, [axis in kept for axis in wanted])).astype(np.uint8)


def _shape(held: np.ndarray, present: list[bool]) -> list[int]:
    sizes = iter(held.shape[1:])
    return [next(sizes) if there else 1 for there in present]
