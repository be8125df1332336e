"""Designs that samples and searches try."""

import pytest

from accelsim.config.document import Document
from accelsim.config.model import validate
from accelsim.explore import sweep
from accelsim.explore.points import Space
from accelsim.explore.schema import SweepDocument
from accelsim.explore.search import Score, batches

AXES = {
    "workload.epochs": {"range": [1, 20]},
    "workload.training_samples": {"range": [1, 20]},
    "workload.test_samples": {"range": [1, 20]},
}


def plan(method, points=40, population=10, seed=0, axes=None, constraints=()):
    data = {
        "sweep": "s", "architecture": "reckon", "workload": "cue_accumulation", "axes": axes or AXES,
        "method": method, "search": {"points": points, "population": population, "seed": seed},
        "objectives": [{"metric": "f", "direction": "min"}, {"metric": "g", "direction": "max"}],
        "constraints": list(constraints),
    }  # fmt: skip
    document = Document.of(data, "sweep")
    sweep = validate(document, SweepDocument)
    return sweep, Space(sweep, document)


def tried(method, **options):
    """Designs in the order in which they are tried, on f = sum of squares and g = - (distance from the far end)."""
    sweep, space = plan(method, **options)
    search = batches(sweep, space)
    found, batch = [], next(search)
    while True:
        found += batch
        scores = {
            design: Score((sum(i * i for i in design), -sum((19 - i) ** 2 for i in design)), ()) for design in batch
        }
        try:
            batch = search.send(scores)
        except StopIteration:
            return found


@pytest.mark.parametrize("method", ["random", "latin-hypercube", "nsga2", "tpe"])
def test_designs_differ_and_follow_from_the_seed(method):
    designs = tried(method)
    assert len(designs) == len(set(designs)) == 40
    assert all(0 <= i < 20 for design in designs for i in design)
    assert designs == tried(method)
    assert designs != tried(method, seed=1)


def test_latin_hypercube_takes_every_value_equally_often():
    designs = tried("latin-hypercube", points=20)
    for axis in range(3):
        assert sorted(design[axis] for design in designs) == list(range(20))


@pytest.mark.parametrize("method", ["random", "latin-hypercube", "nsga2", "tpe"])
def test_a_small_space_is_exhausted(method):
    designs = tried(method, axes={"workload.epochs": [1, 2, 3]})
    assert sorted(designs) == [(0,), (1,), (2,)]


def test_a_search_looks_where_it_is_good():
    def near(method):
        return sum(max(design) - min(design) <= 4 for design in tried(method, points=200, population=20))

    assert near("nsga2") > 1.25 * near("random")  # the front is the diagonal


def test_axes_that_do_not_apply_make_no_designs():
    axes = {
        "mode": [{"name": "few"}, {"name": "many", "workload.epochs": 9}],
        "workload.training_samples": {"range": [1, 5], "when": {"mode": "many"}},
    }
    _, space = plan("grid", axes=axes)
    points = space.points(space.designs())
    assert [tuple(point.axes.values()) for point in points] == [
        ("few", None), ("many", 1), ("many", 2), ("many", 3), ("many", 4), ("many", 5)
    ]  # fmt: skip
    assert list(points[0].settings) == []
    assert sorted(tried("random", axes=axes)) == sorted(space.designs())


def test_failed_designs_do_not_end_a_search():
    sweep, space = plan("nsga2", points=30)
    search = batches(sweep, space)
    batch, count = next(search), 0
    try:
        while True:
            count += len(batch)
            batch = search.send(
                {design: None if design[0] % 2 else Score((design[0], design[1]), ()) for design in batch}
            )
    except StopIteration:
        assert count == 30


def test_constraints_steer_a_search():
    sweep, space = plan("nsga2", points=150, population=20, constraints=["f < 100"])
    search = batches(sweep, space)
    batch, found = next(search), []
    try:
        while True:
            found += batch
            batch = search.send(
                {
                    design: Score((float(sum(design)), float(sum(design))), (max(8.0 - design[0], 0.0),))
                    for design in batch
                }
            )
    except StopIteration:
        pass
    assert sum(design[0] >= 8 for design in found[-50:]) > 40


def test_values():
    sweep, _ = plan(
        "grid",
        axes={
            "workload.epochs": {"log": [1, 1000, 4]},
            "architecture.clock": {"log": [1, 100, 3], "unit": "MHz"},
            "workload.task.tick": {"range": [1, 3], "unit": "ms"},
            "both": {"linked": {"workload.training_samples": [1, 2], "workload.test_samples": [3, 4]}},
        },
    )
    assert sweep.values("workload.epochs") == (1, 10, 100, 1000)
    assert sweep.values("architecture.clock") == ("1 MHz", "10 MHz", "100 MHz")
    assert sweep.values("workload.task.tick") == ("1 ms", "2 ms", "3 ms")
    assert sweep.labels_of("both") == ("1, 3", "2, 4")


SPACE = """\
sweep: s
architecture: reckon
workload: short.yaml
axes:
  architecture.technology: [22nm, 28nm-fdsoi, 40nm, 65nm]
  architecture.voltage: [0.65 V, 0.7 V, 0.75 V, 0.8 V, 0.85 V, 0.9 V]
  architecture.core.memories.winp.banks: [1, 2, 4, 8, 16]
  architecture.core.units.plasticity.lanes: [2, 4, 8, 16]
objectives:
  - {metric: energy_training_uj, direction: min}
  - {metric: latency_training_us * area_mm2, name: time_area, direction: min}
"""
SHORT = """\
workload: short
extends: cue_accumulation
task: {kind: cue-accumulation, cues: 1, cue_duration: 20 ms, cue_spacing: 30 ms, delay: 10 ms, recall_duration: 20 ms}
network: {input: 40, recurrent: 32, output: 2}
epochs: 1
training_samples: 2
test_samples: 1
"""


def hypervolume(rows, worst):
    """Area that two objectives to be made small dominate, up to the worst values."""
    points = sorted((row["energy_training_uj"], row["time_area"]) for row in rows)
    found, height = 0.0, worst[1]
    for x, y in points:
        if y < height:
            found, height = found + (worst[0] - x) * (height - y), y
    return found


@pytest.mark.slow
def test_nsga2_reaches_the_front_of_the_grid_with_a_fifth_of_its_points(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.yaml").write_text(SHORT)
    (tmp_path / "grid.yaml").write_text(SPACE)
    full = sweep("grid.yaml", "grid", workers=1, cache="cache").rows
    assert len(full) == 480
    worst = tuple(max(row[name] for row in full) for name in ("energy_training_uj", "time_area"))
    shares = []
    for seed in range(3):
        search = f"method: nsga2\nsearch: {{points: 96, population: 16, seed: {seed}}}\n"
        (tmp_path / "search.yaml").write_text(SPACE + search)
        rows = sweep("search.yaml", f"search{seed}", workers=1, cache="cache").rows
        assert len(rows) == 96
        shares.append(hypervolume(rows, worst) / hypervolume(full, worst))
    assert min(shares) >= 0.95
