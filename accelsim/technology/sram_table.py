"""Interpolation of the SRAM table: 4,054 CACTI 7 runs, every quantity in logarithms.

A log-quadratic regression in capacity and word width, with terms per node, device class, ports, banks,
objective and temperature, gives the trend; simple kriging of its residuals (exponential covariance, the
nearest 64 runs) gives the detail. At a tabulated point the result is the run itself; far from every run it is
the trend.

Withholding a random fifth of the runs gives relative errors (median / 90th percentile) of 3 / 15 % for read
energy, 3 / 16 % for write energy, 2 / 9 % for leakage, 2 / 10 % for area and, on the ``ed2`` objective,
4 / 13 % for access time. Kriging beats bilinear interpolation because a neighbouring node or device class,
where CACTI picks the same organisation, tells more about a gap than a neighbouring size does.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

QUANTITIES = ("read_pJ", "write_pJ", "leak_mW_total", "area_mm2", "access_ns", "cycle_ns")
"""Columns that are predicted, in CACTI's units."""

SIZE_BYTES = (256, 4 * 2**20)
WORD_BITS = (8, 256)
MIN_WORDS_PER_BANK = 32
BANKS = (1, 2, 4)
NODES_NM = (22.0, 32.0, 45.0, 65.0, 90.0)
"""Nodes of the full grid."""
THIN_NODES_NM = (28.0, 40.0, 55.0)
"""Nodes sampled more thinly (CACTI interpolates its device parameters there)."""
WARM_NODES_NM = (22.0, 45.0, 65.0)
"""Nodes run at every temperature."""
TEMPERATURES_K = (300.0, 310.0, 330.0, 360.0, 380.0)

NEIGHBOURS = 64
# Covariance exp(-distance): distance 1 per this many octaves (size, width, node, banks) or kelvin; and the
# distance between two categories. Chosen on withheld runs.
LENGTHS = {"size": 3.0, "width": 1.5, "node": 3.0, "banks": 2.0, "temperature": 200.0}
CATEGORY_DISTANCE = {"device": 0.7, "ports": 0.7, "objective": 0.7}

Floats = NDArray[np.float64]


class SramTable:
    """The runs, their regression and its residuals.

    Parameters
    ----------
    rows : runs as mappings with the columns of ``data/sram_table.csv.gz``.
    """

    def __init__(self, rows: Sequence[Mapping[str, str | float]]) -> None:
        self.devices = sorted({f"{row['cell']}/{row['periphery']}" for row in rows})
        self.position, self.category = self._coordinates(rows)
        features = self._features(self.position, self.category)
        values = np.log(np.array([[float(row[name]) for name in QUANTITIES] for row in rows]))
        # A small ridge keeps combinations that were never run (a device class at 28 nm) at the general trend.
        gram = features.T @ features + 1e-3 * np.eye(features.shape[1])
        self.coefficients: Floats = np.linalg.solve(gram, features.T @ values)
        self.residuals: Floats = values - features @ self.coefficients

    def predict(self, row: Mapping[str, str | float]) -> dict[str, float]:
        """Return every quantity at one configuration (same columns as the table, without the quantities)."""
        position, category = self._coordinates([row])
        trend = (self._features(position, category) @ self.coefficients)[0]
        covariance = np.exp(-_distance(self.position, self.category, position[0], category[0]))
        nearest = np.argpartition(-covariance, NEIGHBOURS)[:NEIGHBOURS]
        among = np.array(
            [
                np.exp(
                    -_distance(
                        self.position[nearest],
                        self.category[nearest],
                        self.position[index],
                        self.category[index],
                    )
                )
                for index in nearest
            ]
        )
        # The tiny ridge keeps the matrix regular should two runs share a configuration.
        weights = np.linalg.solve(among + 1e-9 * np.eye(NEIGHBOURS), covariance[nearest])
        logarithms = trend + weights @ self.residuals[nearest]
        return dict(zip(QUANTITIES, np.exp(logarithms).tolist(), strict=True))

    def _coordinates(self, rows: Sequence[Mapping[str, str | float]]) -> tuple[Floats, NDArray[np.int64]]:
        """Return log2 size, width, node, banks, and temperature; and device, ports, objective as indices."""
        position = np.array(
            [
                [
                    math.log2(float(row["size_bytes"])),
                    math.log2(float(row["word_bits"])),
                    math.log2(float(row["node_nm"])),
                    math.log2(float(row["banks"])),
                    float(row["temp_K"]),
                ]
                for row in rows
            ]
        )
        category = np.array(
            [
                [
                    self.devices.index(f"{row['cell']}/{row['periphery']}"),
                    ("1RW", "1R1W").index(str(row["ports"])),
                    ("energy", "ed2", "cycle").index(str(row["objective"])),
                ]
                for row in rows
            ]
        )
        return position, category

    def _features(self, position: Floats, category: NDArray[np.int64]) -> Floats:
        size, width, node = position[:, 0] - 14, position[:, 1] - 5, position[:, 2]
        one = np.ones((len(position), 1))
        quadratic = np.stack([size, width, size**2, size * width, width**2], axis=1)
        line = np.concatenate([one, quadratic[:, :2]], axis=1)
        grid_node = _hats(node, np.log2(NODES_NM))
        thin_node = _hats(node, np.log2(np.sort(NODES_NM + THIN_NODES_NM)))[:, [1, 3, 5]]
        warm_node = _hats(node, np.log2(WARM_NODES_NM))
        warm = _crossed(_hats(position[:, 4], TEMPERATURES_K)[:, 1:], warm_node)
        device = np.eye(len(self.devices))[category[:, 0]]
        ports = np.eye(2)[category[:, 1]][:, 1:]
        objective = np.eye(3)[category[:, 2]][:, 1:]
        banks = np.stack([position[:, 3] == 1, position[:, 3] == 2], axis=1).astype(float)
        return np.concatenate(
            [
                _crossed(grid_node, device),
                _crossed(thin_node, np.concatenate([one, device], axis=1)),
                quadratic,
                _crossed(grid_node, line[:, 1:]),
                _crossed(device, quadratic),
                _crossed(ports, line),
                _crossed(objective, np.concatenate([one, quadratic], axis=1)),
                _crossed(banks, line),
                warm,
                _crossed(warm, device),
            ],
            axis=1,
        )


def _hats(values: Floats, knots: Sequence[float] | Floats) -> Floats:
    """Return one triangular function per knot: together they interpolate linearly between the knots."""
    return np.stack([np.interp(values, knots, row) for row in np.eye(len(knots))], axis=1)


def _crossed(left: Floats, right: Floats) -> Floats:
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def _distance(
    positions: Floats, categories: NDArray[np.int64], position: Floats, category: NDArray[np.int64]
) -> Floats:
    lengths = np.array(list(LENGTHS.values()))
    steps = np.array(list(CATEGORY_DISTANCE.values()))
    return (np.abs(positions - position) / lengths).sum(axis=1) + ((categories != category) * steps).sum(axis=1)


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Return the runs shipped with the package, one mapping of column to text per run."""
    raw = gzip.decompress(files(__package__).joinpath("data", "sram_table.csv.gz").read_bytes())
    return tuple(csv.DictReader(io.StringIO(raw.decode("ascii"))))


@cache
def shipped() -> SramTable:
    """Return the table shipped with the package."""
    return SramTable(rows())


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
    Mapping from each name in `QUANTITIES` (pJ, mW, mm2, ns) to its value.
    """
    return shipped().predict(
        {
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
    )
