"""Figures of a stream of tasks: learning curves, accuracy matrix, cost of capabilities, writes of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accelsim.report.drawing import INK, MUTED, PALETTE
from accelsim.report.lifelong import tasks_of
from accelsim.report.load import Run
from accelsim.report.quantity import fitting, printable, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

SMOOTH = 10
"""Bins of a learning curve that are averaged."""
DARK = 0.6
"""Accuracy from which on numbers in the heat map are written in white."""
LARGEST_NUMBERED = 12
"""Tasks up to which the heat map has numbers."""


def has_curves(run: Run) -> bool:
    """Whether the learning curves can be drawn."""
    return any(row["accuracy"] is not None for row in run.tables.get("learning_curve", ()))


def curves(run: Run, figure: FigureBase) -> str:
    """Accuracy in training and in tests over the samples of the stream, a colour for each task."""
    axes = figure.add_subplot()
    trained, boundaries = 0, []
    tests: dict[int, list[tuple[int, float]]] = {}
    running: dict[int, list[tuple[float, list[float], list[float]]]] = {}
    block = None
    for row in run.tables["learning_curve"]:
        if row["split"] == "test":
            if row["accuracy"] is not None:
                tests.setdefault(row["task"], []).append((trained, 100 * row["accuracy"]))
            continue
        if row["block"] != block:
            block = row["block"]
            boundaries.append(trained)
            running.setdefault(row["task"], []).append((trained, [], []))
        trained += row["samples"]
        if row["accuracy"] is not None:
            running[row["task"]][-1][1].append(trained - row["samples"] / 2)
            running[row["task"]][-1][2].append(100 * row["accuracy"])
    for task in sorted({*tests, *running}):
        colour = PALETTE[task % len(PALETTE)]
        for _, at, shares in running.get(task, ()):
            axes.plot(at, _smoothed(shares), color=colour, linewidth=0.9, alpha=0.6)
        if task in tests:
            points = zip(*tests[task], strict=True)
            axes.plot(*points, marker="o", markersize=3, color=colour, label=f"task {task}")
    for boundary in boundaries[1:]:
        axes.axvline(boundary, color=MUTED, linewidth=0.6, linestyle=":")
    axes.set(xlabel="training samples [1]", ylabel="accuracy [%]", ylim=(0, 103), xlim=(0, max(trained, 1)))
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[:14], labels[:14], loc="outside upper left", ncols=5, fontsize=8)
    return "Points: tests of each task. Thin lines: answers while the task is trained, a moving average."


def _smoothed(values: list[float]) -> list[float]:
    """Trailing mean over a few bins."""
    return [
        sum(values[max(0, i - SMOOTH + 1) : i + 1]) / len(values[max(0, i - SMOOTH + 1) : i + 1])
        for i in range(len(values))
    ]


def has_matrix(run: Run) -> bool:
    """Whether there is an accuracy matrix to draw."""
    rows = run.tables.get("task_matrix") or []
    return any(row[task] is not None for row in rows for task in tasks_of(rows))


def matrix(run: Run, figure: FigureBase) -> str:
    """Accuracy on every task (columns) before and after each training (rows)."""
    rows = run.tables["task_matrix"]
    tasks = tasks_of(rows)
    shares = [[float("nan") if row[task] is None else row[task] for task in tasks] for row in rows]
    axes = figure.add_subplot()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="cividis_r", aspect="auto")
    named = ["before" if row["trained"] is None else f"task {row['trained']}" for row in rows]
    step = max(1, len(rows) // 20)
    axes.set_yticks(range(0, len(rows), step), named[::step])
    across = max(1, len(tasks) // 20)
    axes.set_xticks(range(0, len(tasks), across), [task.removeprefix("task_") for task in tasks[::across]])
    axes.set(xlabel="tested task [1]", ylabel="trained last")
    if len(tasks) <= LARGEST_NUMBERED:
        for i, row in enumerate(shares):
            for j, share in enumerate(row):
                if share == share:
                    colour = "white" if share >= DARK else "black"
                    axes.text(j, i, f"{100 * share:.0f}", ha="center", va="center", fontsize=8, color=colour)
    figure.colorbar(image, ax=axes, label="accuracy [1]")
    return "Share of right answers on each task, before any training and after each."


def has_costs(run: Run) -> bool:
    """Whether the costs of capabilities can be drawn."""
    return any(row["energy_uj"] for row in run.tables.get("capabilities", ()))


def costs(run: Run, figure: FigureBase) -> str:
    """Energy and time of everything the chip did, by activity."""
    rows = [row for row in run.tables["capabilities"] if row["energy_uj"]]
    owners = list(dict.fromkeys(row["capability"] for row in rows))
    energy, time = figure.subplots(1, 2, sharey=True)
    for axes, name, kind, si, what in (
        (energy, "energy_uj", "J", 1e-6, "energy"),
        (time, "time_us", "s", 1e-6, "time"),
    ):
        unit, size = fitting([max(row[name] for row in rows) * si], kind)
        values = [row[name] * si / size for row in rows]
        colours = [PALETTE[owners.index(row["capability"]) % len(PALETTE)] for row in rows]
        axes.barh(range(len(rows)), values, height=0.7, color=colours)
        if name == "energy_uj":
            ends = [[abs(row[f"{name}{end}"] - row[name]) * si / size for row in rows] for end in ("_low", "_high")]
            axes.errorbar(values, range(len(rows)), xerr=ends, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)
        _logarithmic(axes)
        axes.set_xlabel(typeset(f"{what} [{unit}]"))
    energy.set_yticks(range(len(rows)), [printable(row["activity"]) for row in rows])
    energy.invert_yaxis()
    return (
        "Everything the chip did, on logarithmic scales; a colour for each capability, whiskers: band of the estimate."
    )


def costs_height(run: Run) -> float:
    """Height that the bars need."""
    return 1.2 + 0.22 * len(run.tables["capabilities"])


def has_writes(run: Run) -> bool:
    """Whether cells were written."""
    return any(row["writes_max"] and row.get("writes_q99") is not None for row in run.tables["wear"])


def writes(run: Run, figure: FigureBase) -> str:
    """Writes of the cells of each memory: median, mean, 99 % of them, largest."""
    rows = [row for row in run.tables["wear"] if row["writes_max"] and row.get("writes_q99") is not None]
    rows.sort(key=lambda row: -row["writes_max"])
    axes = figure.add_subplot()
    marks: tuple[tuple[str, str, str], ...] = (
        ("writes_median", "|", "median"),
        ("writes_mean", "o", "mean"),
        ("writes_q99", "D", "99 % of the cells"),
        ("writes_max", "s", "most"),
    )
    for (name, marker, label), colour in zip(marks, PALETTE, strict=False):
        known = [(row[name], i) for i, row in enumerate(rows) if row[name]]
        if known:
            axes.plot(*zip(*known, strict=True), marker, color=colour, markersize=4, label=label)
    axes.hlines(
        range(len(rows)), [max(min(row["writes_median"], row["writes_mean"]), 0.5) for row in rows],
        [row["writes_max"] for row in rows], color=MUTED, linewidth=0.7, zorder=0,
    )  # fmt: skip
    _logarithmic(axes)
    axes.set_yticks(range(len(rows)), [printable(row["memory"]) for row in rows], fontsize=7.5)
    axes.invert_yaxis()
    axes.set_xlabel("writes of a cell in the run [1]")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4, fontsize=8)
    return "How often the cells of each memory were written in the run; lifetimes are in the table of wear."


def writes_height(run: Run) -> float:
    """Height that the memories need."""
    return 1.3 + 0.19 * len(run.tables["wear"])


def _logarithmic(axes: Axes) -> None:
    """Make the axis of values logarithmic, with at most six plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize=7.5)
