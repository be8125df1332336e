"""Speed of sweeps: 1,000 points of the ReckOn cue task, against the same points run one by one without a cache.

Technology, voltage and banks are cost axes, as is the kind of a memory that keeps up with the clock. The width of the
words of synapses is a timing field by which the function counts words: each width is learnt once.

    python benchmarks/sweep_speed.py
"""

import random
import tempfile
import time
from pathlib import Path

from accelsim.explore import sweep
from accelsim.explore.load import study_rows
from accelsim.explore.points import Space
from accelsim.explore.tasks import Tasks
from accelsim.simulation import simulate

KINDS = "{name: edram, architecture.core.memories.winp.kind: edram, architecture.core.memories.wrec.kind: edram}"
WIDTHS = "[16, 32, 64, 128, 256]"
LARGE = f"""\
sweep: large
architecture: reckon
workload: cue_accumulation
axes:
  architecture.technology: [28nm-fdsoi, 22nm, 40nm, 65nm]
  architecture.voltage: [0.7 V, 0.75 V, 0.8 V, 0.85 V, 0.9 V]
  kind: [{{name: sram}}, {KINDS}]
  width: {{linked: {{architecture.core.memories.winp.bits: {WIDTHS}, architecture.core.memories.wrec.bits: {WIDTHS}}}}}
  architecture.core.memories.winp.banks: [1, 2, 4, 8, 16]
"""
APART = """\
sweep: apart
architecture: reckon
workload: cue_accumulation
seeds: 12
"""
SAMPLE = 4


def timed(path: Path, out: Path, workers: int, cache: Path) -> float:
    """Seconds of a sweep."""
    started = time.perf_counter()
    rows = sweep(path, out, workers=workers, cache=cache).rows
    assert all(row["status"] == "ok" for row in rows), next(row for row in rows if row["status"] != "ok")
    return time.perf_counter() - started


def one_by_one(path: Path, results: Path) -> float:
    """Seconds of a point without a cache, mean of a sample; its results must be those of the sweep."""
    from accelsim.config.loader import load_document
    from accelsim.config.model import validate
    from accelsim.explore.schema import SweepDocument

    document = load_document(path, "sweep")
    plan = validate(document, SweepDocument)
    space, tasks = Space(plan, document), Tasks(plan, document)
    points = random.Random(0).sample(space.points(space.designs()), SAMPLE)
    known, _ = study_rows(results)
    task = tasks.task(points[0])
    simulate(task.architecture, task.workload)  # compiled from here on
    started = time.perf_counter()
    for point in points:
        task = tasks.task(point)
        metrics = simulate(task.architecture, task.workload, seed=task.seed).metrics
        assert all(known[point.id][name] == value for name, value in metrics.items())
    return (time.perf_counter() - started) / SAMPLE


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "large.yaml").write_text(LARGE)
        (folder / "apart.yaml").write_text(APART)
        cold = timed(folder / "large.yaml", folder / "cold", 2, folder / "cache")
        hot = timed(folder / "large.yaml", folder / "hot", 2, folder / "cache")
        each = one_by_one(folder / "large.yaml", folder / "hot")
        print(f"1,000 points on 2 workers: {cold:.1f} s with an empty cache, {hot:.1f} s hot")
        ratios = f"{1000 * each / cold:.0f} with an empty cache, {1000 * each / hot:.0f} hot"
        print(f"one point without a cache: {each:.2f} s; ratio {ratios}")
        one = timed(folder / "apart.yaml", folder / "one", 1, folder / "a")
        two = timed(folder / "apart.yaml", folder / "two", 2, folder / "b")
        print(
            f"12 points that share nothing: {one:.1f} s on 1 worker, {two:.1f} s on 2; efficiency {one / two / 2:.0%}"
        )


if __name__ == "__main__":
    main()
