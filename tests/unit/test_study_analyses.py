"""Fronts, knees, effects and sensitivities of sweeps, against cases worked out by hand or another way."""

import itertools
import time

import numpy as np
import pytest

from accelsim.report.study.configurations import configurations, labelled, summaries, summary_of
from accelsim.report.study.data import Objective, Point, SweepData
from accelsim.report.study.effects import base_design, interactions, main_effects, sensitivity
from accelsim.report.study.front import front, value
from accelsim.report.study.knee import knee
from accelsim.report.study.limits import Bound, bounds

MIN = (Objective("x", "min"), Objective("y", "min"))


def study(rows, *, axes=("a", "b"), seeds=1, objectives=MIN, **more):
    """A study of rows (axis values..., seed, metrics), numbered from 0; `None` for metrics is a failed point."""
    points = []
    for i, (*levels, seed, metrics) in enumerate(rows):
        status = "failed" if metrics is None else metrics.pop("status", "ok")
        names = {"id": str(i), **dict(zip(axes, levels, strict=True)), "seed": str(seed)}
        points.append(Point(names, status, "why" if status != "ok" else "", metrics or {}))
    return SweepData("s", "", "compiled", seeds, tuple(objectives), tuple(points), **more)


def plane(*places):
    return study([(str(i), "one", 0, {"x": x, "y": y}) for i, (x, y) in enumerate(places)])


def ids(designs):
    return [each.ids[0] for each in designs]


def test_configurations_summarise_every_metric_and_say_what_failed():
    data = study(
        [
            ("1", "p", 0, {"x": 1.0, "y": 5.0}),
            ("1", "p", 1, {"x": 3.0, "y": 5.0, "status": "infeasible"}),
            ("2", "p", 0, {"x": 2.0, "y": None}),
            ("2", "p", 1, None),
            ("3", "p", 0, None),
        ],
        seeds=2,
    )
    first, second, third = configurations(data)
    assert (first.axes, first.ids, first.seeds, first.status, first.message) == (
        *({"a": "1", "b": "p"}, (0, 1), 2, "infeasible", "why"),
    )
    assert first.metrics["x"].mean == 2
    assert first.metrics["x"].half_width == pytest.approx(12.706205 * 2**0.5 / 2**0.5, rel=1e-6)  # t, 1 degree
    assert first.metrics["y"].half_width == 0
    assert (second.status, second.metrics) == ("ok", {"x": summary_of([2.0])})
    assert (third.status, third.message, third.metrics) == ("failed", "why", {})
    assert [found.mean for found in summaries(data, "x * 2 + y").values()] == [9.0]


def test_the_front_is_of_means_over_seeds():
    rows = [
        *(("1", "p", 0, {"x": 1.0, "y": 9.0}), ("1", "p", 1, {"x": 5.0, "y": 9.0})),
        *(("2", "p", 0, {"x": 2.0, "y": 8.0}), ("2", "p", 1, {"x": 2.0, "y": 8.0})),
    ]
    data = study(rows, seeds=2)
    assert ids(front(configurations(data), MIN)) == [2]
    assert [point.axes["id"] for point in front(data.points, MIN)] == ["0", "2", "3"]


def test_the_knee_of_two_objectives_is_farthest_from_the_line_between_the_ends():
    best = front(configurations(plane((0, 10), (1, 4), (3, 2), (10, 0), (9, 9))), MIN)
    assert ids(best) == [0, 1, 2, 3]
    # scaled: (0, 1), (0.1, 0.4), (0.3, 0.2), (1, 0); 1 - x - y is 0, 0.5, 0.5 and 0: the first of equals
    assert knee(best, MIN).ids == (1,)
    assert knee(front(configurations(plane((0, 10), (2, 4), (3, 2), (10, 0))), MIN), MIN).ids == (2,)


def test_fronts_without_a_knee():
    for places in ([(0, 1)], [(0, 1), (1, 0)], [(0, 4), (1, 3), (4, 0)], [(0, 1), (0.8, 0.9), (1, 0)]):
        best = front(configurations(plane(*places)), MIN)
        assert knee(best, MIN) is None
    assert knee([], MIN) is None
    alike = front(configurations(study([(str(i), "", 0, {"x": 1.0, "y": 1.0}) for i in range(4)])), MIN)
    assert knee(alike, MIN) is None


def test_the_knee_of_three_objectives_lies_below_the_plane_through_the_ends():
    goals = (*MIN, Objective("z", "max"))
    places = [(0, 1, 0), (1, 0, 0), (1, 1, 1), (0.5, 0.5, 0.9), (0.3, 0.3, 0.5), (0.6, 0.5, 0.95)]
    data = study([(str(i), "", 0, dict(zip("xyz", each, strict=True))) for i, each in enumerate(places)])
    best = front(configurations(data), goals)
    # As costs the ends are (0, 1, 1), (1, 0, 1) and (1, 1, 0): their plane is x + y + z = 2.
    below = {i: 2 - (x + y + 1 - z) for i, (x, y, z) in enumerate(places)}
    assert knee(best, goals).ids == (max(ids(best), key=below.get),)


def test_main_effects_are_means_over_all_other_axes_with_intervals_over_seeds():
    rows = [
        (a, b, seed, {"x": 10.0 * i + j + 0.5 * seed * (i + 1)})
        for (i, a), (j, b), seed in itertools.product(enumerate("pq"), enumerate("uvw"), range(3))
    ]
    first, second = main_effects(study(rows, seeds=3), "x")
    assert (first.axis, [level.label for level in first.levels]) == ("a", ["p", "q"])
    # p: mean over j is 1, and 0.5 for each seed: 1, 1.5, 2
    assert first.levels[0].mean == pytest.approx(1.5)
    assert first.levels[0].half_width == pytest.approx(4.302653 * 0.5 / 3**0.5, rel=1e-6)
    assert first.levels[0].designs == 3
    assert [level.mean for level in second.levels] == pytest.approx([5.75, 6.75, 7.75])
    alone = main_effects(study([row for row in rows if row[2] == 0]), "x")
    assert alone[0].levels[0].half_width is None


def test_values_keep_the_order_of_the_sweep():
    rows = [(a, "u", 0, {"x": 1.0}) for a in ("16", "4", "8")]
    data = study(rows, levels={"a": ("4", "8", "16", "32")})
    assert data.axes["a"] == ("4", "8", "16")
    assert [level.label for level in main_effects(data, "x")[0].levels] == ["4", "8", "16"]


def test_an_interaction_is_what_rows_and_columns_do_not_explain():
    # cells 0 0 / 0 4: grand mean 1, every residual of the additive fit is 1 in size: 4 of a total of 12
    rows = [(a, b, 0, {"x": 4.0 * (a == "q" and b == "v")}) for a in "pq" for b in "uv"]
    (found,) = interactions(study(rows), "x")
    assert (found.first, found.second, found.first_levels, found.second_levels) == ("a", "b", ("p", "q"), ("u", "v"))
    assert found.cells == ((0.0, 0.0), (0.0, 4.0))
    assert found.strength == pytest.approx(4 / 12)
    additive = [(a, b, 0, {"x": 3.0 * (a == "q") + 2.0 * (b == "v")}) for a in "pq" for b in "uv"]
    assert interactions(study(additive), "x")[0].strength == pytest.approx(0)
    assert interactions(study([row for row in rows if row[1] == "u"]), "x") == []


def anova(y, *factors):
    """Interaction sum of squares over the total, by regression on indicator columns (Yates' unweighted cells)."""

    def residual(columns):
        design = np.column_stack(columns)
        fit, *_ = np.linalg.lstsq(design, y, rcond=None)
        return ((y - design @ fit) ** 2).sum()

    one, two = ([np.equal(factor, level) * 1.0 for level in sorted(set(factor))] for factor in factors)
    cells = [p * q for p in one for q in two if (p * q).any()]
    return (residual([*one, *two]) - residual(cells)) / ((y - y.mean()) ** 2).sum()


@pytest.mark.parametrize("missing", [(), (0, 5, 17, 40, 41, 42)])
def test_interactions_are_those_of_an_analysis_of_variance(missing):
    noise = np.random.default_rng(3)
    grid = [each for i, each in enumerate(itertools.product("pqrs", "uvw", "klmn")) if i not in missing]
    values = noise.normal(size=len(grid)) + [ord(a) % 7 * (ord(b) % 5) + 2.0 * (c == "k") for a, b, c in grid]
    data = study([(*each, 0, {"x": float(y)}) for each, y in zip(grid, values, strict=True)], axes=("a", "b", "c"))
    found = interactions(data, "x")
    columns = dict(zip("abc", zip(*grid, strict=True), strict=True))
    expected = {pair: anova(values, columns[pair[0]], columns[pair[1]]) for pair in ("ab", "ac", "bc")}
    assert {each.first + each.second: each.strength for each in found} == pytest.approx(expected)
    assert [each.strength for each in found] == sorted((each.strength for each in found), reverse=True)


def test_sensitivity_leaves_the_base_design_along_one_axis_at_a_time():
    rows = [
        (a, b, 0, {"x": 10.0 + {"p": 0, "q": 5, "r": -1}[a] + {"u": 0, "v": 2}[b] + 100 * (a == "q" and b == "v")})
        for a in "pqr"
        for b in "uv"
    ]
    first, second = sensitivity(study(rows, objectives=()), "x")
    assert (first.axis, first.base, first.low, first.high) == ("a", 10.0, 9.0, 15.0)
    assert (first.low_label, first.high_label) == ("r", "q")
    assert (second.axis, second.low, second.high, second.low_label, second.high_label) == ("b", 10.0, 12.0, "u", "v")


def test_the_base_design_is_the_label_or_the_knee_or_the_first_with_the_metric():
    rows = [(str(i), "u", 0, {"x": x, "y": y}) for i, (x, y) in enumerate([(0, 10), (1, 4), (10, 0)])]
    plain, marked, named = (
        study([(a, b, s, dict(m)) for a, b, s, m in rows], **more)
        for more in ({}, {"marks": {2: "mine"}}, {"labels": {"first": {"a": "0"}}, "marks": {0: "again"}})
    )
    assert base_design(plain, "x").ids == (1,)
    assert base_design(marked, "x").ids == (2,)
    assert base_design(named, "x").ids == (0,)
    assert list(labelled(named).values()) == ["first, again"]
    assert base_design(study([("0", "u", 0, {"y": 1.0}), ("1", "u", 0, {"x": 2.0})]), "x").ids == (1,)
    assert base_design(plain, "z") is None


def test_the_base_design_keeps_to_the_constraints_if_one_does():
    rows = [("0", "u", 0, {"x": 1.0, "status": "infeasible"}), ("1", "u", 0, {"x": 2.0})]
    copies = [[(a, b, s, dict(m)) for a, b, s, m in rows[:count]] for count in (2, 1)]
    assert base_design(study(copies[0], objectives=(), marks={0: "mine"}), "x").ids == (1,)
    assert base_design(study(copies[1], objectives=()), "x").ids == (0,)


def test_short_names_of_axes_are_told_apart():
    rows = [("1", "2", "3", 0, {"x": 1.0}), ("2", "3", "4", 0, {"x": 1.0})]
    axes = ("architecture.core.units.soma.lanes", "architecture.core.units.plasticity.lanes", "architecture.voltage")
    data = study(rows, axes=axes)
    assert [data.short(axis) for axis in axes] == ["soma.lanes", "plasticity.lanes", "voltage"]
    assert data.named(data.points[1].axes) == "soma.lanes=2, plasticity.lanes=3, voltage=4"


def test_bounds_are_the_constraints_on_a_single_metric():
    data = study(
        [("1", "u", 0, {"x": 1.0})], constraints=("x < 2 * 3", "5 <= y", "fits", "limits", "x / y < 2", "x < y")
    )
    assert bounds(data) == [Bound("x", "<", 6.0), Bound("y", ">=", 5.0)]


def test_a_thousand_points_of_sixty_metrics_are_analysed_in_two_seconds():
    noise = np.random.default_rng(1).random((1024, 60))
    grid = list(itertools.product(*["0123"] * 4, "01", [0, 1]))
    metrics = [dict(zip((f"m{i}" for i in range(60)), map(float, row), strict=True)) for row in noise]
    goals = tuple(Objective(f"m{i}", "min") for i in range(3))
    data = study(
        [(*each, row) for each, row in zip(grid, metrics, strict=True)], axes=tuple("abcde"), seeds=2, objectives=goals
    )
    started = time.process_time()
    best = front(configurations(data), goals)
    assert knee(best, goals) is not None
    for goal in goals:
        assert len(main_effects(data, goal.metric)) == 5
        assert len(interactions(data, goal.metric)) == 10
        assert len(sensitivity(data, goal.metric)) == 5
    assert time.process_time() - started < 2
    assert value(best[0], "m0") == min(value(each, "m0") for each in configurations(data))
