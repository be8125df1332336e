"""The mission of a run for people: does it last, what does it weigh, what dominates, which limits hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from accelsim.report import html
from accelsim.report.load import Run
from accelsim.report.quantity import MISSING, banded, printable, quantity, significant

TOTAL = "total"
COLUMNS = ("mass_g", "volume_mm3", "power_uw")


def has_mission(run: Run) -> bool:
    """Whether the workload of a run has a mission."""
    return bool(run.tables.get("limits"))


def lines(run: Run) -> list[str]:
    """Return the mission in sentences: how long it lasts, size and weight, what dominates, what fails."""
    rows = [row for row in run.tables["swap"] if row["part"] != TOTAL]
    heaviest, largest, hungriest = (_dominant(rows, column) for column in COLUMNS)
    found = [_lasts(row) for row in run.tables["limits"] if row["limit"] == "mission_time"]
    whole = ", ".join(quantity(run.metrics, name) for name in ("mass_g", "volume_mm3", "power_mission_uw"))
    found.append(f"mass, volume, mean power of chip and sensors: {whole}")
    found.append(f"most of the mass: {heaviest}; of the volume: {largest}; of the power: {hungriest}")
    failing = [row["limit"] for row in run.tables["limits"] if not row["pass_nominal"]]
    at_worst = [row["limit"] for row in run.tables["limits"] if row["pass_nominal"] and not row["pass_worst"]]
    verdict = f"limits that fail: {', '.join(failing)}" if failing else "every limit holds"
    found.append(verdict + (f"; at the worse end of the band also: {', '.join(at_worst)}" if at_worst else ""))
    return [printable(line) for line in found]


def _lasts(row: Mapping[str, Any]) -> str:
    """Return whether one battery lasts as long as it should."""
    if row["pass_worst"]:
        answer = "it lasts"
    else:
        answer = "it lasts, but not at the worse end of the band" if row["pass_nominal"] else "it does NOT last"
    return f"on one battery: {limit_found(row)}, wanted {limit_wanted(row)}: {answer}"


def _dominant(rows: Iterable[Mapping[str, Any]], column: str) -> str:
    """Return the part with most of a column, and its share."""
    known = [row for row in rows if row[column]]
    if not known:
        return "none"
    first = max(known, key=lambda row: row[column])
    return f"{first['part']} ({100 * first[column] / sum(row[column] for row in known):.0f} %)"


def limit_found(row: Mapping[str, Any]) -> str:
    """Return what was found, with its band."""
    return banded(row["found"], row["found_low"], row["found_high"], _unit(row)).strip()


def limit_wanted(row: Mapping[str, Any]) -> str:
    """Return what was wanted: `at least 24 h`."""
    return f"at {'most' if row['sense'] == 'max' else 'least'} {significant(row['wanted'], 3)} {_unit(row)}".strip()


def _unit(row: Mapping[str, Any]) -> str:
    return "" if row["unit"] == "1" else row["unit"]


def margin(row: Mapping[str, Any]) -> str:
    """Return how much is left."""
    value = row["margin_percent"]
    return MISSING if value is None else f"{significant(value, 3)} %"


def verdict(row: Mapping[str, Any]) -> str:
    """Return whether a limit holds: `pass`, `pass, not at worst` or `FAIL`."""
    if row["pass_nominal"]:
        return "pass" if row["pass_worst"] else "pass, not at worst"
    return "FAIL"


def fill_parts(table: Table, run: Run) -> Table:
    """Add the parts to a terminal table with four columns."""
    for row in run.tables["swap"]:
        if row["part"] == TOTAL:
            table.add_section()
        table.add_row(Text(printable(row["part"])), *(quantity(row, column) for column in COLUMNS))
    return table


def fill_limits(table: Table, run: Run) -> Table:
    """Add the limits to a terminal table with five columns."""
    for row in run.tables["limits"]:
        cells = (limit_wanted(row), limit_found(row), margin(row), verdict(row))
        table.add_row(Text(row["limit"].replace("_", " ")), *map(Text, map(printable, cells)))
    return table


PART_COLUMNS = ("part", "mass (band)", "volume (band)", "power (band)")
LIMIT_COLUMNS = ("limit", "wanted", "found (band)", "margin", "verdict")


def section(run: Run) -> str:
    """Return the section of a page: sentences, limits, parts."""
    limits = [
        (
            html.text(row["limit"].replace("_", " ")),
            html.number(limit_wanted(row), row["wanted"]),
            html.number(limit_found(row), row["found"]),
            html.number(margin(row), row["margin_percent"]),
            html.text(verdict(row)),
            html.long_text(row["source"]),
        )
        for row in run.tables["limits"]
    ]
    parts = [
        (
            html.text(row["part"]),
            *(html.number(quantity(row, column), row[column]) for column in COLUMNS),
            f'<td class="long">{html.disclosed("how", row["provenance"])}</td>',
        )
        for row in run.tables["swap"]
    ]
    return html.section(
        "Mission",
        *(html.paragraph(f"{line[0].upper()}{line[1:]}.") for line in lines(run)),
        html.table("what the device must keep to", (*LIMIT_COLUMNS, "set by"), limits),
        html.table("the device part by part; volume without the air between", (*PART_COLUMNS, "provenance"), parts),
    )
