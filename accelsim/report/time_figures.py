"""Figures of time: cycles of every epoch and latency of a sample, by what the control was doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accelsim.report import facts
from accelsim.report.bars import amount, few, legend, stacked, whole_numbers
from accelsim.report.drawing import INK
from accelsim.report.hover import tell
from accelsim.report.load import Run
from accelsim.report.quantity import fitting, percent, printable, typeset

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase


def cycles(run: Run, figure: FigureBase) -> str:
    """Cycles per epoch by state, a panel per split."""
    chosen = facts.splits(run)
    panels = figure.subplots(1, len(chosen), sharey=True, squeeze=False)[0]
    for axes, split in zip(panels, chosen, strict=True):
        rows = [row for row in run.tables["epochs"] if row["split"] == split]
        epochs = list(dict.fromkeys(row["epoch"] for row in rows))
        counts = {
            state: [sum(row[f"cycles_{state}"] for row in rows if row["epoch"] == epoch) for epoch in epochs]
            for state in facts.states(run)
        }
        stack = few({state: [count / 1e6 for count in each] for state, each in counts.items()})

        def told(i: int, state: str, epochs: list[int] = epochs, stack: dict[str, list[float]] = stack) -> str:
            return f"epoch {epochs[i]}, {state}: {stack[state][i] * 1e6:,.0f} cycles"

        stacked(axes.bar, epochs, stack, "bottom", told, width=0.85)
        axes.set(xlabel="epoch [1]", title=printable(facts.SPLITS.get(split, split)))
        whole_numbers(axes)
    panels[0].set_ylabel("cycles [10⁶]")
    legend(figure, panels[0])
    return "Cycles of all samples of an epoch, by what the control was doing."


def latency(run: Run, figure: FigureBase) -> str:
    """Latency of a sample by state, a bar per split, with the 99th percentile."""
    chosen = [split for split in facts.splits(run) if facts.samples(run, split)]
    clock = run.about["clock_hz"]
    seconds = {split: _seconds_by_state(run, split, clock) for split in chosen}
    names = [printable(facts.SPLITS.get(split, split)) for split in chosen]
    tails = [run.metrics.get(f"latency_{facts.SPLITS.get(split, split)}_us_p99") for split in chosen]
    totals = [sum(states.values()) for states in seconds.values()]
    unit, size = fitting([*totals, *(tail * 1e-6 for tail in tails if tail is not None)], "s")
    stack = few({state: [seconds[split][state] / size for split in chosen] for state in facts.states(run)})
    axes = figure.add_subplot()

    def told(i: int, state: str) -> str:
        value = stack[state][i]
        return f"{names[i]}, {state}: {amount(value, unit)}, {percent(value * size / totals[i])}"

    stacked(axes.barh, range(len(chosen)), stack, "left", told, height=0.6)
    for i, tail in enumerate(tails):
        if tail is not None:
            at = [tail * 1e-6 / size] * 2
            (line,) = axes.plot(at, [i - 0.4, i + 0.4], color=INK, label="99th percentile" if not i else "")
            tell(line, f"{names[i]}, 99th percentile: {amount(at[0], unit)}")
    axes.set_yticks(range(len(chosen)), names)
    axes.invert_yaxis()
    axes.set_xlabel(typeset(f"latency of a sample [{unit}]"))
    legend(figure, axes)
    return "Mean latency of a sample by state; the line marks the 99th percentile of the whole sample."


def _seconds_by_state(run: Run, split: str, clock: float) -> dict[str, float]:
    samples = facts.samples(run, split)
    return {name: count / clock / samples for name, count in facts.cycles_by_state(run, split).items()}
