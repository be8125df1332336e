"""A comparison in words and tables: for a terminal and for a document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from accelsim.report import facts, steps
from accelsim.report.compare import VERSIONS, Change, Comparison, Figure, InputChange
from accelsim.report.compare_table import BANDS_COLUMN, Fitting, Part
from accelsim.report.quantity import MISSING, is_share, percent, printable, quantity, significant, words_of

NEEDS = (
    (
        ("energy per inference", "energy_inference_uj"),
        ("energy per training sample", "energy_training_uj"),
        ("energy per step", "energy_step_nj"),
        ("energy for the run", "energy_total_pj"),
    ),
    (
        ("time per inference", "latency_inference_us"),
        ("time per training sample", "latency_training_us"),
        ("time per step", "latency_step_us"),
        ("time for the run", "time_total_us"),
    ),
    (("area", "area_mm2"),),
)
"""What a chip needs, in words; of energy and of time the first that both sides tell, and training beside inference."""
SHARES = (
    *(("accuracy on test samples", "accuracy_test"), ("accuracy over all tasks", "acc")),
    *(("forgetting", "forgetting_last"), ("backward transfer", "bwt")),
)
KEY_FIGURES = {name: words for words, name in (*SHARES, *facts.KEY_FIGURES, *steps.KEY_FIGURES)} | {
    "energy_per_sop_pj": "energy per synaptic operation"  # of the run or of all actions, by the kind of chip
}
NAMED, SHOWN_METRICS, SHOWN_MOVERS, SHOWN_CHARACTERS = 3, 24, 12, 60
ONE_SEED = "one seed each proves nothing about learning: run several (a sweep with `seeds`)"
UNRECORDED = "Results keep no hash of the data files and plug-ins of a run, nor of the simulator's own sources."
BANDS = "A band says how sure a figure is, not how sure the difference is: constants that both share move both at once."


def sentences(comparison: Comparison) -> list[str]:
    """Say what B needs more or less of, what differs in the inputs, what moved most, and what that does not prove."""
    found = [*_needs(comparison), _inputs(comparison)]
    found += _moved(comparison, "energy of the run", comparison.energy_pj, _picojoules)
    found += _moved(comparison, "cycles of the run", comparison.cycles, _count)
    found += [*_learned(comparison), *_cautions(comparison)]
    return [printable(sentence) for sentence in found]


def rendered(comparison: Comparison) -> RenderableType:
    """For a terminal."""
    lines: list[RenderableType] = [Text(line, style="bold") for line in _titles(comparison)]
    lines += [Text(""), *map(Text, sentences(comparison))]
    for part in _parts(comparison):
        lines.append(Fitting(part))
        if len(part.rows) > part.shown:
            lines.append(Text(f"and {len(part.rows) - part.shown} more: see --json or --out", style="dim"))
    return Group(*lines)


def markdown(comparison: Comparison) -> str:
    """For a document."""
    lines = ["# Comparison", "", *(f"- {line}" for line in _titles(comparison)), ""]
    for sentence in sentences(comparison):
        lines += [sentence, ""]
    for part in _parts(comparison):
        rule = ["---", *["---:"] * (len(part.head) - 1)]
        cells = [part.head, rule, *([cell.replace("|", "\\|") for cell in row] for row in part.rows)]
        lines += [f"## {part.heading}", "", *("| " + " | ".join(row) + " |" for row in cells), ""]
    return "\n".join(lines).rstrip() + "\n"


def data(comparison: Comparison) -> dict[str, Any]:
    """For other programs."""
    return {"sentences": sentences(comparison), **comparison.data()}


def _titles(comparison: Comparison) -> list[str]:
    sides = (("A", comparison.a), ("B", comparison.b))
    return [printable(f"{name}: {side.title} ({side.place})") for name, side in sides]


def _needs(comparison: Comparison) -> list[str]:
    """What B needs beside what A needs: energy, time, area."""
    chosen: list[tuple[str, Change]] = []
    for group in NEEDS:
        known = [(words, change) for words, name in group if (change := comparison.metric(name)) is not None]
        chosen += [each for each in known[:2] if each is known[0] or "training" in each[0]]
    changed = {change.name for change in comparison.metrics}
    same = [f"{words} ({_own(comparison.a.metrics, each.name)})" for words, each in chosen if each.name not in changed]
    found = [_need(comparison, words, each) for words, each in chosen if each.name in changed]
    return [*found, *([f"The same in both: {', '.join(same)}."] if same else [])]


def _need(comparison: Comparison, words: str, change: Change) -> str:
    values = (_nominal(side.metrics, change.name) for side in (comparison.b, comparison.a))
    numbers = "{} instead of {}".format(*values)
    relative = change.relative
    if relative is None:
        return f"B's {words}: {numbers}."
    if relative >= 1:
        amount = f"{significant(1 + relative, 3)} times the {words} that A needs"
    else:
        amount = f"{_percent(abs(relative))} {'more' if relative > 0 else 'less'} {words} than A"
    return f"B needs {amount}: {', '.join(filter(None, (numbers, _overlap(change))))}."


def _inputs(comparison: Comparison) -> str:
    changes = comparison.causes
    if not changes:
        text = "No recorded input differs" + (" but in name" if comparison.inputs else "")
        return f"{text}. {UNRECORDED}" if comparison.metrics else f"{text}, and no figure."
    plain = sorted(changes, key=lambda change: any(isinstance(each, Mapping | list) for each in (change.a, change.b)))
    listed = "; ".join(_change_words(comparison, change) for change in plain[:NAMED])
    if len(changes) == 1:
        return f"The only recorded difference of the inputs: {listed}."
    more = f"; and {len(changes) - NAMED} more, below" if len(changes) > NAMED else ""
    return f"The inputs differ in {len(changes)} keys, and which of them did what is not shown: {listed}{more}."


def _change_words(comparison: Comparison, change: InputChange) -> str:
    a, b = _pair(change)
    for side, value in ((comparison.a, change.a), (comparison.b, change.b)):
        if value is None:
            default = comparison.default(side, change)
            unset = "not set" if default is None else f"not set (by default {_text(default)})"
            a, b = (unset, b) if side is comparison.a else (a, unset)
    return f"`{change.key}` is {b} in B, {a} in A"


def _moved(
    comparison: Comparison, what: str, changes: Sequence[Change] | None, show: Callable[[Figure], str]
) -> Iterable[str]:
    if not changes:
        return
    one, many = ("component", "components") if changes is comparison.energy_pj else ("state", "states")
    movers = ", ".join(
        f"`{change.name}` {_signed(change.difference, show)}{_bracketed(change)}" for change in changes[:NAMED]
    )
    others = len(changes) - NAMED
    which = f"the {many} that moved most" if len(changes) > 1 else f"the only {one} that moved"
    yield f"In the {what}, {which}: {movers}{f'; {others} more moved less' if others > 0 else ''}."


def _bracketed(change: Change) -> str:
    if change.relative is None:
        return " (not in A)" if change.a is None else " (not in B)" if change.b is None else ""
    return f" ({_change(change)})"


def _learned(comparison: Comparison) -> Iterable[str]:
    known = [(words, found) for words, name in SHARES if (found := comparison.metric(name)) is not None]
    if not known:
        return
    words, change = known[0]
    assert change.a is not None
    assert change.b is not None
    b, a = (percent(figure.value) for figure in (change.b, change.a))
    if change.difference:
        numbers = f"{b} in B, {a} in A ({_points(change)})"
    else:
        numbers = f"{a} in both"
    yield f"{words[0].upper()}{words[1:]}: {numbers}; {ONE_SEED}."


def _cautions(comparison: Comparison) -> Iterable[str]:
    if comparison.differs("workload"):
        yield "The workloads differ: figures of the whole run compare different work."
    if comparison.differs("seed"):
        yield "The seeds differ: whatever depends on chance differs by chance too."
    if comparison.differs(VERSIONS):
        yield "Different versions of the software made them."
    if any(change.within_band for change in comparison.metrics):
        yield BANDS
    if comparison.energy_pj is None:
        yield "A study keeps the metrics of a point only: run both points for energy by component and cycles by state."


def _parts(comparison: Comparison) -> list[Part]:
    inputs = [(printable(change.key), *map(printable, _pair(change))) for change in comparison.inputs]
    figures = ("A (band)", "B (band)", "change", BANDS_COLUMN)
    found = [Part("Inputs that differ", ("key", "A", "B"), inputs, SHOWN_METRICS)]
    found.append(Part("Figures that differ", ("figure", *figures), _metric_rows(comparison), SHOWN_METRICS))
    for heading, first, changes, show in (
        ("Energy of the run by component", "component", comparison.energy_pj, _picojoules),
        ("Cycles of the run by state", "state", comparison.cycles, _count),
    ):
        rows = [
            (
                printable(change.name),
                *(MISSING if figure is None else show(figure) for figure in (change.a, change.b)),
                _signed(change.difference, show),
                _change(change),
                _overlap(change),
            )
            for change in changes or ()
        ]
        found.append(Part(heading, (first, "A", "B", "difference", "change", BANDS_COLUMN), rows, SHOWN_MOVERS))
    return [_without_empty_bands(part) for part in found if part.rows]


def _without_empty_bands(part: Part) -> Part:
    """A table of exact figures needs no column that speaks of their bands."""
    if part.head[-1] != BANDS_COLUMN or any(row[-1] for row in part.rows):
        return part
    return part._replace(head=part.head[:-1], rows=[row[:-1] for row in part.rows])


def _metric_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Key figures in their order, then the others, the largest relative change first."""
    order = list(KEY_FIGURES)

    def place(change: Change) -> tuple[int, float]:
        if change.name in KEY_FIGURES:
            return order.index(change.name), 0.0
        return len(order), -abs(change.relative) if change.relative is not None else 0.0

    return [
        (
            printable(KEY_FIGURES.get(change.name, words_of(change.name))),
            *(_own(side.metrics, change.name) for side in (comparison.a, comparison.b)),
            _points(change) if _told_in_percent(change.name) and change.a and change.b else _change(change),
            _overlap(change),
        )
        for change in sorted(comparison.metrics, key=place)
    ]


def _own(metrics: Mapping[str, float | int | None], name: str) -> str:
    value = metrics.get(name)
    return percent(value) if _told_in_percent(name) else quantity(metrics, name)


def _told_in_percent(name: str) -> bool:
    """Whether a metric is a share or a difference of shares, whose changes are percentage points."""
    return is_share(name) or name in [share for _, share in SHARES]


def _nominal(metrics: Mapping[str, float | int | None], name: str) -> str:
    return quantity({name: metrics[name]}, name)


def _change(change: Change) -> str:
    relative = change.relative
    if relative is None:
        return MISSING
    if relative >= 1:
        return f"x {significant(1 + relative, 3)}"
    return f"{'+' if relative > 0 else '-'}{_percent(abs(relative))}"


def _percent(share: float) -> str:
    return f"{significant(100 * share, 2)} %" if share >= 1e-4 else "less than 0.01 %"


def _points(change: Change) -> str:
    return f"{100 * change.difference:+.1f} points"


def _overlap(change: Change) -> str:
    return {True: "within the band", False: "beyond the band", None: ""}[change.within_band]


def _signed(difference: float, show: Callable[[Figure], str]) -> str:
    return f"{'+' if difference > 0 else '-'}{show(Figure(abs(difference)))}"


def _picojoules(energy: Figure) -> str:
    return quantity(
        {"energy_pj": energy.value, "energy_pj_low": energy.low, "energy_pj_high": energy.high}, "energy_pj"
    )


def _count(count: Figure) -> str:
    return f"{int(count.value):,}"


def _pair(change: InputChange) -> tuple[str, str]:
    """Both values as text, long ones from shortly before where they part."""
    a, b = _text(change.a), _text(change.b)
    if max(len(a), len(b)) <= SHOWN_CHARACTERS:
        return a, b
    parted = next((i for i, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))
    start = max(parted - SHOWN_CHARACTERS // 2, 0)
    return _cut(a, start), _cut(b, start)


def _cut(text: str, start: int) -> str:
    end = start + SHOWN_CHARACTERS
    return f"{'... ' if start else ''}{text[start:end]}{' ...' if end < len(text) else ''}"


def _text(value: Any) -> str:
    if value is None:
        return MISSING
    return value if isinstance(value, str) else json.dumps(value, default=str)
