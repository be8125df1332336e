"""What energy, area and cycles of the points of a sweep are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from accelsim.formats.json_file import damaged
from accelsim.report.load import read_table

FILE = "breakdown.csv"
COLUMNS = ("id", "kind", "part", "value")
KINDS = ("energy_pj", "area_um2", "busy_cycles")
"""Energy and area by component, busy cycles by state and phase."""

Breakdown = Mapping[str, Mapping[int, Mapping[str, float]]]
"""Values of the parts by kind and by id of a point; kinds that no point has are missing."""


def load_breakdown(folder: Path | str) -> Breakdown:
    """Read `breakdown.csv` of a sweep; empty if the sweep has none.

    Raises
    ------
    ConfigError
        If the file is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return {}
    found: dict[str, dict[int, dict[str, float]]] = {}
    for row in read_table(path):
        try:
            number, kind, part, value = (row[column] for column in COLUMNS)
            found.setdefault(kind, {}).setdefault(int(number), {})[part] = float(value)
        except (KeyError, ValueError) as error:
            raise damaged(path, str(error)) from None
    return found


def parts_of(breakdown: Breakdown, kind: str, ids: Iterable[int]) -> dict[str, float]:
    """Return the parts of a configuration: means over those of its points that have any."""
    found = [parts for number in ids if (parts := breakdown.get(kind, {}).get(number))]
    names = dict.fromkeys(part for parts in found for part in parts)
    return {name: sum(parts.get(name, 0.0) for parts in found) / len(found) for name in names}


def largest_parts(designs: Iterable[Mapping[str, float]], most: int) -> list[str]:
    """Return so many parts at most, those with the largest sum over all designs first, none that is 0."""
    sums: dict[str, float] = {}
    for parts in designs:
        for part, value in parts.items():
            sums[part] = sums.get(part, 0.0) + value
    return sorted((part for part in sums if sums[part]), key=lambda part: -sums[part])[:most]
