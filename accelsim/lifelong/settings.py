"""The `capabilities:` of a workload: what its learner has beside a rule, each switched by its `on`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from pydantic import Field, model_validator

from accelsim.architecture.indices import SIZES, PopulationSet
from accelsim.architecture.schema import Core
from accelsim.architecture.widths import BITS
from accelsim.config.errors import choose_from
from accelsim.config.model import Model, PathError
from accelsim.controllers.connections import Presence
from accelsim.controllers.lasting import Lasting
from accelsim.lifelong.budget import Budget, BudgetSettings
from accelsim.lifelong.capability import Capability, Settings
from accelsim.lifelong.checkpoint import Checkpoint, CheckpointSettings
from accelsim.lifelong.replay import Replay, ReplaySettings
from accelsim.lifelong.structure import Structure, StructureSettings
from accelsim.lifelong.tenants import Tenants, TenantSettings


class Capabilities(Model):
    """What a lifelong learner can do."""

    learning: Settings = Field(default_factory=Settings)
    """Without it the chip only infers."""
    consolidation: Settings = Field(default_factory=Settings)
    """Without it the rule runs alone."""
    replay: ReplaySettings | None = None
    """Samples are kept and shown again."""
    structure: StructureSettings | None = None
    """Synapses are pruned and grown."""
    checkpoint: CheckpointSettings | None = None
    """What must not be lost is saved, and put back."""
    budget: BudgetSettings | None = None
    """A power cap is kept to."""
    tenants: TenantSettings | None = None
    """Several networks take turns."""

    @model_validator(mode="after")
    def _of_one_network(self) -> Self:
        if self.tenants is not None and self.tenants.on:
            for name, other in (("replay", self.replay), ("structure", self.structure)):
                if other is not None and other.on:
                    raise PathError(name, "is of one network, but there are `tenants`: switch either off")
        return self


@dataclass(frozen=True)
class Wanted:
    """What the capabilities of a workload need of a chip.

    Attributes
    ----------
    capabilities : list of Capability
        Those that are on.
    sizes : mapping of str to int
        Like populations of the network, what memories hold for them: `replay_slots` samples of `replay_items` items,
        `checkpoint_items` items, `tenants_slots` networks of `tenants_items` items.
    bits : mapping of str to int
        Bits of these items, by the names that `item_bits` of a memory may use.
    presence : Presence or None
        Which synapses are live, if they come and go.
    """

    capabilities: list[Capability]
    sizes: dict[str, int]
    bits: dict[str, int]
    presence: Presence | None = None

    @property
    def kept_bits(self) -> int:
        """Bits of the samples, networks and checkpoints that memories hold."""
        samples = self.sizes["replay_slots"] * self.sizes["replay_items"] * self.bits["replay_item"]
        networks = self.sizes["tenants_slots"] * self.sizes["tenants_items"] * self.bits["tenants_item"]
        return samples + networks + self.sizes["checkpoint_items"] * self.bits["checkpoint_item"]

    @property
    def saves(self) -> str | None:
        """A capability that copies the words that outlive a sample."""
        return next((each.name for each in self.capabilities if isinstance(each, Checkpoint | Tenants)), None)

    def programmed(self, core: Core, lasting: Mapping[str, Lasting]) -> Wanted:
        """The same for a core with every width a number and what outlives a sample in it."""
        sizes = dict(self.sizes)
        for capability in self.capabilities:  # checkpoints come last: they hold what others keep
            if isinstance(capability, Tenants):
                sizes["tenants_items"] = capability.reserve(lasting)
            if isinstance(capability, Checkpoint):
                sizes["checkpoint_items"] = capability.reserve(core, lasting, self.capabilities)
        return replace(self, sizes=sizes)


NOTHING = Wanted([], dict.fromkeys(SIZES, 0), dict.fromkeys(BITS, 0))
"""Of a workload without capabilities."""


def wanted(
    settings: Capabilities, inputs: int, ticks: int, seed: int, *, outputs: int = 1, regression: bool = False
) -> Wanted:
    """Build the capabilities that are on, for samples of so many inputs and time steps."""
    sizes, bits = dict.fromkeys(SIZES, 0), dict.fromkeys(BITS, 0)
    found: list[Capability] = []
    replay = settings.replay
    if replay is not None and replay.on and settings.learning.on:
        size = replay.sample_bits(inputs, ticks, outputs, regression)
        found.append(Replay(replay, size, seed))
        sizes |= {"replay_slots": replay.capacity, "replay_items": size}
        bits["replay_item"] = 1
    structure = settings.structure
    presence = None
    if structure is not None and structure.on and settings.learning.on:
        found.append(Structure(structure, seed))
        presence = structure.presence()
    budget = settings.budget
    if budget is not None and budget.on:
        found.append(Budget(budget))
    tenants = settings.tenants
    if tenants is not None and tenants.on and settings.learning.on:
        found.append(Tenants(tenants))
        sizes["tenants_slots"] = len(tenants.tasks)
        bits["tenants_item"] = 1
    checkpoint = settings.checkpoint
    if checkpoint is not None and checkpoint.on and settings.learning.on:
        found.append(Checkpoint(checkpoint))
        bits["checkpoint_item"] = 1
    return Wanted(found, sizes, bits, presence)


def problems(found: list[Capability], core: Core, volatile: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a core lacks, some of whose memories are volatile: path in the workload, and message."""
    for capability in found:
        at = ("capabilities", capability.name)
        for key, memory in capability.memories().items():
            if memory not in core.memories:
                yield (*at, key), f"the core has no memory `{memory}`{choose_from(memory, core.memories)}"
            elif not any(held.startswith(f"{capability.name}_") for held in _held(core, memory)):
                yield (*at, key), f"memory `{memory}` of the core has another use"
            else:
                yield from (((*at, key), message) for key, message in capability.lacks(core, volatile))
        for purpose in capability.purposes:
            if not any(purpose in core.phases[phase].when for phase in core.upkeep):
                yield at, f"the core has no phase of `upkeep` with `when: [{purpose}]`"


def _held(core: Core, memory: str) -> Iterator[str]:
    """Populations whose items a memory holds."""
    for index in (name for pair in core.memories[memory].holds.matrices for name in pair if name is not None):
        index_set = core.index_sets.get(index)
        if isinstance(index_set, PopulationSet):
            yield index_set.population


def switches(settings: Capabilities) -> Iterator[tuple[str, bool]]:
    """Every capability that a workload names, and whether it is on."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            yield name, value.on
