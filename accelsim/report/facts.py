"""What a report says about a run, computed once for the terminal, the page and the figures alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accelsim.report.load import Run
from accelsim.report.quantity import banded, fitting, percent, printable, quantity, significant

SPLITS = {"train": "training", "test": "inference"}
"""Splits of a workload and what the chip does in them."""

KEY_FIGURES = (
    ("accuracy on test samples, last epochs", "accuracy_test"),
    ("latency of an inference, mean", "latency_inference_us"),
    ("latency of an inference, 99th percentile", "latency_inference_us_p99"),
    ("latency of a training sample, mean", "latency_training_us"),
    ("latency of a training sample, 99th percentile", "latency_training_us_p99"),
    ("latency of a time step, inference", "latency_step_inference_us"),
    ("latency of a time step, training", "latency_step_training_us"),
    ("energy of an inference", "energy_inference_uj"),
    ("energy of a training sample", "energy_training_uj"),
    ("energy of one more synaptic operation", "energy_per_sop_incremental_pj"),
    ("energy of the run per synaptic operation", "energy_per_sop_pj"),
    ("energy of the run", "energy_total_pj"),
    ("power, accelerated", "power_average_uw"),
    ("power, real time", "power_real_time_uw"),
    ("power, real time, highest window", "power_peak_uw"),
    ("power, leakage", "power_leakage_uw"),
    ("area", "area_mm2"),
)
EVENT_FIGURES = (
    ("accuracy of the float network it was made from", "accuracy_float"),
    ("energy of a learning event", "energy_per_learning_event_pj"),
    ("wait of an input event until it is served, mean", "latency_event_us"),
    ("lateness of a time step, mean", "lateness_us_mean"),
    ("lateness of a time step, 99th percentile", "lateness_us_p99"),
    ("work left when the outside world is through", "backlog_us"),
)
"""Figures of cores in real time alone: event-driven ones, and those whose workload has an `overload`."""
TRAFFIC = (
    ("input events", "events"),
    ("input events served", "events_served"),
    ("withdrawn by the sender: link stalled", "events_withdrawn"),
    ("entries pushed into the queue", "pushes"),
    ("entries dropped: queue full", "pushes_dropped"),
    ("spikes", "spikes"),
    ("output packets", "packets"),
    ("cycles that input events waited", "input_wait_cycles"),
    ("cycles with the output link busy", "link_busy_cycles"),
    ("cycles that the output link held the core", "output_hold_cycles"),
)
"""Traffic of event-driven cores, by the column of the table of epochs."""
PERCENTAGES = ("accuracy_test", "accuracy_float")
"""Figures that a reader looks for first, by the name of the metric."""


def key_figures(run: Run) -> list[tuple[str, str, str]]:
    """Return label, metric and text of every key figure; one that is undefined for this run shows `-`."""
    return [
        (
            label,
            name,
            percent(run.metrics.get(name)) if name in PERCENTAGES else quantity(run.metrics, name),
        )
        for label, name in (*KEY_FIGURES, *(figure for figure in EVENT_FIGURES if figure[1] in run.metrics))
    ]


def traffic(run: Run) -> list[tuple[str, dict[str, int]]]:
    """Return label and count by split of an event-driven core's traffic; nothing for other cores."""
    rows = run.tables["epochs"]
    return [
        (label, {split: sum(row[name] for row in rows if row["split"] == split) for split in splits(run)})
        for label, name in TRAFFIC
        if all(name in row for row in rows)
    ]


def spread(run: Run) -> list[tuple[str, str]]:
    """Return how a network was spread over cores, label and text; nothing where one core holds it."""
    metrics = run.metrics
    if not run.tables.get("cores") or metrics["cores_used"] == 1:
        return []
    core = next(row for row in run.tables["cores"] if row["core"] == metrics["core_busiest"])
    per_step = (significant(metrics[f"{what}_per_step"] or 0, 3) for what in ("messages", "hops"))
    used, readout = f"{metrics['cores_used']} of {metrics['cores']}", metrics["core_readout"]
    load = f"{core['neurons']} neurons, at work {percent(core['busy_share'])} of the time"
    return [
        ("cores with neurons", f"{used}; core {readout} reads out"),
        ("busiest core", f"{core['core']}: {load}"),
        ("time for the network: sending, waiting", percent(metrics["network_time_share"])),
        ("messages and hops of a time step", ", ".join(per_step)),
        *(
            (f"{label} between cores", f"{metrics[f'messages_{kind}']:,} messages, {metrics[f'hops_{kind}']:,} hops")
            for kind, label in (("spike", "spikes"), ("sum", "sums of outputs"), ("error", "errors of outputs"))
        ),
    ]


def identity(run: Run) -> list[tuple[str, str]]:
    """Return what was run: label and text."""
    about, metrics = run.about, run.metrics
    clock, hertz = fitting([about["clock_hz"]], "Hz")
    point = f"{about['technology']}, {about['voltage_v']:g} V, {about['clock_hz'] / hertz:g} {clock}"
    learning = f"{metrics['samples']:,} samples, {metrics['ticks']:,} time steps, {metrics['cycles']:,} cycles"
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    return [
        ("architecture", f"{_input(about['architecture'])}; {printable(point)}"),
        ("workload", f"{_input(about['workload'])}; {learning}"),
        ("run", f"seed {about['seed']}, engine {about['engine']}, {engines_agree(run)}"),
        ("made with", f"accelsim {about['accelsim']}, Python {about['python']}, {packages}"),
    ]


def _input(document: Mapping[str, Any]) -> str:
    file = f", file {document['file']}" if document["file"] else ""
    instead = f", for workloads that learn on {document['stands_for']}" if document.get("stands_for") else ""
    return printable(f"{document['name']}{instead}{file}, sha256 {document['sha256'][:12]}")


def title(run: Run) -> str:
    """Return `architecture on workload`."""
    return printable(f"{run.about['architecture']['name']} on {run.about['workload']['name']}")


def engines_agree(run: Run) -> str:
    """Return whether the two engines gave the same events, and in which time steps, numbered from 0, both ran."""
    if run.about["engines_agree"] is None:
        return "engines not compared"
    if run.about["engines_agree"]:
        ticks = [row["tick"] for row in run.tables["steps"]]
        if len(ticks) == 1:
            return f"engines agree event for event in time step {ticks[0]:,}"
        where = f"time steps {min(ticks):,} to {max(ticks):,}" if ticks else "the window"
        return f"engines agree event for event in {where}"
    return printable(f"engines DISAGREE: {run.about.get('engines_difference')}")


def speed(run: Run) -> str:
    """Return how fast the simulation was."""
    rate = run.about["simulated_cycles_per_cpu_s"]
    if rate is None:
        return "speed not measured"
    return f"{significant(rate / 1e6, 3)} million simulated cycles per CPU second"


def accuracies(run: Run) -> dict[str, list[tuple[int, float]]]:
    """Return (epoch, accuracy) by split, of the epochs in which the chip was asked for answers.

    In a stream of tasks an epoch is an experience, and its accuracy the mean over the tasks.
    """
    found: dict[str, dict[int, list[float]]] = {}
    for row in run.tables["epochs"]:
        if row["accuracy"] is not None:
            found.setdefault(row["split"], {}).setdefault(row["epoch"], []).append(row["accuracy"])
    return {
        split: [(epoch, sum(shares) / len(shares)) for epoch, shares in epochs.items()]
        for split, epochs in found.items()
    }


def squared_errors(run: Run) -> dict[str, list[float]]:
    """Return the mean squared error of the outputs per epoch by split, of regressions."""
    found: dict[str, list[float]] = {}
    for row in run.tables["epochs"]:
        error = row.get("mean_squared_error")  # not told by older runs
        if error is not None:
            found.setdefault(row["split"], []).append(error)
    return found


def states(run: Run) -> list[str]:
    """Return the states in which cycles were spent, most cycles first."""
    cycles: dict[str, int] = {}
    for row in run.tables["counters"]:
        if row["kind"] == "cycles" and row["count"]:
            cycles[row["target"]] = cycles.get(row["target"], 0) + row["count"]
    return sorted(cycles, key=lambda name: (-cycles[name], name))


def cycles_by_state(run: Run, split: str) -> dict[str, int]:
    """Return the cycles of all epochs of a split by state, in the order of :func:`states`."""
    rows = [row for row in run.tables["epochs"] if row["split"] == split]
    return {state: sum(row[f"cycles_{state}"] for row in rows) for state in states(run)}


def splits(run: Run) -> list[str]:
    """Return the splits of the run in order of appearance."""
    return list(dict.fromkeys(row["split"] for row in run.tables["epochs"]))


def samples(run: Run, split: str) -> int:
    """Return the number of samples of all epochs of a split."""
    return sum(row["samples"] for row in run.tables["epochs"] if row["split"] == split)


def predicted(row: Mapping[str, Any]) -> str:
    """Return the predicted band of a row of the published figures."""
    return banded(row["predicted"], row["predicted_low"], row["predicted_high"], row["unit"])


def published(row: Mapping[str, Any]) -> str:
    """Return the published figure or range of a row."""
    low, high = (f"{row[f'published_{end}']:g}" for end in ("low", "high"))
    return f"{low} {row['unit']}" if low == high else f"{low} - {high} {row['unit']}"


def verdict(row: Mapping[str, Any]) -> str:
    """Return whether the published figure lies in the predicted band."""
    return "inside" if row["inside"] else "outside"


def reason(row: Mapping[str, Any]) -> str:
    """Return in words how prediction and publication stand to each other, and under which condition."""
    ranged = row["published_low"] != row["published_high"]
    if row["inside"]:
        within = row["predicted_low"] <= row["published_low"] and row["published_high"] <= row["predicted_high"]
        what = "published range" if ranged else "published figure"
        text = f"the {what} lies in the predicted band" if within else f"the {what} overlaps the predicted band"
    elif row["predicted_low"] > row["published_high"]:
        factor = significant(row["predicted_low"] / row["published_high"], 3)
        text = f"even the low end of the predicted band is {factor} times what was published"
    else:
        factor = significant(row["published_low"] / row["predicted_high"], 3)
        text = f"what was published is {factor} times the high end of the predicted band"
    checked = "" if row["verified"] == "verified" else f"; source not checked ({row['verified']})"
    return printable(f"{text}; published for: {row['condition']}{checked}")


def memories(run: Run) -> list[tuple[str, int, int]]:
    """Return name, words and words used of every memory."""
    used = run.about["memory_words_used"]
    return [(name, words, used.get(name, 0)) for name, words in run.about["memory_words"].items()]
