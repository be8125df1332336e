"""Interpolation of the memory table: 4,054 CACTI 7 runs of SRAM and eDRAM, every quantity in logarithms.

A log-quadratic regression in capacity and word width, with terms per node, device class, ports, banks,
objective and temperature, gives the trend; simple kriging of its residuals (exponential covariance, the
nearest 64 runs) gives the detail. At a tabulated point the result is the run itself. SRAM of one device class,
SRAM with low-standby-power cells in a low-operating-power periphery, and eDRAM each have a table of their own: CACTI
organises them too differently to learn one from another.

Within the range of a table all its columns may be combined: what was never run together (four banks under ``ed2``)
multiplies the effects that were measured one by one.

Kriging beats bilinear interpolation because a neighbouring node or device class, where CACTI picks the same
organisation, tells more about a gap than a neighbouring size does. `accelsim.validation.sram_table` measures the
error by withholding runs.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from accelsim.config.errors import Problem, check, choose_from

Row = Mapping[str, str | float]
"""A configuration, columns as in ``data/sram_table.csv.gz``."""
Floats = NDArray[np.float64]

QUANTITIES = ("read_pJ", "write_pJ", "leak_mW_total", "area_mm2", "access_ns", "cycle_ns")
"""Columns that are predicted, in CACTI's units."""

SIZE_BYTES = (256, 4 * 2**20)
WORD_BITS = (8, 256)
MIN_WORDS_PER_BANK = 32
BANKS = (1, 2, 4)
PORTS = ("1RW", "1R1W")
OBJECTIVES = ("energy", "ed2", "cycle")
NODES_NM = (22.0, 32.0, 45.0, 65.0, 90.0)
"""Nodes of the full grid."""
THIN_NODES_NM = (28.0, 40.0, 55.0)
"""Nodes sampled more thinly (CACTI interpolates its device parameters there)."""
WARM_NODES_NM = (22.0, 45.0, 65.0)
"""Nodes run at every temperature."""
TEMPERATURES_K = (300.0, 310.0, 330.0, 360.0, 380.0)
SRAM = ("itrs-hp/itrs-hp", "itrs-lstp/itrs-lstp", "itrs-lop/itrs-lop")
"""Device classes of cell and periphery."""
MIXED = "itrs-lstp/itrs-lop"
EDRAM = "lp-dram/itrs-lop"
EDRAM_RANGE = {"size_bytes": (4096.0, 4 * 2.0**20), "word_bits": (32.0, 256.0), "node_nm": (32.0, 90.0)}
MIXED_RANGE = {"word_bits": (8.0, 128.0)}
"""Where the runs of a family reach less far; both have only one bank, one port, 300 K and the energy objective."""

NEIGHBOURS = 64
# Covariance exp(-distance): distance 1 per this many octaves (size, width, node, banks) or kelvin; and the
# distance between two categories (device, ports, objective). Chosen on withheld runs.
LENGTHS = {"SRAM": (1.5, 1.2, 2.0, 2.0, 200.0), MIXED: (2.0, 1.5, 1.0, 1.0, 1.0), EDRAM: (2.0, 1.0, 0.25, 1.0, 1.0)}
CATEGORY_DISTANCE = 1.0
BATCH = 256
"""Configurations predicted at a time: bounds the memory of their distances to every run."""


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _one_thread() -> AbstractContextManager[Any]:
    """Solve on one thread: on several, the last digits depend on how many there are."""
    limit: AbstractContextManager[Any] = _threads().limit(limits=1, user_api="blas")
    return limit


class MemoryTable:
    """Runs of one family, their regression and its residuals.

    Parameters
    ----------
    rows : runs of one `family` as mappings with the columns of ``data/sram_table.csv.gz``.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.family = family(rows[0])
        self.lengths = np.array(LENGTHS[self.family])
        self.position, self.category = _coordinates(rows)
        features = self._features(self.position, self.category)
        values = np.log(np.array([[float(row[name]) for name in QUANTITIES] for row in rows]))
        with _one_thread():
            # A small ridge keeps combinations that were never run (a device class at 28 nm) at the general trend.
            gram = features.T @ features + 1e-3 * np.eye(features.shape[1])
            self.coefficients: Floats = np.linalg.solve(gram, features.T @ values)
            self.residuals: Floats = values - features @ self.coefficients

    def predict(self, rows: Sequence[Row]) -> Floats:
        """Return every quantity [row, `QUANTITIES`] at configurations of this family."""
        batches = (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
        with _one_thread():
            return np.concatenate([self._predict(batch) for batch in batches])

    def _predict(self, rows: Sequence[Row]) -> Floats:
        position, category = _coordinates(rows)
        covariance = self._covariance(position, category, self.position[None], self.category[None])
        count = min(NEIGHBOURS, len(self.position))
        nearest = np.argpartition(-covariance, count - 1, axis=1)[:, :count]
        near_position, near_category = self.position[nearest], self.category[nearest]
        among = self._covariance(near_position, near_category, near_position[:, None], near_category[:, None])
        # The tiny ridge keeps the matrix regular should two runs share a configuration.
        among += 1e-9 * np.eye(count)
        to_nearest = np.take_along_axis(covariance, nearest, axis=1)
        weights = np.linalg.solve(among, to_nearest[..., None])
        trend = self._features(position, category) @ self.coefficients
        return np.exp(trend + (weights * self.residuals[nearest]).sum(axis=1))

    def _covariance(
        self, position: Floats, category: NDArray[np.int64], others: Floats, other_categories: NDArray[np.int64]
    ) -> Floats:
        """Return the covariance [..., point, other] of points [..., point] with others [..., 1, other]."""
        steps = np.abs(position[..., None, :] - others) / self.lengths
        differ = category[..., None, :] != other_categories
        return np.exp(-steps.sum(axis=-1) - CATEGORY_DISTANCE * differ.sum(axis=-1))

    def _features(self, position: Floats, category: NDArray[np.int64]) -> Floats:
        size, width, node = position[:, 0] - 14, position[:, 1] - 5, position[:, 2]
        one = np.ones((len(position), 1))
        quadratic = np.stack([size, width, size**2, size * width, width**2], axis=1)
        grid_node = _hats(node, np.log2(NODES_NM))
        if self.family != "SRAM":
            return np.concatenate([grid_node, quadratic], axis=1)
        line = np.concatenate([one, quadratic[:, :2]], axis=1)
        thin_node = _hats(node, np.log2(np.sort(NODES_NM + THIN_NODES_NM)))[:, [1, 3, 5]]
        warm_node = _hats(node, np.log2(WARM_NODES_NM))
        warm = _crossed(_hats(position[:, 4], TEMPERATURES_K)[:, 1:], warm_node)
        devices = np.eye(len(SRAM))[category[:, 0]]
        ports = np.eye(2)[category[:, 1]][:, 1:]
        objective = np.eye(3)[category[:, 2]][:, 1:]
        banks = np.stack([position[:, 3] == 1, position[:, 3] == 2], axis=1).astype(float)
        return np.concatenate(
            [
                _crossed(grid_node, devices),
                _crossed(thin_node, np.concatenate([one, devices], axis=1)),
                quadratic,
                _crossed(grid_node, line[:, 1:]),
                _crossed(devices, quadratic),
                _crossed(ports, line),
                _crossed(objective, np.concatenate([one, quadratic], axis=1)),
                _crossed(banks, line),
                warm,
                _crossed(warm, devices),
            ],
            axis=1,
        )


def device(row: Row) -> str:
    """Return the device classes of a configuration, cell and periphery."""
    return f"{row['cell']}/{row['periphery']}"


def family(row: Row) -> str:
    """Return the table that predicts a configuration, a key of `LENGTHS`."""
    return device(row) if device(row) in LENGTHS else "SRAM"


def _coordinates(rows: Sequence[Row]) -> tuple[Floats, NDArray[np.int64]]:
    """Return log2 size, width, node, banks, and temperature; and device, ports, objective as indices."""
    position = np.array([[float(row[name]) for name in _NUMBERS] for row in rows])
    position[:, :4] = np.log2(position[:, :4])
    category = [
        [
            SRAM.index(device(row)) if device(row) in SRAM else 0,
            PORTS.index(str(row["ports"])),
            OBJECTIVES.index(str(row["objective"])),
        ]
        for row in rows
    ]
    return position, np.array(category, dtype=np.int64)


_NUMBERS = ("size_bytes", "word_bits", "node_nm", "banks", "temp_K")


def _hats(values: Floats, knots: Sequence[float] | Floats) -> Floats:
    """Return one triangular function per knot: together they interpolate linearly between the knots."""
    return np.stack([np.interp(values, knots, row) for row in np.eye(len(knots))], axis=1)


def _crossed(left: Floats, right: Floats) -> Floats:
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def outside(row: Row) -> Iterator[Problem]:
    """Yield what puts a configuration outside the range of the table; `row` holds numbers, not text, of each column."""
    names = (*SRAM, MIXED, EDRAM)
    if device(row) not in names:
        yield Problem(path="cell", message=f"no runs of `{device(row)}`{choose_from(device(row), names)}")
        return
    thin = family(row) != "SRAM"
    ranges: dict[str, tuple[float, float]] = {
        "size_bytes": SIZE_BYTES,
        "word_bits": WORD_BITS,
        "node_nm": (NODES_NM[0], NODES_NM[-1]),
        "temp_K": (TEMPERATURES_K[0], TEMPERATURES_K[0 if thin else -1]),
    }
    if thin:
        ranges |= EDRAM_RANGE if family(row) == EDRAM else MIXED_RANGE
    for name, (low, high) in ranges.items():
        if not low <= float(row[name]) <= high:
            yield Problem(path=name, message=f"{row[name]:g} is outside the table, {low:g} to {high:g}")
    allowed: dict[str, tuple[object, ...]] = {"banks": BANKS, "ports": PORTS, "objective": OBJECTIVES}
    for name, values in allowed.items():
        among = values[:1] if thin else values
        if row[name] not in among:
            listed = ", ".join(map(str, among))
            yield Problem(path=name, message=f"{row[name]} is not in the table; there are: {listed}")
    words = float(row["size_bytes"]) * 8 / float(row["word_bits"]) / float(row["banks"])
    if words < MIN_WORDS_PER_BANK * (1 - 1e-9):
        yield Problem(path="size_bytes", message=f"{words:g} words per bank, fewer than {MIN_WORDS_PER_BANK}")


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Return the runs shipped with the package, one mapping of column to text per run."""
    raw = gzip.decompress(files(__package__).joinpath("data", "sram_table.csv.gz").read_bytes())
    return tuple(csv.DictReader(io.StringIO(raw.decode("ascii"))))


@cache
def shipped(name: str) -> MemoryTable:
    """Return the table of a family that is shipped with the package."""
    return MemoryTable([row for row in rows() if family(row) == name])


@cache
def sram_point(
    *,
    size_bytes: float,
    word_bits: float,
    node_nm: float,
    banks: int = 1,
    ports: str = "1RW",
    cell: str = "itrs-lstp",
    periphery: str = "",
    temp_K: float = 300.0,
    objective: str = "energy",
) -> Mapping[str, float]:
    """Return CACTI's figures at one configuration, in CACTI's units and at CACTI's own supply voltage.

    Parameters are columns of the table; `periphery` defaults to `cell`.

    Returns
    -------
    Mapping from each name in `QUANTITIES` (pJ, mW, mm2, ns) to its value. The write energy of eDRAM is
    CACTI's, which must not be used.

    Raises
    ------
    ConfigError : the configuration is outside the range of the runs.
    """
    row: dict[str, str | float] = {
        "size_bytes": size_bytes,
        "word_bits": word_bits,
        "node_nm": node_nm,
        "banks": banks,
        "ports": ports,
        "cell": cell,
        "periphery": periphery or cell,
        "temp_K": temp_K,
        "objective": objective,
    }
    check(outside(row))
    (values,) = shipped(family(row)).predict([row])
    return dict(zip(QUANTITIES, values.tolist(), strict=True))
