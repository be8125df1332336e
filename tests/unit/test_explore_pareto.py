import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.explore import pareto_front
from accelsim.explore.schema import Objective

METRICS = ("a", "b", "c")
values = st.one_of(st.none(), st.integers(-3, 3), st.floats(-2, 2, width=16), st.just(float("nan")))
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(METRICS, values)), max_size=30)
goals = st.lists(st.sampled_from(METRICS), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(
        *(st.builds(Objective, metric=st.just(name), direction=st.sampled_from(["min", "max"])) for name in names)
    )
)


def dominates(first, second, objectives):
    """Straight from the definition."""
    signs = [1 if goal.direction == "min" else -1 for goal in objectives]
    pairs = [
        (sign * first[goal.metric], sign * second[goal.metric]) for sign, goal in zip(signs, objectives, strict=True)
    ]
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)


@given(rows, goals)
def test_front_is_that_of_the_definition(points, objectives):
    complete = [
        i
        for i, point in enumerate(points)
        if all(point[goal.metric] is not None and point[goal.metric] == point[goal.metric] for goal in objectives)
    ]
    expected = [i for i in complete if not any(dominates(points[other], points[i], objectives) for other in complete)]
    assert pareto_front(points, objectives) == expected


def test_integers_beyond_floats_are_told_apart():
    points = [{"cycles": 2**60 + 1}, {"cycles": 2**60}]
    assert pareto_front(points, [Objective(metric="cycles", direction="min")]) == [1]
    assert pareto_front(points, [Objective(metric="cycles", direction="max")]) == [0]


def test_rows_without_the_metric_are_left_out_and_equal_ones_kept():
    points = [{"status": "failed"}, {"a": 1}, {"a": 1}]
    assert pareto_front(points, [Objective(metric="a", direction="min")]) == [1, 2]
    assert pareto_front([], [Objective(metric="a", direction="min")]) == []


def test_no_objective_is_an_error():
    with pytest.raises(ValueError, match="at least one objective"):
        pareto_front([{"a": 1}], [])
