"""How often the cells of a memory were written: few classes that keep the number of cells and of writes exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

MOST_CLASSES = 256


@dataclass(frozen=True)
class Histogram:
    """Cells by the number of their writes.

    Parameters
    ----------
    values : writes of a cell, ascending: the number itself, or the mean of the cells of a class.
    cells : number of cells of each class.
    """

    values: tuple[float, ...]
    cells: tuple[int, ...]

    @classmethod
    def of(cls, writes: ArrayLike, most_classes: int = MOST_CLASSES) -> Histogram:
        """Count the cells of an array of any shape with the writes of each cell.

        Up to `most_classes` different numbers are kept as they are. More of them are put together in classes that
        are equally wide in the logarithm; the largest number always has its own, so that the maximum is exact.
        """
        values, cells = np.unique(np.asarray(writes), return_counts=True)
        if len(values) > most_classes:
            edges = np.geomspace(max(values[0], 1), values[-1], most_classes - 1)
            group = np.searchsorted(edges, values, side="right")
            group[-1] = most_classes
            starts = np.flatnonzero(np.diff(group, prepend=-1))
            number = np.add.reduceat(cells, starts)
            values, cells = np.add.reduceat(values * cells, starts) / number, number
        return cls(tuple(float(value) for value in values), tuple(int(number) for number in cells))

    @classmethod
    def even(cls, writes: float, cells: int) -> Histogram:
        """Return the histogram of `cells` cells that share `writes` evenly."""
        return cls((writes / cells,), (cells,)) if cells else cls((), ())

    @property
    def number(self) -> int:
        """Cells."""
        return sum(self.cells)

    @property
    def mean(self) -> float:
        """Writes per cell; 0 without cells."""
        written = sum(value * cells for value, cells in zip(self.values, self.cells, strict=True))
        return written / self.number if self.number else 0.0

    @property
    def max(self) -> float:
        """Writes of the most written cell; 0 without cells."""
        return self.values[-1] if self.values else 0.0

    def quantile(self, share: float) -> float:
        """Return the writes that a share of the cells do not exceed; 0 without cells."""
        if not self.values:
            return 0.0
        upto = np.cumsum(self.cells)
        return self.values[int(np.searchsorted(upto, share * upto[-1]))]

    def levelled(self, efficiency: float) -> Histogram:
        """Return the histogram with each cell moved towards the mean by the share `efficiency`."""
        mean = self.mean
        return Histogram(tuple(value + efficiency * (mean - value) for value in self.values), self.cells)

    def as_data(self) -> dict[str, list[float]]:
        """Return plain data."""
        return {"values": list(self.values), "cells": list(self.cells)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Histogram:
        """Read what :meth:`as_data` wrote."""
        return cls(tuple(map(float, data["values"])), tuple(map(int, data["cells"])))
