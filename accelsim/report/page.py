"""The page of a run: what was run, the key figures, every table, and where each number comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from accelsim.report import budget, facts, html, lifelong, mission, power
from accelsim.report.drawing import Drawn
from accelsim.report.load import Run
from accelsim.report.quantity import MISSING, percent, quantities, quantity


def run_page(run: Run, figures: Iterable[Drawn]) -> str:
    """Return the page of a run as one HTML document that needs no other file."""
    sections = [
        html.section("Key figures", *_warnings(run), _key_figures(run)),
        *([mission.section(run)] if mission.has_mission(run) else []),
        *lifelong.sections(run),
        *budget.sections(run),
        html.section("Figures", html.figures(figures)),
        *([html.section("Beside published figures", _published(run))] if run.tables["published"] else []),
        html.section("Epochs", _epochs(run)),
        html.section("Cycles by state", _cycles(run)),
        *([html.section("Traffic", _traffic(run))] if facts.traffic(run) else []),
        *([html.section("Cores", _spread(run))] if facts.spread(run) else []),
        html.section("Energy", _energy(run)),
        html.section("Area", _area(run)),
        html.section("Datapaths", _datapaths(run)),
        html.section("Memories", _memories(run)),
        *power.sections(run),
        *([html.section("Time steps of the window", _steps(run))] if run.tables["steps"] else []),
        html.section("Inputs", *inputs(run)),
    ]
    return html.page(
        facts.title(run),
        html.pairs(facts.identity(run)),
        sections,
        f"{facts.engines_agree(run)}; {facts.speed(run)}",
    )


def _warnings(run: Run) -> list[str]:
    return [html.paragraph(f"Warning: {warning}", "warning") for warning in run.about["warnings"]]


def _key_figures(run: Run) -> str:
    rows = [
        (html.long_text(label), html.number(shown, run.metrics.get(name)), html.text(name))
        for label, name, shown in facts.key_figures(run)
    ]
    return html.table("nominal value and band of the estimate", ("figure", "value (band)", "name in result.json"), rows)


def _published(run: Run) -> str:
    rows = [
        (
            html.text(row["chip"]),
            html.text(row["metric"]),
            html.number(facts.predicted(row), row["predicted"]),
            html.number(facts.published(row), None),
            html.number(f"{row['ratio']:.2f}", row["ratio"]),
            html.text(facts.verdict(row)),
            html.long_text(facts.reason(row)),
            html.long_text(f"{row['source']} [{row['verified']}]"),
        )
        for row in run.tables["published"]
    ]
    columns = ("chip", "figure", "predicted (band)", "published", "ratio [1]", "band", "in words", "source")
    return html.table("predicted over published; a range by its geometric middle", columns, rows)


def _epochs(run: Run) -> str:
    rows = [
        (
            html.number(str(row["epoch"]), row["epoch"]),
            html.text(row["split"]),
            html.number(f"{row['samples']:,}", row["samples"]),
            html.number(percent(row["accuracy"]), row["accuracy"]),
            html.number(f"{row['cycles']:,}", row["cycles"]),
            html.number(*_count(row["sample_cycles_mean"])),
            html.number(*_count(row["sample_cycles_max"])),
            html.number(quantity(row, "energy_uj"), row.get("energy_uj")),
        )
        for row in run.tables["epochs"]
    ]
    columns = (
        *("epoch", "split", "samples", "accuracy", "cycles"),
        *("cycles of a sample, mean", "cycles of a sample, most", "energy (band)"),
    )
    return html.table("every epoch and split", columns, rows)


def _count(value: float | None) -> tuple[str, float | None]:
    return (MISSING if value is None else f"{value:,.0f}"), value


def _cycles(run: Run) -> str:
    splits = facts.splits(run)
    counted = {split: facts.cycles_by_state(run, split) for split in splits}
    rows = [
        (
            html.text(state),
            *(html.number(f"{counted[split][state]:,}", counted[split][state]) for split in splits),
        )
        for state in facts.states(run)
    ]
    columns = ("state", *(f"cycles in {facts.SPLITS.get(split, split)}" for split in splits))
    return html.table("cycles of all epochs", columns, rows)


def _traffic(run: Run) -> str:
    chosen = facts.splits(run)
    rows = [
        (html.text(label), *(html.number(f"{counts[split]:,}", counts[split]) for split in chosen))
        for label, counts in facts.traffic(run)
    ]
    columns = ("", *(facts.SPLITS.get(split, split) for split in chosen))
    return html.table("events of all epochs", columns, rows)


def _spread(run: Run) -> str:
    shown = [(html.text(label), html.text(text)) for label, text in facts.spread(run)]
    rows = [
        (
            html.number(str(row["core"]), row["core"]),
            html.number(str(row["neurons"]), row["neurons"]),
            html.number(percent(row["busy_share"]), row["busy_share"]),
            *(
                html.number(f"{row[name]:,}", row[name])
                for name in ("spikes", "messages_sent", "messages_received", "blocked_cycles")
            ),
        )
        for row in run.tables["cores"]
    ]
    columns = (
        *("core", "neurons", "at work", "spikes"),
        *("messages sent", "messages received", "cycles held by the network"),
    )
    whole = html.table("a network spread over cores", ("", ""), shown)
    return whole + html.table("cores that hold neurons", columns, rows)


def _energy(run: Run) -> str:
    rows = [
        (
            html.text(row["component"]),
            html.text(row["action"]),
            html.number(*_count(row["count"])),
            html.number(quantity(row, "energy_pj"), row["energy_pj"]),
            f'<td class="long">{html.disclosed("how", row["provenance"])}</td>',
        )
        for row in sorted(run.tables["energy"], key=lambda row: -(row["energy_pj"] or 0))
    ]
    columns = ("component", "action", "count", "energy (band)", "provenance")
    return html.table("energy of the run by component and action, largest first", columns, rows)


def _area(run: Run) -> str:
    parts = sorted(run.tables["area"], key=lambda row: -(row["area_um2"] or 0))
    rows = [
        (html.text(row["component"]), html.number(shown, row["area_um2"]))
        for row, shown in zip(parts, quantities(parts, "area_um2"), strict=True)
    ]
    return html.table("before placement utilisation, largest first", ("component", "area (band)"), rows)


def _datapaths(run: Run) -> str:
    counts = ("instances", "operations", "pipeline_stages", "initiation_interval_cycles", "register_bits")
    estimates = ("critical_path_ns", "energy_per_update_pj", "area_um2")
    table = run.tables["datapaths"]
    shown = zip(*(quantities(table, name) for name in estimates), strict=True)
    rows = [
        (
            html.long_text(row["component"]),
            *(html.number(f"{row[name]:,}", row[name]) for name in counts),
            *(html.number(text, row[name]) for name, text in zip(estimates, texts, strict=True)),
            html.text("measured" if row["measured"] else "derived"),
        )
        for row, texts in zip(table, shown, strict=True)
    ]
    columns = (
        *("component", "instances", "operations", "pipeline depth [cycles]", "initiation interval [cycles]"),
        *("pipeline registers of each [b]", "critical path (band)", "energy per update (band)", "area of all (band)"),
        "energy and area",
    )
    return html.table("on the cycles of the clock; pipeline registers are clocked with each update", columns, rows)


def _memories(run: Run) -> str:
    rows = [
        (
            html.text(name),
            html.number(f"{words:,}", words),
            html.number(f"{used:,}", used),
            html.number(percent(used / words if words else None), None),
        )
        for name, words, used in facts.memories(run)
    ]
    return html.table("what the network occupies", ("memory", "words", "words used", "share"), rows)


def _steps(run: Run) -> str:
    names = [name for name in run.tables["steps"][0] if name.startswith("cycles_")]
    shown = [name for name in names if any(row[name] for row in run.tables["steps"])]
    rows = [
        [
            html.number(f"{row['tick']:,}", row["tick"]),
            *(html.number(f"{row[name]:,}", row[name]) for name in shown),
        ]
        for row in run.tables["steps"]
    ]
    columns = ("time step", *map(_state_and_phase, shown))
    return html.table(
        "the time steps that both engines placed in time; cycles by state and phase; events in timeline.json",
        *(columns, rows),
    )


def _state_and_phase(column: str) -> str:
    """Return `learn` for `cycles_learn_learn`: a name that state and phase share is said once."""
    name = column.removeprefix("cycles_")
    half = len(name) // 2
    return (name[:half] if name == f"{name[:half]}_{name[:half]}" else name).replace("_", " ")


def inputs(run: Run) -> list[str]:
    """Return both inputs of a run as they were resolved, shown on demand."""
    return [_resolved(kind, run.about[kind]) for kind in ("architecture", "workload")]


def _resolved(kind: str, document: Mapping[str, Any]) -> str:
    lines = json.dumps(document["resolved"], indent=1, default=str).splitlines()
    body = "\n".join(map(html.escape, lines))
    summary = html.escape(f"{kind} as run, sha256 {document['sha256']}")
    return f"<details><summary>{summary}</summary><pre>{body}</pre></details>"
