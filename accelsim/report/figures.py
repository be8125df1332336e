"""The figures of a run: which there are, when each can be drawn, from which file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from accelsim.report import budget, cost_figures, facts, mission_figure, power, published_figure, roofline
from accelsim.report import lifelong_figures as lifelong
from accelsim.report import time_figures as time
from accelsim.report import wear_figures as wear
from accelsim.report.bars import legend, whole_numbers
from accelsim.report.drawing import STROKES, Drawn, render
from accelsim.report.hover import tell_marks
from accelsim.report.load import Run
from accelsim.report.quantity import printable

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase


@dataclass(frozen=True)
class FigureKind:
    """A figure: its file name, title, data file, when it can be drawn and how."""

    name: str
    title: str
    source: str
    possible: Callable[[Run], bool]
    draw: Callable[[Run, FigureBase], str]
    height_in: Callable[[Run], float] = lambda run: 2.7


def run_figures(run: Run) -> list[Drawn]:
    """Draw every figure for which the run has data."""
    footer = _footer(run)
    return [
        render(
            kind.name,
            kind.title,
            footer,
            partial(kind.draw, run),
            source=kind.source.split(", "),
            height_in=kind.height_in(run),
        )
        for kind in FIGURES
        if kind.possible(run)
    ]


def _footer(run: Run) -> str:
    about = run.about
    return (
        f"{facts.title(run)}; 1 seed ({about['seed']}): no interval, engine {about['engine']}, "
        f"{facts.engines_agree(run)}; accelsim {about['accelsim']}"
    )


def accuracy(run: Run, figure: FigureBase) -> str:
    """Accuracy per epoch, a line per split."""
    axes = figure.add_subplot()
    for (split, series), marker, colour in zip(facts.accuracies(run).items(), "osD^v", STROKES, strict=False):
        epochs = [epoch for epoch, _ in series]
        shares = [100 * share for _, share in series]
        (line,) = axes.plot(epochs, shares, marker=marker, markersize=4, color=colour, label=printable(split))
        tell_marks(line, [f"{split}, epoch {epoch}: {100 * share:.1f} %" for epoch, share in series])
    axes.set(xlabel="epoch [1]", ylabel="accuracy [%]", ylim=(0, 103))
    whole_numbers(axes)
    legend(figure, axes)
    return "Share of samples that were answered right."


FIGURES = (
    FigureKind("accuracy", "Accuracy per epoch", "epochs.csv", lambda run: bool(facts.accuracies(run)), accuracy),
    FigureKind(
        *("learning_curves", "Learning through the tasks", "learning_curve.csv"),
        *(lifelong.has_curves, lifelong.curves, lambda run: 3.0),
    ),
    FigureKind(
        *("task_matrix", "Accuracy matrix", "task_matrix.csv", lifelong.has_matrix, lifelong.matrix),
        lambda run: 3.0,
    ),
    FigureKind(
        *("energy_accuracy", "Accuracy against energy", "epochs.csv", lifelong.has_path, lifelong.energy_accuracy)
    ),
    FigureKind("cycles", "Cycles by state", "epochs.csv", lambda run: bool(facts.states(run)), time.cycles),
    FigureKind(
        *("latency", "Latency of a sample", "epochs.csv, result.json"),
        *(lambda run: bool(facts.states(run)), time.latency, lambda run: 1.5 + 0.35 * len(facts.splits(run))),
    ),
    FigureKind(
        *("energy_splits", "Energy of a sample by component", "energy_splits.csv"),
        *(cost_figures.has_splits, cost_figures.energy_splits, lambda run: 1.6 + 0.35 * len(facts.splits(run))),
    ),
    FigureKind(
        *("energy", "Energy by component and action", "energy.csv"),
        *(lambda run: bool(run.tables["energy"]), cost_figures.energy, cost_figures.height_of("energy")),
    ),
    FigureKind(
        *("area", "Area by component", "area.csv"),
        *(lambda run: bool(run.tables["area"]), cost_figures.area, cost_figures.height_of("area")),
    ),
    FigureKind(
        *("roofline", "Roofline", "roofline.csv, ceilings.csv"),
        *(roofline.possible, roofline.draw, lambda run: 3.4),
    ),
    FigureKind(
        *("published", "Beside published figures", "result.json"),
        *(published_figure.possible, published_figure.draw, published_figure.height_in),
    ),
    FigureKind(
        *("limits", "Limits of the mission", "limits.csv"),
        *(mission_figure.possible, mission_figure.draw, mission_figure.height_in),
    ),
    FigureKind(
        *("capabilities", "Cost of capabilities", "capabilities.csv"),
        *(lifelong.has_costs, lifelong.costs, lifelong.costs_height),
    ),
    FigureKind(
        *("ledger", "Budget ledger", "ledger.csv", budget.has_ledger, budget.ledger, budget.ledger_height),
    ),
    FigureKind("power_cap", "Power cap", "power_cap.csv", budget.has_cap, budget.cap, lambda run: 3.0),
    FigureKind("writes", "Writes of memory cells", "wear.csv", wear.has_writes, wear.writes, wear.writes_height),
    FigureKind(
        *("lifetimes", "Lifetime of memories", "wear.csv", wear.wears_out, wear.lifetimes, wear.lifetimes_height)
    ),
    FigureKind("power", "Power over time", "power_trace.csv", power.possible, power.draw),
)
