"""The figures of a run. Each function draws one into an empty figure and returns its caption."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from accelsim.report import budget, facts, power
from accelsim.report import lifelong_figures as lifelong
from accelsim.report.drawing import INK, MUTED, PALETTE, Drawn, render
from accelsim.report.load import Run
from accelsim.report.quantity import fitting, printable, quantity, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

Stack = dict[str, list[float]]
"""Values of a stacked bar chart: a list with a value for every bar, by the name of the layer."""

OTHER = "other"
MOST_BARS = 24
"""Components shown one by one; smaller ones are summed up."""


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
    return [
        render(
            kind.name,
            kind.title,
            _footer(run, kind.source),
            partial(kind.draw, run),
            height_in=kind.height_in(run),
        )
        for kind in FIGURES
        if kind.possible(run)
    ]


def _footer(run: Run, source: str) -> str:
    about = run.about
    return (
        f"{facts.title(run)}; 1 seed ({about['seed']}), engine {about['engine']}, "
        f"{facts.engines_agree(run)}; source: {source}; accelsim {about['accelsim']}"
    )


def accuracy(run: Run, figure: FigureBase) -> str:
    """Accuracy per epoch, a line per split."""
    axes = figure.add_subplot()
    for (split, series), marker, colour in zip(facts.accuracies(run).items(), "osD^v", PALETTE, strict=False):
        epochs = [epoch for epoch, _ in series]
        shares = [100 * share for _, share in series]
        axes.plot(epochs, shares, marker=marker, markersize=4, color=colour, label=printable(split))
    axes.set(xlabel="epoch [1]", ylabel="accuracy [%]", ylim=(0, 103))
    _whole_numbers(axes)
    _legend(figure, axes)
    return "Share of samples that were answered right."


def cycles(run: Run, figure: FigureBase) -> str:
    """Cycles per epoch by state, a panel per split."""
    chosen = facts.splits(run)
    panels = figure.subplots(1, len(chosen), sharey=True, squeeze=False)[0]
    for axes, split in zip(panels, chosen, strict=True):
        rows = [row for row in run.tables["epochs"] if row["split"] == split]
        epochs = list(dict.fromkeys(row["epoch"] for row in rows))
        stack = {
            state: [sum(row[f"cycles_{state}"] for row in rows if row["epoch"] == epoch) / 1e6 for epoch in epochs]
            for state in facts.states(run)
        }
        _stacked(axes.bar, epochs, _few(stack), "bottom", width=0.85)
        axes.set(xlabel="epoch [1]", title=printable(facts.SPLITS.get(split, split)))
        _whole_numbers(axes)
    panels[0].set_ylabel("cycles [10⁶]")
    _legend(figure, panels[0])
    return "Cycles of all samples of an epoch, by what the control was doing."


def latency(run: Run, figure: FigureBase) -> str:
    """Latency of a sample by state, a bar per split, with the 99th percentile."""
    chosen = [split for split in facts.splits(run) if facts.samples(run, split)]
    clock = run.about["clock_hz"]
    seconds = {split: _seconds_by_state(run, split, clock) for split in chosen}
    tails = [run.metrics.get(f"latency_{facts.SPLITS.get(split, split)}_us_p99") for split in chosen]
    totals = [sum(states.values()) for states in seconds.values()]
    unit, size = fitting([*totals, *(tail * 1e-6 for tail in tails if tail is not None)], "s")
    stack = {state: [seconds[split][state] / size for split in chosen] for state in facts.states(run)}
    axes = figure.add_subplot()
    _stacked(axes.barh, range(len(chosen)), _few(stack), "left", height=0.6)
    for i, tail in enumerate(tails):
        if tail is not None:
            axes.plot(
                [tail * 1e-6 / size] * 2,
                [i - 0.4, i + 0.4],
                color=INK,
                label="99th percentile" if not i else "",
            )
    axes.set_yticks(range(len(chosen)), [printable(facts.SPLITS.get(split, split)) for split in chosen])
    axes.invert_yaxis()
    axes.set_xlabel(typeset(f"latency of a sample [{unit}]"))
    _legend(figure, axes)
    return "Mean latency of a sample by state; the line marks the 99th percentile of the whole sample."


def _seconds_by_state(run: Run, split: str, clock: float) -> dict[str, float]:
    samples = facts.samples(run, split)
    return {name: count / clock / samples for name, count in facts.cycles_by_state(run, split).items()}


def energy(run: Run, figure: FigureBase) -> str:
    """Energy by component, stacked by action, with the band of the component."""
    rows = [row for row in run.tables["energy"] if row["energy_pj"] is not None]
    bars = _largest(rows, "energy_pj")
    actions = dict.fromkeys(row["action"] for row in sorted(rows, key=lambda row: -row["energy_pj"]))
    unit, size = fitting([max(bar["energy_pj"] for bar in bars) * 1e-12], "J")
    scale = 1e-12 / size
    place = {name: i for i, bar in enumerate(bars) for name in bar["members"]}
    stack: Stack = {action: [0.0] * len(bars) for action in actions}
    for row in rows:
        stack[row["action"]][place[row["component"]]] += row["energy_pj"] * scale
    axes = figure.add_subplot()
    _stacked(axes.barh, range(len(bars)), _few(stack), "left", height=0.75)
    _bands(axes, bars, "energy_pj", scale)
    _name_bars(axes, bars)
    axes.set_xlabel(typeset(f"energy of the run [{unit}]"))
    _legend(figure, axes)
    return f"Whiskers: band of the estimate. Whole run: {quantity(run.metrics, 'energy_total_pj')}."


def area(run: Run, figure: FigureBase) -> str:
    """Area by component with its band."""
    bars = _largest(run.tables["area"], "area_um2")
    unit, size = fitting([max(bar["area_um2"] for bar in bars) * 1e-12], "m2")
    scale = 1e-12 / size
    axes = figure.add_subplot()
    axes.barh(range(len(bars)), [bar["area_um2"] * scale for bar in bars], height=0.75, color=PALETTE[0])
    _bands(axes, bars, "area_um2", scale)
    _name_bars(axes, bars)
    axes.set_xlabel(typeset(f"area [{unit}]"))
    whole = quantity(run.metrics, "area_mm2")
    return f"Whiskers: band of the estimate. Before placement utilisation; the whole with it: {whole}."


def _largest(rows: Sequence[Mapping[str, Any]], value: str) -> list[dict[str, Any]]:
    """Sum rows by component, largest first; what is beyond the most bars becomes one bar."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["component"]
        bar = sums.setdefault(name, {"label": name, "members": [name], **dict.fromkeys(_with_band(value), 0.0)})
        for column in _with_band(value):
            bar[column] += row[column]
    bars = sorted(sums.values(), key=lambda bar: (-bar[value], bar["label"]))
    if len(bars) <= MOST_BARS:
        return bars
    rest = bars[MOST_BARS - 1 :]
    merged = {column: sum(bar[column] for bar in rest) for column in _with_band(value)}
    members = [bar["label"] for bar in rest]
    return [*bars[: MOST_BARS - 1], {"label": f"{OTHER} ({len(rest)})", "members": members, **merged}]


def _with_band(value: str) -> tuple[str, str, str]:
    return value, f"{value}_low", f"{value}_high"


def _few(stack: Stack) -> Stack:
    """Layers that get a colour of their own, the first ones, and the sum of the others."""
    names = list(stack)
    kept, rest = names[: len(PALETTE)], names[len(PALETTE) :]
    if not rest:
        return stack
    summed = [sum(column) for column in zip(*(stack[name] for name in rest), strict=True)]
    return {name: stack[name] for name in kept} | {f"{OTHER} ({len(rest)})": summed}


def _stacked(bar: Callable[..., Any], at: Sequence[int], stack: Stack, base: str, **size: float) -> None:
    """Draw layers on top of each other with `axes.bar` or `axes.barh`."""
    ends = [0.0] * len(at)
    for (name, values), colour in zip(stack.items(), (*PALETTE, MUTED), strict=False):
        bar(at, values, **{base: ends}, **size, color=colour, label=printable(name))
        ends = [end + value for end, value in zip(ends, values, strict=True)]


def _bands(axes: Axes, bars: Sequence[Mapping[str, Any]], value: str, scale: float) -> None:
    nominal = [bar[value] * scale for bar in bars]
    ends = (
        [(bar[value] - bar[f"{value}_low"]) * scale for bar in bars],
        [(bar[f"{value}_high"] - bar[value]) * scale for bar in bars],
    )
    axes.errorbar(nominal, range(len(bars)), xerr=ends, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)


def _name_bars(axes: Axes, bars: Sequence[Mapping[str, Any]]) -> None:
    axes.set_yticks(range(len(bars)), [printable(bar["label"]) for bar in bars], fontsize=7.5)
    axes.invert_yaxis()
    axes.set_xlim(left=0)


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _legend(figure: FigureBase, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=8)


def _bar_height(table: str) -> Callable[[Run], float]:
    def height_in(run: Run) -> float:
        return 1.1 + 0.19 * min(len({row["component"] for row in run.tables[table]}), MOST_BARS)

    return height_in


FIGURES = (
    FigureKind("accuracy", "Accuracy per epoch", "epochs.csv", lambda run: bool(facts.accuracies(run)), accuracy),
    FigureKind("cycles", "Cycles by state", "epochs.csv", lambda run: bool(facts.states(run)), cycles),
    FigureKind(
        *("latency", "Latency of a sample", "epochs.csv, result.json"),
        *(lambda run: bool(facts.states(run)), latency, lambda run: 1.9),
    ),
    FigureKind(
        *("energy", "Energy by component and action", "energy.csv"),
        *(lambda run: bool(run.tables["energy"]), energy, _bar_height("energy")),
    ),
    FigureKind(
        *("area", "Area by component", "area.csv"),
        *(lambda run: bool(run.tables["area"]), area, _bar_height("area")),
    ),
    FigureKind(
        *("learning_curves", "Learning through the tasks", "learning_curve.csv"),
        *(lifelong.has_curves, lifelong.curves, lambda run: 3.0),
    ),
    FigureKind(
        *("task_matrix", "Accuracy matrix", "task_matrix.csv", lifelong.has_matrix, lifelong.matrix),
        lambda run: 3.0,
    ),
    FigureKind(
        *("capabilities", "Cost of capabilities", "capabilities.csv"),
        *(lifelong.has_costs, lifelong.costs, lifelong.costs_height),
    ),
    FigureKind(
        *("ledger", "Budget ledger", "ledger.csv", budget.has_ledger, budget.ledger, budget.ledger_height),
    ),
    FigureKind("power_cap", "Power cap", "power_cap.csv", budget.has_cap, budget.cap, lambda run: 3.0),
    FigureKind(
        *("writes", "Writes of memory cells", "wear.csv"),
        *(lifelong.has_writes, lifelong.writes, lifelong.writes_height),
    ),
    FigureKind("power", "Power over time", "power_trace.csv", power.possible, power.draw),
)
