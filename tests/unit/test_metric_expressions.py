"""Expressions of objectives and constraints: what they come to, and what is refused."""

import pytest

from accelsim.metrics.expressions import MAX_DEPTH, ExpressionError, parse_comparison, parse_expression

METRICS = {"a": 6, "b": 4.0, "none": None, "zero": 0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", 6),
        ("a - b - 1", 1),
        ("a + b * 2 / 8", 7),
        ("-(a - b) * -1.5e0", 3),
        ("2 * -a", -12),
        ("a / zero", None),
        ("a * none", None),
        ("missing + 1", None),
        ("a * 1e300 * 1e300", None),
    ],
)
def test_value(text, value):
    assert parse_expression(text).value(METRICS) == value


def test_metrics_are_named_once():
    assert parse_expression("a * (b + a) / 2").metrics == ("a", "b")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a.__class__", "attributes are not allowed"),
        ("__import__('os')", "`'` is not allowed"),
        ("exit()", "calls are not allowed"),
        ("a(b)", "calls are not allowed"),
        ("9**9**9", "powers are not allowed; multiply instead"),
        ("a ^ 2", "`^` is not allowed"),
        ("a[0]", "`[` is not allowed"),
        ("a; b", "`;` is not allowed"),
        ("lambda: a", "`:` is not allowed"),
        ("a b", "`b` is not expected there"),
        ("a if b else a", "`if` is not expected there"),
        ("", "it ends where a metric or a number is wanted"),
        ("(a", "a `)` is missing"),
        ("a + ", "it ends where a metric or a number is wanted"),
        ("* a", "`*` is not expected there"),
        ("1e999", "1e999 is too large"),
        ("a" * 201, "it is longer than 200 characters"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), f"it is nested deeper than {MAX_DEPTH} levels"),
        ("-" * 100 + "a", f"it is nested deeper than {MAX_DEPTH} levels"),
        ("a < b", "a comparison `<` gives no number"),
    ],
)
def test_everything_else_is_refused(text, reason):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert str(caught.value) == reason


def test_comparison():
    left, sign, right = parse_comparison("a*2>=b + 1")
    assert (left.text, sign, right.text) == ("a * 2", ">=", "b + 1")
    with pytest.raises(ExpressionError, match="there is no comparison"):
        parse_comparison("a + b")
    with pytest.raises(ExpressionError, match="`<` is not expected there"):
        parse_comparison("a < b < 2")
