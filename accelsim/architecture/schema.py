"""The schema of an architecture document."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from accelsim.architecture.crossbar import Crossbar
from accelsim.architecture.devices import DEFAULT_KIND, Devices, with_devices
from accelsim.architecture.indices import IndexSet
from accelsim.architecture.interconnect import Interconnect
from accelsim.architecture.interconnect import Link as Link
from accelsim.architecture.partition import Partition, partition_problems
from accelsim.architecture.phases import Phase
from accelsim.architecture.power import PowerManagement, power_problems
from accelsim.architecture.roles import cost, functional, note, timing
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Area, Bits, Energy, Frequency, Length, Power, Temperature, Voltage

MAX_WORD_BITS = 65_536
"""Wide words are macros side by side; a tile of 8 x 8 synapses with ten words of state each takes 20,480 bits."""
MAX_MEMORY_BITS = 2**33
"""1 GiB: more than any memory of one core; beyond it something is mistyped."""
MAX_COUNT = 1_000_000
"""Bound of cycles and intervals, for the same reason."""
ONE_CYCLE_KINDS = ("sram", "edram", "registers")
"""Memory technologies whose accesses take one memory clock cycle at any clock."""


class Layout(Model):
    """What the words of a memory hold."""

    rows: str | tuple[str, ...] | None = timing(None)
    """Population with a row of its own each; without it there is one row. Several for a memory of several matrices."""
    columns: str | tuple[str, ...] = timing()
    """Population whose items lie along a row; several where there are several `rows`."""
    rows_per_word: int = timing(1, gt=0, le=MAX_WORD_BITS)
    """Neighbouring rows that share a word: it holds a tile of the matrix."""
    item_bits: Annotated[int, Field(gt=0)] | str = timing()
    """Bits per item, or the name of a part of the state (`weight`, `neuron`, ...): as many bits as the neuron model
    or plasticity rule keeps of it (see `accelsim.architecture.widths`)."""

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if self.rows is not None and len(self._names(self.rows)) != len(self._names(self.columns)):
            raise PathError("rows", "as many as `columns` are needed")
        return self

    @property
    def matrices(self) -> tuple[tuple[str | None, str], ...]:
        """Rows and columns of each matrix that the memory holds."""
        columns = self._names(self.columns)
        rows = (None,) * len(columns) if self.rows is None else self._names(self.rows)
        return tuple(zip(rows, columns, strict=True))

    @staticmethod
    def _names(given: str | tuple[str, ...]) -> tuple[str, ...]:
        return (given,) if isinstance(given, str) else given


class Measured(Model):
    """Figures measured by the user; they replace derived ones and are marked so in reports."""

    read_energy: Energy | None = cost(None)
    """Of an access to a memory."""
    write_energy: Energy | None = cost(None)
    """Of an access to a memory."""
    update_energy: Energy | None = cost(None)
    """Of one item in one lane of a unit."""
    push_energy: Energy | None = cost(None)
    """Of an entry into a queue."""
    pop_energy: Energy | None = cost(None)
    """Of an entry out of a queue."""
    clock_energy: Energy | None = cost(None)
    """Of the part in each clock cycle."""
    packet_energy: Energy | None = cost(None)
    """Of a packet over a link."""
    leakage: Power | None = cost(None)
    """Of the whole part."""
    area: Area | None = cost(None)
    """Of the whole part."""


class Memory(Model):
    """An on-chip memory: words of so many bits behind ports."""

    words: int | Literal["fit"] | None = timing(None)
    """Number of words, or `fit`: as many as the workload needs."""
    size: Bits | None = timing(None)
    """Capacity instead of the number of words: another word width then keeps the capacity."""
    word_bits: int | None = timing(None, gt=0, le=MAX_WORD_BITS, alias="bits")
    """Bits per word."""
    items: int | None = timing(None, gt=0, le=MAX_WORD_BITS)
    """Items per word instead of its bits: the word is as wide as they need."""
    ports: Literal["1RW", "2RW", "1R1W", "2R1W", "2R2W"] = timing("1RW")
    """R reads, W writes, RW does either; each serves one access at a time."""
    clock_ratio: int = timing(1, gt=0, le=8)
    """Memory clock cycles per logic clock cycle."""
    read_cycles: int | None = timing(None, gt=0, le=MAX_COUNT)
    """Memory clock cycles for which a read holds its port; without it, as many as the latency of `kind` lasts, and one
    for memories that keep up with any clock (`sram`, `edram`, `registers`)."""
    write_cycles: int | None = timing(None, gt=0, le=MAX_COUNT)
    """The same of a write."""
    write_back: Literal["always", "changed"] = timing("always")
    """`changed`: a word whose content did not change is not written."""
    holds: Layout
    """What its words hold."""
    per_layer: bool = timing(False)
    """One such memory for each layer of synapses, with ports of its own, instead of one with a slice for each."""
    kind: str = cost(DEFAULT_KIND)
    """Memory technology: a shipped one (`accelsim list memories`) or a file. Cycles that follow from it are timing."""
    bits_per_cell: int = cost(1, gt=0, le=8)
    """Bits stored in a cell, where its levels allow more than one."""
    banks: int = cost(1, gt=0, le=1024)
    """Equal parts that it is built of, one of which is accessed at a time."""
    wear_levelling: Literal["none", "ideal"] | Annotated[float, Field(ge=0, le=1)] = cost("none")
    """How far writes are spread over all cells, where cells wear out: a share between not at all and evenly."""
    measured: Measured | None = None
    """Own figures in place of derived ones."""

    @model_validator(mode="after")
    def _capacity(self) -> Self:
        if self.words is None and self.size is None:
            raise PathError(("words",), "missing; give `words` or `size`")
        if self.words is not None and self.size is not None:
            raise PathError(("words",), "give either `words` or `size`, not both")
        if isinstance(self.words, int) and self.words <= 0:
            raise PathError(("words",), f"{self.words} is not > 0")
        if self.word_bits is None and self.items is None:
            raise PathError(("bits",), "missing; give `bits` or `items`")
        if self.word_bits is not None and self.items is not None:
            raise PathError(("bits",), "give either `bits` or `items`, not both")
        if isinstance(self.holds.item_bits, int):
            self.check_widths()
        return self

    def check_widths(self) -> None:
        """Raise `PathError` if a word cannot hold what it should, now that `item_bits` is a number."""
        if self.bits > MAX_WORD_BITS:
            message = f"{self.items} items of {self.item_bits} bits need more than {MAX_WORD_BITS} bits a word"
            raise PathError(("items",), message)
        if self.bits and self.size is not None and self.size % self.bits:
            raise PathError(("bits",), f"{self.size} bits do not divide into words of {self.bits} bits")
        for key, bits in (("words", (self.capacity_words or 0) * self.bits), ("size", self.size or 0)):
            if getattr(self, key) is not None and bits > MAX_MEMORY_BITS:
                raise PathError((key,), f"{bits} bits are more than the 1 GiB that a memory may have")
        if self.item_bits > self.bits:
            message = f"an item of {self.item_bits} bits does not fit a word of {self.bits}"
            raise PathError(("holds", "item_bits"), message)
        if self.items is not None and self.items % self.holds.rows_per_word:
            message = f"{self.items} items a word do not form {self.holds.rows_per_word} rows"
            raise PathError(("holds", "rows_per_word"), message)

    @property
    def item_bits(self) -> int:
        """Bits per item; 0 if the state it is to hold does not exist.

        Raises
        ------
        ValueError
            If the width is still a name.
        """
        if isinstance(self.holds.item_bits, str):
            raise ValueError(f"the width of `{self.holds.item_bits}` is not known before the core is programmed")
        return self.holds.item_bits

    @property
    def bits(self) -> int:
        """Bits per word."""
        if self.word_bits is not None:
            return self.word_bits
        assert self.items is not None
        return self.items * self.item_bits

    @property
    def capacity_words(self) -> int | None:
        """Number of words, or None if it follows from the workload."""
        if self.size is not None:
            return self.size // max(self.bits, 1)
        return self.words if isinstance(self.words, int) else None

    @property
    def levelling_efficiency(self) -> float:
        """`wear_levelling` as a number."""
        return {"none": 0.0, "ideal": 1.0}.get(self.wear_levelling, self.wear_levelling)  # type: ignore[arg-type]

    @property
    def known_items(self) -> bool:
        """Whether `items_per_word` is known already."""
        return self.items is not None or isinstance(self.holds.item_bits, int)

    @property
    def items_per_word(self) -> int:
        """Items of a row that share a word."""
        items = self.items if self.items is not None else self.bits // max(self.item_bits, 1)
        return max(items // self.holds.rows_per_word, 1)

    def port_counts(self) -> tuple[int, int, int]:
        """Ports that read only, write only, do either."""
        table = {"1RW": (0, 0, 1), "2RW": (0, 0, 2), "1R1W": (1, 1, 0), "2R1W": (2, 1, 0), "2R2W": (2, 2, 0)}
        return table[self.ports]

    def slots(self) -> tuple[int, int, int]:
        """Accesses per logic cycle as (reads only, writes only, either)."""
        reads, writes, either = self.port_counts()
        return reads * self.clock_ratio, writes * self.clock_ratio, either * self.clock_ratio

    def access_cycles(self, write: bool) -> int:
        """Memory clock cycles of a read or a write.

        Raises
        ------
        ValueError
            If they follow from a latency that has not been looked up.
        """
        cycles = self.write_cycles if write else self.read_cycles
        if cycles is None and self.kind not in ONE_CYCLE_KINDS:
            raise ValueError(f"the access cycles of `{self.kind}` are not known before its latency is looked up")
        return cycles or 1

    def held(self, write: bool) -> tuple[int, int]:
        """Logic cycles for which an access holds its port, and slots it takes in each of them.

        One that lasts longer than a memory clock cycle has its port alone for whole logic cycles.
        """
        cycles = self.access_cycles(write)
        return (1, 1) if cycles == 1 else (-(-cycles // self.clock_ratio), self.clock_ratio)

    def repeated_reads(self) -> int:
        """Most reads that a held step makes again in each cycle; a longer read keeps its output instead."""
        reads, _, either = self.slots()
        return reads + either if self.access_cycles(write=False) == 1 else 0


class Unit(Model):
    """A datapath with so many parallel lanes."""

    lanes: int = functional(1, gt=0, le=4096)
    """Items processed at once. Functional: lanes that share one random word learn differently."""
    columns: int | None = timing(None, gt=0, le=4096)
    """Lanes in a row, where they form an array of rows and columns."""
    per_layer: bool = timing(False)
    """One such unit for each layer of synapses."""
    stages: tuple[str, ...] = cost(())
    """Stages of the neuron model, rule or controller that this unit computes."""
    operators: dict[str, Annotated[int, Field(gt=0)]] = cost(default_factory=dict)
    """Operators of a kind that each datapath of the unit has, e.g. `{mul: 1}`, where fewer than its operations; they
    take turns on them. The phase table sets the cycles; a datapath that cannot keep to them is warned of."""
    measured: Measured | None = None
    """Own figures in place of derived ones."""

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        if self.columns is not None and self.lanes % self.columns:
            raise PathError("columns", f"{self.lanes} lanes do not form rows of {self.columns}")
        return self

    def extent(self, along: Literal["lanes", "rows", "columns"]) -> int:
        """Lanes in all, rows, or lanes in a row."""
        columns = self.columns or self.lanes
        return {"lanes": self.lanes, "rows": self.lanes // columns, "columns": columns}[along]


class Flops(Model):
    """State held in flip-flops outside the memories."""

    bits: int = cost(gt=0, le=MAX_MEMORY_BITS)
    """Number of flip-flops."""
    clocked: bool = cost(True)
    """Whether they see the clock in every busy cycle; otherwise they only leak."""


class Queue(Model):
    """A FIFO, or several alike; an entry pushed when it is full is lost."""

    depth: int = functional(gt=0, le=1 << 20)
    """Entries that it holds."""
    bits: int = cost(gt=0, le=MAX_WORD_BITS)
    """Bits of an entry."""
    count: int = functional(1, gt=0)
    """How many alike there are."""
    kind: Literal["registers", "sram"] = cost("registers")
    """What holds its entries."""
    measured: Measured | None = None
    """The clock energy is that of all of `count`."""


class Links(Model):
    """Address-event links with four-phase handshakes, one into the core and one out of it.

    What a packet costs is the wires across the core; pads, and wires between chips, are not counted.
    """

    input_bits: int = cost(gt=0, le=MAX_WORD_BITS)
    """Bits of an input packet, beside request and acknowledge."""
    output_bits: int = cost(gt=0, le=MAX_WORD_BITS)
    """The same of an output packet."""
    length: Length | None = cost(None)
    """Length of the wires; without it, the side of the core."""
    measured: Measured | None = None
    """The packet energy holds for both directions."""
    synchroniser: int = timing(2, ge=0)
    """Cycles until a request at the input is seen."""
    output_cycles: int = timing(6, gt=0)
    """Cycles of an output packet beside the receiver's own delays."""


class Core(Model):
    """One core: its function, memories, units and control."""

    controller: str = functional()
    """Sequencing of the core's function."""
    neuron: str | None = functional(None)
    """Neuron model, where the controller takes any."""
    rules: tuple[str, ...] | Literal["any"] = functional(())
    """Plasticity rules that the plasticity unit can run; `any` for a programmable one."""
    consolidations: tuple[str, ...] | Literal["any"] = functional(())
    """Consolidations that it can run on top of a rule."""
    options: dict[str, bool | int | str] = functional(default_factory=dict)
    """Options of the controller: its number formats and quirks."""
    learn_every: int = functional(1, gt=0, le=MAX_COUNT)
    """Learning happens on every so-many-th time step."""
    memories: dict[str, Memory]
    """Memories by name."""
    units: dict[str, Unit]
    """Datapaths by name."""
    flops: dict[str, Flops] = Field(default_factory=dict)
    """State in flip-flops outside the memories, by name."""
    queues: dict[str, Queue] = Field(default_factory=dict)
    """FIFOs by name."""
    links: Links | None = None
    """Links of an event-driven core to the outside."""
    index_sets: dict[str, IndexSet] = timing()
    """What the loops of phases run over, by name."""
    phases: dict[str, Phase] = timing()
    """What the core does in each of its states: loop nests with steps."""
    sequence: tuple[str, ...] = timing(min_length=1)
    """Phases of a time step in order."""
    upkeep: tuple[str, ...] = timing(())
    """Phases of jobs between samples, where the core does such: checkpoints, samples replayed, synapses exchanged."""
    sop: tuple[str, ...] = cost(())
    """Stages whose runs count as synaptic operations, in every phase or, as `phase.stage`, in one."""
    devices: Devices | None = None
    """Cells of the synaptic memories, where they are not to be ideal."""
    crossbar: Crossbar | None = None
    """Tiles that hold the weights and sum them in place, where there are such."""

    @model_validator(mode="after")
    def _names(self) -> Self:
        from accelsim.architecture.check import name_problems

        problems = name_problems(self)
        if problems:
            raise PathErrors(problems)
        return with_devices(self)


class PublishedFigure(Model):
    """A figure published of a chip, with the condition it was taken under: definitions differ between chips."""

    metric: str = note()
    """Name of the result it is compared with, e.g. `area_mm2`."""
    value: float | None = note(None, gt=0)
    """The figure, where one number was published."""
    range: tuple[float, float] | None = note(None)
    """Lowest and highest, where a range was published."""
    unit: str = note()
    """Unit of the figure, such as `mm2`."""
    voltage: Voltage | None = note(None)
    """Supply it was taken at; it is compared at that supply only."""
    condition: str = note()
    """What it was measured under, in words."""
    source: str = note()
    """Publication or document."""
    verified: Literal["verified", "measured", "memory", "assumed"] = note()
    """How far the source was checked."""

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        if (self.value is None) == (self.range is None):
            raise PathError("value", "give either a `value` or a `range`")
        if self.range is not None and not 0 < self.range[0] <= self.range[1]:
            raise PathError("range", f"{self.range[0]:g} to {self.range[1]:g} is no range")
        return self

    @property
    def low(self) -> float:
        """Lowest published figure."""
        return self.range[0] if self.range is not None else self.value or 0.0

    @property
    def high(self) -> float:
        """Highest published figure."""
        return self.range[1] if self.range is not None else self.value or 0.0


class Architecture(Model):
    """A chip."""

    architecture: str = note()
    """Name of the chip."""
    description: str = note("")
    """What it is, in a line."""
    technology: str = cost()
    """Process, e.g. `28nm-fdsoi`."""
    voltage: Annotated[Voltage, Field(gt=0)] = cost()
    """Nominal supply; `power.points` are others."""
    minimum_voltage: Voltage | None = cost(None)
    """Lowest supply at which the chip is known to work, where that is below the process's own."""
    clock: Frequency = cost()
    """Clock of the cores."""
    temperature: Temperature = cost(300.0)
    """Of the junctions; leakage follows it."""
    published: tuple[PublishedFigure, ...] = note(())
    """Published figures to compare with."""
    core: Core
    """The core that runs the network."""
    cores: int = functional(1, gt=0, le=4096)
    """How many cores there are like `core`."""
    interconnect: Interconnect | None = None
    """Links between the cores."""
    partition: Partition | None = None
    """How a network is spread over the cores, where it may be."""
    power: PowerManagement = cost(default_factory=PowerManagement)
    """What saves power, and operating points to compare."""

    @model_validator(mode="after")
    def _connected(self) -> Self:
        from accelsim.architecture.check import interconnect_problems

        problems = [
            *interconnect_problems(self),
            *partition_problems(self),
            *power_problems(self.power, self.core),
        ]
        if problems:
            raise PathErrors(problems)
        return self
