"""The report of a network on a chip of many cores: where load and energy are, what each step took, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.report import html, mission
from accelsim.report.bars import EDGE, shortened
from accelsim.report.drawing import PALETTE, SMALL, Drawn, render
from accelsim.report.heat import heat
from accelsim.report.hover import tell, tell_shapes
from accelsim.report.load import RESULT, Run, RunData
from accelsim.report.page import inputs
from accelsim.report.quantity import fitting, printable, quantity, significant, typeset
from accelsim.report.summary import headed, mission_tables, pairs, spaced

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

KIND = "steps"
SHOWN_CORES = 12
_TABLES = ("steps", "cores", "links", "energy", "published")
KEY_FIGURES = (
    ("time of the run", "time_total_us"),
    ("analytic bound: no waiting, no hops", "time_bound_us"),
    ("time of a step, mean", "latency_step_us"),
    ("time of a step, 99th percentile", "latency_step_us_p99"),
    ("senders blocked by the network, all cores", "blocked_us"),
    ("share of the time that the busiest link is busy", "link_busy_share_max"),
    ("energy of the run", "energy_total_pj"),
    ("energy of a step", "energy_step_nj"),
    ("energy of all actions per synaptic operation", "energy_per_sop_pj"),
    ("power", "power_average_uw"),
    ("area", "area_mm2"),
)
COUNTS = (
    *("steps", "neurons", "synapses", "cores_used", "tiles_used", "fired", "updated", "synops", "messages", "hops"),
    "steps_late",
)


def is_steps(folder: Path) -> bool:
    """Whether a run directory is one of a chip of many cores."""
    about = read_json(folder / RESULT).get("about")
    return isinstance(about, dict) and about.get("kind") == KIND


def load_steps(folder: Path) -> RunData:
    """Read such a run directory.

    Raises
    ------
    ConfigError
        If a file is damaged, or another version of accelsim wrote it.
    """
    path = folder / RESULT
    data = read_json(path)
    for name in ("about", "metrics", "tables"):
        if not isinstance(data.get(name), dict):
            raise damaged(path, f"`{name}` is missing")
    check_version(path, data["about"].get("accelsim"))
    for name in _TABLES:
        if not isinstance(data["tables"].get(name), list):
            raise damaged(path, f"`tables.{name}` is no list")
    return RunData(data["metrics"], data["tables"], data["about"])


def title(run: Run) -> str:
    """Return `architecture on workload`."""
    return printable(f"{run.about['architecture']['name']} on {run.about['workload']['name']}")


def steps_figures(run: Run) -> list[Drawn]:
    """Draw every figure."""
    about = run.about
    footer = f"{title(run)}; 1 seed ({about['seed']}): no interval, engine {about['engine']}, noc {about['noc']}"
    kinds = (
        ("tiles", "Energy of tiles and load of links", tiles, ("cores.csv", "links.csv"), 3.4),
        ("timeline", "Time of every step", timeline, ("steps.csv",), 2.7),
        ("energy", "Energy by action", energy, ("energy.csv",), 2.7),
    )
    return [
        render(
            name,
            heading,
            f"{footer}; accelsim {about['accelsim']}",
            partial(draw, run),
            source=source,
            height_in=tall,
        )
        for name, heading, draw, source, tall in kinds
    ]


def tiles(run: Run, figure: FigureBase) -> str:
    """Tiles coloured by the energy of their cores, links between them by their messages."""
    from matplotlib.collections import LineCollection

    width, height = run.about["width"], run.about["height"]
    energies: dict[tuple[int, int], float] = {}
    for row in run.tables["cores"]:
        place = row["x"], row["y"]
        energies[place] = energies.get(place, 0.0) + row["energy_pj"]
    most_pj = max(energies.values(), default=0.0)
    unit, size = fitting([most_pj * 1e-12], "J")
    scale = 1e-12 / size
    axes = figure.add_subplot()
    heat(
        axes,
        [(x, y, energy * scale) for (x, y), energy in energies.items()],
        [f"tile ({x}, {y}): {significant(energy * scale, 3)} {unit}" for (x, y), energy in energies.items()],
        most=most_pj * scale,
        label=typeset(f"energy of the cores of a tile [{unit}]"),
    )
    ways = {"east": (0.5, 0.0), "west": (-0.5, 0.0), "north": (0.0, 0.5), "south": (0.0, -0.5)}
    used = [row for row in run.tables["links"] if row["messages"]]
    most = max((row["messages"] for row in used), default=0)
    lines, widths = [], []
    for row in used:
        dx, dy = ways[row["direction"]]
        x, y = row["x"] + 0.12 * dy, row["y"] - 0.12 * dx  # beside the link in the other direction
        lines.append([(x + 0.3 * dx, y + 0.3 * dy), (x + 1.7 * dx, y + 1.7 * dy)])
        widths.append(0.3 + 3.2 * row["messages"] / most)
    links = LineCollection(lines, linewidths=widths, colors=PALETTE[5], alpha=0.9)
    tell_shapes(
        links, [f"link ({row['x']}, {row['y']}) {row['direction']}: {row['messages']:,} messages" for row in used]
    )
    axes.add_collection(links, autolim=False)
    axes.set(xlabel="x of the tile [1]", ylabel="y of the tile [1]", aspect="equal")
    axes.set(xlim=(-0.6, width - 0.4), ylim=(-0.6, height - 0.4))
    return f"Width of a line: messages over the link, {most:,} at most. Tiles without neurons are left blank."


def timeline(run: Run, figure: FigureBase) -> str:
    """Simulated time and bound of every step."""
    rows = run.tables["steps"]
    unit, size = fitting([max(row["time_us"] for row in rows) * 1e-6], "s")
    axes = figure.add_subplot()
    number = [row["step"] for row in rows]
    for name, label, colour, style in (
        ("time_us", "simulated", PALETTE[0], "-"),
        ("bound_us", "analytic bound", PALETTE[5], "--"),
    ):
        times = [row[name] * 1e-6 / size for row in rows]
        (line,) = axes.plot(number, times, style, color=colour, linewidth=0.9, label=label)
        tell(line, f"{label}: {significant(sum(times) / len(times), 3)} {unit} a step on average")
    axes.set(xlabel="step [1]", ylabel=typeset(f"time [{unit}]"))
    axes.set_ylim(bottom=0)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return "Barrier included. The bound is the work of the busiest core, without hops, queues or contention."


def energy(run: Run, figure: FigureBase) -> str:
    """Energy by component and action."""
    rows = [row for row in run.tables["energy"] if row["energy_pj"]]
    rows.sort(key=lambda row: row["energy_pj"])
    unit, size = fitting([max((row["energy_pj"] for row in rows), default=0.0) * 1e-12], "J")
    axes = figure.add_subplot()
    values = [row["energy_pj"] * 1e-12 / size for row in rows]
    for patch, row in zip(
        axes.barh(range(len(rows)), values, color=PALETTE[0], height=0.75, **EDGE), rows, strict=True
    ):
        tell(patch, f"{row['component']} {row['action']}: {quantity(row, 'energy_pj')}")
    axes.set_yticks(
        range(len(rows)), [shortened(f"{row['component']} {row['action']}") for row in rows], fontsize=SMALL
    )
    axes.set_xlabel(typeset(f"energy of the run [{unit}]"))
    return f"Whole run: {quantity(run.metrics, 'energy_total_pj')}."


def critical(run: Run) -> list[tuple[int, str, int]]:
    """Return core, side and number of steps that it ended, most first."""
    found = Counter(
        (row["critical_core"], row["critical_side"]) for row in run.tables["steps"] if row["critical_core"] is not None
    )
    return [(core, side, often) for (core, side), often in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def steps_page(run: Run, figures: Iterable[Drawn]) -> str:
    """Return the page of the run as one HTML document that needs no other file."""
    metrics, about = run.metrics, run.about
    key = [
        (html.long_text(label), html.number(quantity(metrics, name), metrics.get(name)), html.text(name))
        for label, name in KEY_FIGURES
    ]
    counts = [
        (html.text(printable(name.replace("_", " "))), html.number(f"{metrics[name]:,}", metrics[name]))
        for name in COUNTS
        if metrics.get(name) is not None
    ]
    cores = [
        tuple(
            html.number(f"{row[name]:,.3g}" if isinstance(row[name], float) else f"{row[name]:,}", row[name])
            for name in ("core", "x", "y", "neurons", "synapses", "send_us", "receive_us", "energy_pj")
        )
        for row in sorted(run.tables["cores"], key=lambda row: -row["energy_pj"])
    ]
    ends = [
        (html.number(str(core), core), html.text(side), html.number(f"{often:,}", often))
        for core, side, often in critical(run)[:SHOWN_CORES]
    ]
    accounts = [
        (
            html.text(row["component"]),
            html.text(row["action"]),
            html.number("-" if row["count"] is None else f"{row['count']:,}", row["count"]),
            html.number(quantity(row, "energy_pj"), row["energy_pj"]),
            f'<td class="long">{html.disclosed("how", row["provenance"])}</td>',
        )
        for row in sorted(run.tables["energy"], key=lambda row: -(row["energy_pj"] or 0))
    ]
    notes = [html.paragraph(note) for note in [_network_error(run)] if note is not None]
    warnings = [html.paragraph(f"Warning: {text}", "warning") for text in about["warnings"]]
    columns = ("core", "x", "y", "neurons", "synapses", "sender busy [us]", "receiver busy [us]", "energy [pJ]")
    sections = [
        html.section(
            "Key figures", *warnings, *notes, html.table("of the whole run", ("figure", "value", "name"), key)
        ),
        *([mission.section(run)] if mission.has_mission(run) else []),
        html.section("Figures", html.figures(figures)),
        html.section("Counts", html.table("of the whole run", ("what", "count"), counts)),
        html.section("Critical cores", html.table("cores that ended most steps", ("core", "side", "steps"), ends)),
        html.section("Energy", html.table("by action, largest first", _ENERGY, accounts)),
        html.section("Cores", html.table("cores in use, largest energy first", columns, cores)),
        html.section("Inputs", *inputs(run)),
    ]
    return html.page(title(run), html.pairs(_identity(run)), sections, _speed(run))


_ENERGY = ("component", "action", "count", "energy", "provenance")


def _identity(run: Run) -> list[tuple[str, str]]:
    about = run.about
    return [
        *(
            (kind, printable(f"{about[kind]['name']}, sha256 {about[kind]['sha256'][:12]}"))
            for kind in ("architecture", "workload")
        ),
        ("run", f"seed {about['seed']}, engine {about['engine']}, network simulated by {about['noc']}"),
    ]


def _network_error(run: Run) -> str | None:
    """Return how far the chosen model of the network is from the cycle-level one."""
    error = run.metrics.get("time_error_percent")
    return None if error is None else f"first steps against the cycle-level network: {error:+.2f} % time"


def _speed(run: Run) -> str:
    rate = run.about["synops_per_cpu_s"]
    return "speed not measured" if rate is None else f"{rate / 1e6:,.3g} million synaptic operations per CPU second"


def steps_summary(run: Run) -> RenderableType:
    """Return the summary of the run for a rich console."""
    parts: list[RenderableType] = [Text(title(run), style="bold"), pairs(_identity(run))]
    metrics = run.metrics
    counts = [(name.replace("_", " "), f"{metrics[name]:,}") for name in COUNTS if metrics.get(name) is not None]
    parts.append(_table("Counts", ("what", "count"), counts))
    parts.append(
        _table("Time, energy, area", ("", "value"), [(label, quantity(metrics, name)) for label, name in KEY_FIGURES])
    )
    ends = [(str(core), side, f"{often:,}") for core, side, often in critical(run)[:5]]
    parts.append(_table("Cores that ended most steps", ("core", "side", "steps"), ends))
    if (error := _network_error(run)) is not None:
        parts.append(Text(error))
    if mission.has_mission(run):
        parts += mission_tables(run)
    parts.append(Text(_speed(run)))
    parts += [Text(f"warning: {printable(warning)}", style="yellow") for warning in run.about["warnings"]]
    return spaced(parts)


def _table(heading: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    table = headed(heading, *columns)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
