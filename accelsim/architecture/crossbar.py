"""Schema of synapses that lie in crossbar tiles: rows driven together, columns summed and converted.

A tile is an array of cells. In one pass every row with an event is driven, each column sums the currents of its cells,
and converters, each shared by several columns, make numbers of the sums; digital adders put tiles together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from accelsim.architecture.devices import memories_of_synapses
from accelsim.architecture.roles import cost, functional, timing
from accelsim.config.errors import choose_from
from accelsim.config.model import Model, PathError

if TYPE_CHECKING:
    from accelsim.architecture.schema import Core

ANALOG_STAGES = ("drive", "read_cells", "sample", "convert", "program_cells")
"""Stages of a core with crossbar tiles that are no digital datapath: a row driven, a weight read, a column held and
converted, a weight programmed."""


class Crossbar(Model):
    """Tiles of cells that hold the weights of a core's matrices.

    Only what decides which number a column gives is functional: rows, converters, and how a weight lies in cells.
    """

    matrices: tuple[str, ...] = functional(min_length=1)
    """Memories whose weights lie in tiles; each matrix has tiles of its own."""
    rows: int = functional(128, gt=0, le=4096)
    """Rows of a tile."""
    columns: int = cost(128, gt=0, le=4096)
    """Columns of a tile; tiles side by side work at the same time."""
    adc_bits: int = functional(8, ge=2, le=24)
    """Bits of a conversion, its sign included."""
    adc_range: Literal["auto"] | Annotated[float, Field(gt=0, le=4096)] = functional("auto")
    """Full scale of a converter in cells of the largest weight; `auto`: all rows of a tile, so that nothing clips."""
    columns_per_adc: int = timing(8, gt=0, le=4096)
    """Columns that take turns on a converter (a differential pair counts as one)."""
    input: Literal["binary", "bit-serial", "dac"] = timing("binary")
    """How rows are driven: one pass for spikes, one per bit of `input_bits`, or one with a converter at each row.
    Spikes have one bit that is not zero, and zeros add nothing: passes cost time and conversions only."""
    input_bits: int = timing(1, gt=0, le=16)
    """Bits of the inputs that the drivers are built for."""
    weight_slices: int = functional(1, gt=0, le=16)
    """Cells that share the bits of a weight, in columns of their own; floats take one cell."""
    encoding: Literal["differential", "offset"] = functional("differential")
    """Negative weights: a pair of cells whose currents are subtracted before the conversion, or an offset on every
    cell, of which as many as rows were driven are subtracted after it."""
    update: Literal["outer-product", "program-verify"] = timing("program-verify")
    """All cells of a tile at once by coinciding pulses on rows and columns, or row by row until they hold it."""
    pulses: int = timing(8, gt=0, le=10_000)
    """Pulses of a train, for each sign of change; or rounds of programming and verifying."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.cells_per_weight > self.columns:
            message = f"a weight takes {self.cells_per_weight} cells, a row of a tile has {self.columns}"
            raise PathError(("weight_slices",), message)
        if self.input == "binary" and self.input_bits > 1:
            raise PathError(("input_bits",), f"{self.input_bits} bits need `input: bit-serial` or `dac`")
        return self

    @property
    def differential(self) -> bool:
        """Whether a cell lies in a pair."""
        return self.encoding == "differential"

    @property
    def cells_per_weight(self) -> int:
        """Cells of a weight, both of each pair."""
        return self.weight_slices * (2 if self.differential else 1)

    @property
    def weights_per_row(self) -> int:
        """Weights in a row of a tile."""
        return self.columns // self.cells_per_weight

    @property
    def outputs(self) -> int:
        """Columns of a tile to be converted."""
        return self.weights_per_row * self.weight_slices

    @property
    def converters(self) -> int:
        """Converters of a tile."""
        return -(-self.outputs // self.columns_per_adc)

    @property
    def full_scale(self) -> float:
        """Cells of the largest weight that a converter can take."""
        return float(self.rows) if self.adc_range == "auto" else self.adc_range

    def tiles(self, rows: int, columns: int) -> int:
        """Tiles of a matrix of weights."""
        return -(-rows // self.rows) * -(-columns // self.weights_per_row)

    def extent(self, what: str) -> int:
        """Size of the index set `{crossbar: what}`."""
        if what == "passes":
            return self.input_bits if self.input == "bit-serial" else 1
        if what == "turns":
            return min(self.columns_per_adc, self.outputs)
        return int(getattr(self, what))


def crossbar_problems(core: Core) -> Iterator[PathError]:
    """What in the names of a core's crossbar leads nowhere."""
    for i, name in enumerate(core.crossbar.matrices if core.crossbar is not None else ()):
        matrices = memories_of_synapses(core)
        if name not in matrices:
            message = f"`{name}` is no memory with a row per presynaptic neuron{choose_from(name, matrices)}"
            yield PathError(("crossbar", "matrices", i), message)
