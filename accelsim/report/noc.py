"""A latency-throughput curve of a network on chip: files, figure and table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

import accelsim
from accelsim.engine.noc.curve import SATURATED, Bench, Curve, Point
from accelsim.formats.atomic import write_text_atomic
from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.report.bars import legend
from accelsim.report.drawing import INK, MUTED, PALETTE, SMALL, Drawn, render
from accelsim.report.hover import tell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

NOC, POINTS = "noc.json", "curve.csv"
SHOWN_LATENCY = 4.0
"""Highest mean latency of the figure, in zero-load latencies: beyond saturation it grows with the time measured."""
_UNITS = {
    **dict.fromkeys(("offered", "injected", "accepted"), "flits_per_cycle"),
    **dict.fromkeys(("latency", "latency_sem", "network_latency", "p50", "p95", "p99", "maximum"), "cycles"),
}
_KEYS = ("accelsim", "network", "name", "pattern", "packet_flits", "seed", "zero_load_latency_cycles",
         "saturation_flits_per_cycle", "saturation_uncertainty", "points")  # fmt: skip

COLUMNS = {field.name: "_".join((field.name, *([_UNITS[field.name]] if field.name in _UNITS else ())))
           for field in fields(Point)}  # fmt: skip
"""Columns of the table of points by attribute; loads are per terminal."""


def curve_data(name: str, bench: Bench, curve: Curve) -> dict[str, Any]:
    """What `noc.json` holds: the network, the protocol, the figures and every point."""
    return {
        "accelsim": accelsim.__version__,
        "name": name,
        "network": asdict(bench.config),
        "pattern": bench.pattern.name,
        "packet_flits": bench.size,
        "seed": bench.seed,
        "warmup_cycles": bench.windows.warmup,
        "measure_cycles": bench.windows.measure,
        "drain_cycles": bench.windows.drain,
        "zero_load_latency_cycles": curve.zero.latency,
        "zero_load_latency_sem_cycles": curve.zero.latency_sem,
        "saturation_flits_per_cycle": curve.saturation.load,
        "saturation_uncertainty": curve.saturation.uncertainty,
        "points": [{COLUMNS[key]: value for key, value in asdict(point).items()} for point in curve.points],
    }


def save_curve(folder: Path, data: Mapping[str, Any]) -> None:
    """Write `curve.csv` and `noc.json` into a folder."""
    text = io.StringIO()
    table = csv.DictWriter(text, list(COLUMNS.values()), lineterminator="\n")
    table.writeheader()
    table.writerows(data["points"])
    write_text_atomic(folder / POINTS, text.getvalue())
    write_text_atomic(folder / NOC, json.dumps(data, indent=1) + "\n")


def load_curve(folder: Path) -> dict[str, Any]:
    """Read `noc.json` of a folder.

    Raises
    ------
    ConfigError
        If it is damaged, or another version of accelsim wrote it.
    """
    path = folder / NOC
    data = read_json(path)
    missing = [key for key in _KEYS if key not in data]
    if missing:
        raise damaged(path, f"`{missing[0]}` is missing")
    check_version(path, data["accelsim"])
    points = data["points"]
    if not isinstance(points, list) or not all(
        isinstance(p, dict) and p.keys() >= set(COLUMNS.values()) for p in points
    ):
        raise damaged(path, "`points` is not the list of points")
    if not isinstance(data["zero_load_latency_cycles"], int | float):
        raise damaged(path, "`zero_load_latency_cycles` is no number")
    return data


def latency_figure(data: Mapping[str, Any]) -> Drawn:
    """Latency against offered load, with zero-load latency and saturation load."""
    seed = f"1 seed ({data['seed']})"
    footer = f"{title(data)}; {seed}; accelsim {data['accelsim']}"
    draw = partial(_draw, data)
    return render("latency", "Latency against load", footer, draw, source=[POINTS], height_in=2.9)


def title(data: Mapping[str, Any]) -> str:
    """The network and its traffic in a line."""
    network = data["network"]
    shape = "torus" if network["torus"] else "mesh"
    cores = f", {network['terminals']} cores each" if network["terminals"] > 1 else ""
    return (
        f"{data['name']}: {network['width']} x {network['height']} {shape}{cores}, {network['vcs']} x "
        f"{network['buffer']} flits of buffer, {data['pattern']}, packets of {data['packet_flits']}"
    )


def _draw(data: Mapping[str, Any], figure: FigureBase) -> str:
    zero, saturation = data["zero_load_latency_cycles"], data["saturation_flits_per_cycle"]
    uncertainty = data["saturation_uncertainty"]
    shown = [point for point in data["points"] if point["completed"] and point["latency_cycles"] is not None]
    axes = figure.add_subplot()
    axes.axhline(zero, color=MUTED, linewidth=0.8, linestyle=":")
    axes.axvline(saturation, color=PALETTE[5], linewidth=0.9, linestyle="--", label="saturation")
    _line(axes, shown, "p99_cycles", PALETTE[1], "99th percentile")
    _line(axes, shown, "latency_cycles", PALETTE[0], "mean, with standard error")
    errors = [point["latency_sem_cycles"] or 0.0 for point in shown]
    axes.errorbar(*_columns(shown, "latency_cycles"), yerr=errors, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)
    axes.set(xlabel="offered load [flits/core/cycle]", ylabel="latency [cycles]",
             xlim=(0, min(1.15 * saturation, 1.02)), ylim=(0, SHOWN_LATENCY * zero))  # fmt: skip
    axes.annotate(f"zero load {zero:.1f}", (0.01, zero), xycoords=("axes fraction", "data"), xytext=(0, -3),
                  textcoords="offset points", va="top", fontsize=SMALL, color=INK)  # fmt: skip
    legend(figure, axes)
    if uncertainty is None:
        return "The network takes a load of 1."
    return f"Saturates at {saturation:.3f} +- {uncertainty:.3f}: mean latency {SATURATED:.0f} times that at zero load."


def _columns(points: Sequence[Mapping[str, Any]], column: str) -> tuple[list[float], list[float]]:
    return [point[COLUMNS["offered"]] for point in points], [point[column] for point in points]


def _line(axes: Axes, points: Sequence[Mapping[str, Any]], column: str, colour: str, label: str) -> None:
    loads, latencies = _columns(points, column)
    (line,) = axes.plot(loads, latencies, marker="o", markersize=2.5, linewidth=1.1, color=colour, label=label)
    tell(line, f"latency in cycles, {label}")


def curve_table(data: Mapping[str, Any]) -> Table:
    """The points of the grid for a terminal; those of the search for saturation are in the files."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("offered", "accepted", "mean latency", "p50", "p95", "p99"):
        table.add_column(heading, justify="right")
    for point in data["points"]:
        if point["kind"] in ("zero", "grid"):
            table.add_row(f"{point[COLUMNS['offered']]:.4f}", f"{point[COLUMNS['accepted']]:.4f}", *_latencies(point))
    return table


def _latencies(point: Mapping[str, Any]) -> tuple[str, ...]:
    if not point["completed"] or point["latency_cycles"] is None:
        return ("did not drain",) if point["packets"] else ("no packet",)
    error = point["latency_sem_cycles"]
    mean = f"{point['latency_cycles']:.1f}" + (f" +- {error:.1f}" if error is not None else "")
    return mean, *(f"{point[column]:.0f}" for column in ("p50_cycles", "p95_cycles", "p99_cycles"))


def summary_line(data: Mapping[str, Any]) -> str:
    """Zero-load latency and saturation load."""
    zero, error = data["zero_load_latency_cycles"], data["zero_load_latency_sem_cycles"]
    latency = f"zero-load latency {zero:.2f}" + (f" +- {error:.2f}" if error is not None else "") + " cycles"
    if data["saturation_uncertainty"] is None:
        return f"{latency}; not saturated at load 1"
    load, uncertainty = data["saturation_flits_per_cycle"], data["saturation_uncertainty"]
    return f"{latency}; saturates at {load:.4f} +- {uncertainty:.4f} flits/core/cycle"
