"""Figures of a stream of tasks: learning curves, accuracy matrix, cost of capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accelsim.report import facts
from accelsim.report.bars import BAND, EDGE, legend, logarithmic
from accelsim.report.drawing import INK, MUTED, PALETTE, SMALL, STROKES
from accelsim.report.heat import heat, ink_on
from accelsim.report.hover import tell, tell_marks
from accelsim.report.lifelong import tasks_of
from accelsim.report.load import Run
from accelsim.report.quantity import banded, fitting, percent, printable, quantity, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

MARKERS = "osD^vPX"
SMOOTH = 10
"""Bins of a learning curve that are averaged."""
MOST_NAMED = 15
"""Tasks that the legend names."""
LARGEST_NUMBERED = 10
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
        colour, marker = STROKES[task % len(STROKES)], MARKERS[task % len(MARKERS)]
        for _, at, shares in running.get(task, ()):
            axes.plot(at, _smoothed(shares), color=colour, linewidth=0.9, alpha=0.6)
        if task in tests:
            (line,) = axes.plot(*zip(*tests[task], strict=True), marker=marker, markersize=4, color=colour)
            if task < MOST_NAMED:
                line.set_label(f"task {task}")
            tell_marks(line, [f"task {task} after {n:,} training samples: {share:.1f} %" for n, share in tests[task]])
    for boundary in boundaries[1:]:
        axes.axvline(boundary, color=MUTED, linewidth=0.6, linestyle=":")
    axes.set(xlabel="training samples [1]", ylabel="accuracy [%]", ylim=(0, 103), xlim=(0, max(trained, 1)))
    legend(figure, axes)
    return (
        "Points: tests of each task. Thin lines: answers while the task is trained, "
        f"a moving average of {SMOOTH} bins. Dotted: a training begins."
    )


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
    named = ["before" if row["trained"] is None else f"task {row['trained']}" for row in rows]
    cells = [(j, i, share) for i, row in enumerate(shares) for j, share in enumerate(row) if share == share]
    told = [f"trained last: {named[i]}, tested: task {tasks[j][5:]}: {percent(share)}" for j, i, share in cells]
    drawn = heat(axes, [(j, i, 100 * share) for j, i, share in cells], told, most=100, label="accuracy [%]")
    step = max(1, len(rows) // 12)
    axes.set_yticks(range(0, len(rows), step), named[::step])
    across = max(1, len(tasks) // 12)
    axes.set_xticks(range(0, len(tasks), across), [task.removeprefix("task_") for task in tasks[::across]])
    axes.set(xlabel="tested task [1]", ylabel="trained last")
    axes.set(xlim=(-0.5, len(tasks) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    if len(tasks) <= LARGEST_NUMBERED:
        for j, i, share in cells:
            colour = ink_on(drawn.to_rgba(100 * share))
            axes.text(j, i, f"{100 * share:.0f}", ha="center", va="center", fontsize=SMALL, color=colour)
    return "Share of right answers on the test samples of each task, before any training and after each."


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
        drawn = axes.barh(range(len(rows)), values, height=0.7, color=colours, **EDGE)
        for patch, row in zip(drawn, rows, strict=True):
            tell(patch, f"{row['activity']} ({row['capability']}): {quantity(row, name)}")
        if name == "energy_uj":
            ends = [[abs(row[f"{name}{end}"] - row[name]) * si / size for row in rows] for end in ("_low", "_high")]
            axes.errorbar(values, range(len(rows)), xerr=ends, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)
        logarithmic(axes, numbers=3)
        axes.set_xlabel(typeset(f"{what} [{unit}]"))
    energy.set_yticks(range(len(rows)), [printable(row["activity"]) for row in rows])
    energy.invert_yaxis()
    return f"Everything the chip did, on logarithmic scales; a colour for each capability. {BAND}"


def costs_height(run: Run) -> float:
    """Height that the bars need."""
    return 1.2 + 0.22 * len(run.tables["capabilities"])


def path(run: Run) -> list[tuple[int, float, float, float, float]]:
    """Return epoch, energy of learning until then in J with both ends of its band, and accuracy in the tests after it.

    Everything but the tests counts as learning: training, replay, upkeep.
    """
    tested = dict(facts.accuracies(run).get("test", ()))
    spent, found = [0.0, 0.0, 0.0], []
    for epoch in dict.fromkeys(row["epoch"] for row in run.tables["epochs"]):
        for row in run.tables["epochs"]:
            if row["epoch"] == epoch and row["split"] != "test":
                for i, end in enumerate(("", "_low", "_high")):
                    spent[i] += row[f"energy_uj{end}"] * 1e-6
        if epoch in tested:
            found.append((epoch, *spent, tested[epoch]))
    return found


def has_path(run: Run) -> bool:
    """Whether accuracy was tested more than once, and energy told by epoch."""
    told = all(row.get("energy_uj") is not None for row in run.tables["epochs"])
    return told and len(path(run)) > 1


def energy_accuracy(run: Run, figure: FigureBase) -> str:
    """Accuracy in the tests against the energy that learning has taken until then."""
    points = path(run)
    unit, size = fitting([points[-1][1]], "J")
    axes = figure.add_subplot()
    at, shares = [spent / size for _, spent, *_ in points], [100 * share for *_, share in points]
    (line,) = axes.plot(at, shares, marker="o", markersize=5, color=PALETTE[0], linewidth=1.2)
    each = "task" if run.tables.get("task_matrix") else "epoch"
    told = [
        f"{each} {epoch}: {share:.1f} % after {banded(spent / size, low / size, high / size, unit)}"
        for (epoch, spent, low, high, _), share in zip(points, shares, strict=True)
    ]
    tell_marks(line, told)
    axes.set(xlabel=typeset(f"energy of learning so far [{unit}]"), ylabel="accuracy in tests [%]", ylim=(0, 103))
    axes.set_xlim(-0.02 * at[-1], 1.04 * at[-1])
    _, spent, low, high, _ = points[-1]
    over = "the mean over all tasks, seen or not" if each == "task" else "of all test samples"
    return (
        f"A point after each {each}: accuracy, {over}, against all energy but that of the tests. Band of the "
        f"estimate at the end: {banded(spent / size, low / size, high / size, unit)}; it moves all points alike."
    )
