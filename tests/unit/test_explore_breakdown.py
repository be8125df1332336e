"""What the metrics of a point are made of adds up to them, wherever the point came from."""

import csv
import pickle

import pytest

from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.explore import sweep
from accelsim.explore.cache import StageCache
from accelsim.explore.execute import run_task
from accelsim.explore.points import grid
from accelsim.explore.schema import SweepDocument
from accelsim.explore.stages import run_stages
from accelsim.explore.store import read_study
from accelsim.explore.tasks import Tasks

SHORT = [
    "epochs=1", "training_samples=2", "test_samples=1", "network.recurrent=32", "task.cues=1",
    "task.cue_duration=20 ms", "task.cue_spacing=30 ms", "task.delay=10 ms", "task.recall_duration=20 ms",
]  # fmt: skip
FEW = ["epochs=1", "training_samples=4", "test_samples=2"]
RUNS = {
    "tick": ("reckon", "cue_accumulation", SHORT),
    "cores of a mesh": ("learning_mesh", "cue_accumulation", SHORT),
    "events": ("tinyodin", "tinyodin_digits", ["test_samples=2"]),
    "settling": ("mac_array", "pc_seq_digits", FEW),
    "steps": ("loihi", "recurrent_1k", ["steps=5"]),
}


def check(metrics, parts):
    """The parts sum to the metrics."""
    sums = {kind: sum(values.values()) for kind, values in parts.items()}
    assert sums["energy_pj"] == pytest.approx(metrics["energy_total_pj"], rel=1e-9)
    assert sums["area_um2"] == pytest.approx(metrics["area_mm2"] * 1e6, rel=1e-9)
    if "busy_cycles" in metrics:
        assert sums["busy_cycles"] == metrics["busy_cycles"]


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.slow if kind in ("events", "settling") else ()) for kind in RUNS]
)
def test_parts_add_up_when_run_and_when_priced_from_the_cache(tmp_path, kind):
    chip, work, settings = RUNS[kind]
    documents = load_document(chip, "architecture"), load_document(work, "workload", overrides=settings)
    first = run_stages(*documents, StageCache(tmp_path))
    again = run_stages(*documents, StageCache(tmp_path))
    assert (first.reused, again.reused) == ("", "timing")
    assert again.breakdown == first.breakdown
    check(first.metrics, first.breakdown)
    assert all(value >= 0 for parts in first.breakdown.values() for value in parts.values())


def test_an_outcome_carries_its_parts_through_processes_and_studies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = "\n".join(f"  workload.{key}: [{value}]" for key, value in (each.split("=") for each in SHORT))
    text = "sweep: s\narchitecture: reckon\nworkload: cue_accumulation\naxes:\n  architecture.voltage: [0.5 V, 0.7 V]\n"
    (tmp_path / "s.yaml").write_text(f"{text}{settings}\n")
    document = load_document("s.yaml", "sweep")
    plan = validate(document, SweepDocument)
    done = sweep(document, tmp_path / "out", workers=1, cache=tmp_path / "cache")
    with (tmp_path / "out/breakdown.csv").open() as file:
        table = list(csv.DictReader(file))
    for metrics, (_, _, outcome) in zip(done.rows, read_study(tmp_path / "out").rows, strict=True):
        check(metrics, outcome.breakdown)
        rows = [row for row in table if row["id"] == str(metrics["id"])]
        assert {(row["kind"], row["part"]): float(row["value"]) for row in rows} == {
            (kind, part): value for kind, parts in outcome.breakdown.items() for part, value in parts.items()
        }
    tasks = Tasks(plan, document, cache=tmp_path / "cache")
    found = run_task(pickle.loads(pickle.dumps(tasks.task(grid(plan, document)[1]))))
    assert (found.reused, pickle.loads(pickle.dumps(found)).breakdown) == ("timing", outcome.breakdown)
