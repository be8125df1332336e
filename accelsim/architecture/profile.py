"""The schema of a chip that is costed without a model of what it computes.

Its core is a list of memories, datapaths and registers, and of what each kind of event (a synaptic operation, a
neuron update, a learning update) touches of them.  Every entry says where it comes from, or that it is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from accelsim.architecture.roles import cost, note
from accelsim.architecture.schema import MAX_MEMORY_BITS, MAX_WORD_BITS, PublishedFigure
from accelsim.config.document import Document
from accelsim.config.errors import did_you_mean
from accelsim.config.library import SUFFIXES, shipped
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Area, Frequency, Length, Power, Temperature, Voltage

SYNAPTIC_OPERATION = "synaptic_operation"
"""The event whose energy is reported per synaptic operation."""
CONTROLLER = "profile"

Figure = Literal["energy_per_sop_pj", "power_mw"]
"""Results that depend on how busy the chip is."""


class Sourced(Model):
    """An entry with its origin."""

    source: str = note(min_length=1)
    """Publication or document, or the reason of the assumption."""
    verified: Literal["verified", "measured", "memory", "assumed"] = note()
    """How far the source was checked."""


class ProfileMemory(Sourced):
    """A memory of a core, or `count` alike that are accessed separately."""

    words: int = cost(gt=0)
    """Number of words."""
    bits: int = cost(gt=0, le=MAX_WORD_BITS)
    """Bits per word."""
    ports: Literal["1RW", "1R1W"] = cost("1RW")
    """One that reads and writes, or one each."""
    banks: int = cost(1, gt=0, le=1024)
    """Equal parts that it is built of."""
    kind: str = cost("sram")
    """Memory technology: a shipped one or a file."""
    count: int = cost(1, gt=0, le=4096)
    """How many alike there are."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.words * self.bits > MAX_MEMORY_BITS:
            raise PathError("words", f"{self.words * self.bits} bits are more than the 1 GiB that a memory may have")
        if self.kind == "edram" and self.ports != "1RW":
            raise PathError("ports", "an embedded DRAM has one port that reads and writes")
        known = shipped("memory_technology")
        if self.kind not in known and not self.kind.endswith(SUFFIXES):
            hint = f"{did_you_mean(self.kind, known)}; known: {', '.join(known)}; or a memory technology file"
            raise PathError("kind", f"unknown memory technology `{self.kind}`{hint}")
        return self


class ProfileUnit(Sourced):
    """A datapath, built `lanes` times; its action is `update`, once in one lane."""

    datapath: str = cost()
    """Name of one of the blocks of `accelsim.datapath.blocks`, e.g. `lif16` or `mac_W8_A24`."""
    lanes: int = cost(1, gt=0, le=4096)
    """How often it is built."""


class ProfileRegisters(Sourced):
    """Flip-flops outside the memories."""

    bits: int = cost(gt=0, le=MAX_MEMORY_BITS)
    """Number of flip-flops."""
    clocked: Annotated[float, Field(ge=0, le=1)] = cost(1.0)
    """Share of them that sees the clock in every cycle; the rest is gated."""


class ProfileQueue(Sourced):
    """A FIFO of a core, or `count` alike."""

    depth: int = cost(gt=0, le=1 << 20)
    """Entries that it holds."""
    bits: int = cost(gt=0, le=MAX_WORD_BITS)
    """Bits of an entry."""
    count: int = cost(1, gt=0, le=4096)
    """How many alike there are."""
    kind: Literal["registers", "sram"] = cost("registers")
    """What holds its entries."""


class ProfileLink(Sourced):
    """A link that leaves a core: wires of a `length`, or an interface to another chip."""

    bits: int = cost(gt=0, le=MAX_WORD_BITS)
    """Bits of a packet, or of an access to a memory on another chip."""
    length: Annotated[Length, Field(gt=0)] | None = cost(None)
    """Length of its wires."""
    off_chip: Literal["lpddr", "ddr3"] | None = cost(None)
    """Interface to a memory on another chip, instead."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.length is None) == (self.off_chip is None):
            raise PathError("length", "give either the `length` of its wires or an `off_chip` interface")
        return self


class Event(Sourced):
    """What one event touches, on average.

    As `memory.read`, `memory.write`, `unit.update`, `queue.push`, `queue.pop` and `link.packet`.
    """

    counts: dict[str, Annotated[float, Field(ge=0)]] = cost(min_length=1)
    """How often each action happens, by `part.action`."""


class Other(Sourced):
    """A part of the chip outside its cores that is given, not derived."""

    area: Area | None = cost(None)
    """Its area."""
    leakage: Power | None = cost(None)
    """Its leakage."""


class Ring(Sourced):
    """The ring of pads around the cores, for chips whose die was published instead of their cores."""

    width: Annotated[Length, Field(gt=0)] = cost()
    """From the cores to the edge of the die."""


class Condition(Sourced):
    """A working point at which figures are predicted."""

    predicts: tuple[Figure, ...] = note(min_length=1)
    """Figures that are predicted there."""
    rates: dict[str, Frequency] = cost(min_length=1)
    """Events a second on the whole chip."""
    voltage: Voltage | None = cost(None)
    """Supply, where it is not the chip's."""
    clock: Frequency | None = cost(None)
    """Clock, where it is not the chip's."""
    dynamic_only: bool = cost(False)
    """Whether the figure leaves out leakage and the idle clock."""


class ProfileCore(Model):
    """One of the like cores."""

    controller: Literal["profile"] = note()
    memories: dict[str, ProfileMemory] = Field(default_factory=dict)
    units: dict[str, ProfileUnit] = Field(default_factory=dict)
    registers: dict[str, ProfileRegisters] = Field(default_factory=dict)
    queues: dict[str, ProfileQueue] = Field(default_factory=dict)
    links: dict[str, ProfileLink] = Field(default_factory=dict)
    events: dict[str, Event]


class Profile(Model):
    """A chip by its parts and by what its events touch."""

    architecture: str = note()
    """Name of the chip."""
    description: str = note("")
    """What it is, in a line."""
    aliases: tuple[str, ...] = note(())
    """Other names that tables of published figures give it."""
    technology: str = cost()
    """Process, e.g. `28nm`."""
    voltage: Annotated[Voltage, Field(gt=0)] = cost()
    """Supply."""
    minimum_voltage: Voltage | None = cost(None)
    """Lowest supply at which the chip is known to work, where that is below the process's own."""
    clock: Frequency | None = cost(None)
    """None for a chip without a clock."""
    temperature: Temperature = cost(300.0)
    """Of the junctions."""
    cores: int = cost(1, gt=0, le=1 << 16)
    """How many cores there are like `core`."""
    synapses: int | None = cost(None, gt=0)
    """Synapses on the chip, for their density."""
    model: str | None = note(None)
    """Shipped architecture whose parts are used, beside those of `core`."""
    workload: str | None = note(None)
    """Shipped workload that sizes the parts of `model`."""
    calibration: bool = note(False)
    """Whether the overhead on dynamic energy was fitted on this chip."""
    core: ProfileCore
    """Parts and events of a core."""
    other: dict[str, Other] = Field(default_factory=dict)
    """Parts outside the cores."""
    ring: Ring | None = None
    """Counts to the area."""
    conditions: dict[str, Condition]
    """Working points; of several that predict one figure, the first is the one compared."""
    published: tuple[PublishedFigure, ...] = note(())
    """Published figures to compare with."""
    inputs: Sourced = note()
    """Where technology, supply, clock, cores and counts come from."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := list(self._problems()):
            raise PathErrors(problems)
        return self

    def _problems(self) -> Iterator[PathError]:
        if (self.model is None) != (self.workload is None):
            yield PathError("model", "`model` and `workload` go together")
        core = self.core
        known = {f"{name}.{action}" for name in core.memories for action in ("read", "write")}
        known |= {f"{name}.update" for name in core.units}
        known |= {f"{name}.{action}" for name in core.queues for action in ("push", "pop")}
        known |= {f"{name}.packet" for name in core.links}
        for name, event in core.events.items():
            for action in event.counts:
                if self.model is None and action not in known:
                    listed = ", ".join(sorted(known))
                    message = f"`{action}` is no action of this core; known: {listed}"
                    yield PathError(("core", "events", name, "counts", action), message)
        for name, condition in self.conditions.items():
            for event_name in condition.rates:
                if event_name not in core.events:
                    message = f"`{event_name}` is no event; known: {', '.join(core.events)}"
                    yield PathError(("conditions", name, "rates", event_name), message)
            if "energy_per_sop_pj" in condition.predicts and SYNAPTIC_OPERATION not in condition.rates:
                yield PathError(("conditions", name, "rates"), f"energy per SOP needs a rate of `{SYNAPTIC_OPERATION}`")


def is_profile(document: Document) -> bool:
    """Whether an architecture document describes a chip by its parts and events alone."""
    core = document.data.get("core")
    return isinstance(core, dict) and core.get("controller") == CONTROLLER
