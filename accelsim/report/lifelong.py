"""A stream of tasks in a report: scores, accuracy matrix, what it took to adapt, what each capability cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accelsim.report import html
from accelsim.report.load import Run
from accelsim.report.quantity import MISSING, percent, printable, quantity, significant, unit_of, words_of

SHARES = (
    ("ACC: mean accuracy over all tasks at the end", "acc"),
    ("accuracy right after the training of a task, mean", "accuracy_just_learned"),
    ("BWT: backward transfer", "bwt"),
    ("FWT: forward transfer", "fwt"),
    ("forgetting, first minus last", "forgetting_last"),
    ("forgetting, best minus last", "forgetting_max"),
    ("performance maintenance, from the first test after training", "l2m_perf_maintenance_mrlep"),
    ("performance maintenance, from the end of training", "l2m_perf_maintenance_mrtlp"),
    ("mean performance in training", "l2m_avg_train_perf"),
    ("mean performance in tests", "l2m_avg_eval_perf"),
)
NUMBERS = (
    ("forward transfer, ratio", "l2m_forward_transfer_ratio"),
    ("forward transfer, contrast", "l2m_forward_transfer_contrast"),
    ("backward transfer, ratio", "l2m_backward_transfer_ratio"),
    ("backward transfer, contrast", "l2m_backward_transfer_contrast"),
    ("performance recovery", "l2m_perf_recovery"),
    ("memory overhead of learning over the weights", "memory_overhead"),
    ("energy that learning adds over that of an answer", "learning_cost_ratio"),
    ("samples until a task is adapted to, mean", "samples_to_adapt"),
    ("time until a task is adapted to, mean", "time_to_adapt_us"),
    ("energy until a task is adapted to, mean", "energy_to_adapt_uj"),
    ("time to 80 % right answers, mean", "time_to_accuracy_us"),
    ("energy to 80 % right answers, mean", "energy_to_accuracy_uj"),
    ("latency of an inference, mean", "latency_inference_us"),
    ("latency of an inference, 99th percentile", "latency_inference_us_p99"),
    ("latency of a training sample, mean", "latency_training_us"),
    ("latency of a training sample, 99th percentile", "latency_training_us_p99"),
    ("writes per cell of the memory that wears first, mean", "writes_per_cell_mean"),
    ("the same, largest", "writes_per_cell_max"),
)
EVENTS = (
    ("Recoveries", "recoveries", "going back to a checkpoint, one row each"),
    ("Synapses exchanged", "structure", "pruned and grown, one row an exchange"),
)
"""Tables of capabilities: heading, name, caption."""
MOST_ROWS = 200
"""Rows of these that are shown; all of them are in the CSV file."""


def has_tasks(run: Run) -> bool:
    """Whether a run went through a stream of tasks."""
    return bool(run.tables.get("task_matrix"))


def sections(run: Run) -> list[str]:
    """Return the sections of the page, of a run through tasks and of what capabilities noted."""
    made = []
    if has_tasks(run):
        made.append(html.section("Lifelong learning", _scores(run), _matrix(run)))
        if run.tables.get("adaptation"):
            made.append(html.section("Adapting to each task", _adaptation(run)))
        if run.tables.get("capabilities"):
            made.append(html.section("What each capability cost", _capabilities(run), _switched(run)))
    return made + [
        html.section(heading, _events(run.tables[name], caption))
        for heading, name, caption in EVENTS
        if run.tables.get(name)
    ]


def _scores(run: Run) -> str:
    shown = [(label, name, percent(run.metrics.get(name))) for label, name in SHARES]
    shown += [(label, name, quantity(run.metrics, name)) for label, name in NUMBERS]
    rows = [
        (html.long_text(label), html.number(text, run.metrics.get(name)), html.text(name))
        for label, name, text in shown
    ]
    return html.table("scores of the stream", ("figure", "value", "name in result.json"), rows)


def _matrix(run: Run) -> str:
    rows = run.tables["task_matrix"]
    tasks = tasks_of(rows)
    cells = [
        (
            html.text("before any training" if row["trained"] is None else f"after task {row['trained']}"),
            *(html.number(percent(row[task]), row[task]) for task in tasks),
        )
        for row in rows
    ]
    return html.table("accuracy on every task", ("tested", *(task.replace("_", " ") for task in tasks)), cells)


def tasks_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns of the accuracy matrix that are tasks."""
    return [name for name in rows[0] if name.startswith("task_")]


def _adaptation(run: Run) -> str:
    rows = [
        (
            html.number(str(row["experience"]), row["experience"]),
            html.text(f"task {row['task']}"),
            html.number(percent(row["accuracy_learned"]), row["accuracy_learned"]),
            html.number(MISSING if row["samples_to_adapt"] is None else f"{row['samples_to_adapt']:,}", None),
            *(
                html.number(quantity(row, name), row[name])
                for name in ("time_to_adapt_us", "energy_to_adapt_uj", "time_to_accuracy_us", "energy_to_accuracy_uj")
            ),
        )
        for row in run.tables["adaptation"]
    ]
    columns = (
        *("experience", "task", "accuracy learnt", "samples to 90 % of it", "time", "energy"),
        *("time to 80 % right", "energy to 80 % right"),
    )
    return html.table("by the moving average of the answers in training; all work between tests counts", columns, rows)


def _capabilities(run: Run) -> str:
    table = run.tables["capabilities"]
    whole = sum(row["energy_uj"] for row in table) or 1.0
    rows = [
        (
            html.text(row["activity"]),
            html.text(row["capability"]),
            html.number(f"{row['samples']:,}" if row["samples"] else MISSING, row["samples"]),
            html.number(quantity(row, "time_us"), row["time_us"]),
            html.number(quantity(row, "energy_uj"), row["energy_uj"]),
            html.number(percent(row["energy_uj"] / whole), row["energy_uj"] / whole),
        )
        for row in table
    ]
    columns = ("activity", "for", "samples", "time", "energy (band)", "of all energy")
    return html.table("everything the chip did; learning answers its samples too", columns, rows)


def _switched(run: Run) -> str:
    """Which capabilities the workload names, and the memory of the chip."""
    named = run.about["workload"]["resolved"].get("capabilities") or {}
    on = [name for name, given in named.items() if given.get("on", True)]
    off = [name for name in named if name not in on]
    words = run.about["memory_words"]
    kept = [f"{name} {words[name]:,} words" for name in ("replay", "checkpoint") if words.get(name)]
    bits = run.metrics.get("memory_bits")
    memory = MISSING if bits is None else f"{significant(bits / 8192, 3)} KiB"
    return html.pairs(
        [
            ("on", printable(", ".join(on) or "learning alone")),
            ("off", printable(", ".join(off) or "none that the workload names")),
            ("memory of the chip", memory + (f", of it {', '.join(kept)}" if kept else "")),
        ]
    )


def _events(rows: Sequence[Mapping[str, Any]], caption: str) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = rows[:MOST_ROWS]
    cells = [[_cell(row, name) for name in names] for row in shown]
    more = f"; the first {MOST_ROWS} of {len(rows)}" if len(rows) > MOST_ROWS else ""
    return html.table(caption + more, [words_of(name) for name in names], cells)


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return html.text(MISSING if value is None else value)
    if unit_of(name) is not None:
        return html.number(quantity(row, name), value)
    return html.number(f"{value:,}" if isinstance(value, int) else significant(value, 3), value)
