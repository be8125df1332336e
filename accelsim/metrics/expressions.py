"""Arithmetic over metrics, such as ``energy_total_pj * latency_inference_us``: parsed here, never run as Python.

The grammar is numbers, names of metrics, ``+ - * /`` and parentheses. There are no attributes, calls, subscripts or
powers, and what is too long or nested too deep is refused, so a sweep from anywhere can be read safely.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_LENGTH = 200
MAX_DEPTH = 16

Value = float | int | None

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|<=|>=|[-+*/()<>]))"
)
_SUMS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: dict[str, Callable[[Any, Any], Any]] = {"*": operator.mul, "/": operator.truediv}


class ExpressionError(ValueError):
    """A text that is no expression; the message says why."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text : str
        As it was written.
    metrics : tuple of str
        Metrics that it needs, each once.
    """

    text: str
    metrics: tuple[str, ...]
    _tree: Any

    def value(self, metrics: Mapping[str, Value]) -> Value:
        """What it comes to; None if a metric is missing or a division by zero leaves nothing finite."""
        try:
            found = _evaluate(self._tree, metrics)
        except (ZeroDivisionError, OverflowError):
            return None
        return found if found is None or math.isfinite(found) else None

    @property
    def is_metric(self) -> bool:
        """Whether it is one metric and nothing else."""
        return isinstance(self._tree, str)


def parse_expression(text: str) -> Expression:
    """Return an expression.

    Raises
    ------
    ExpressionError
        If it is none.
    """
    sides, comparison = _read(text)
    if comparison is not None:
        raise ExpressionError(f"a comparison `{comparison}` gives no number")
    return sides[0]


def parse_comparison(text: str) -> tuple[Expression, str, Expression]:
    """Return both sides of a comparison, and which it is.

    Raises
    ------
    ExpressionError
        If it is none.
    """
    sides, comparison = _read(text)
    if comparison is None:
        raise ExpressionError("there is no comparison with `<`, `<=`, `>` or `>=`")
    return sides[0], comparison, sides[1]


def _read(text: str) -> tuple[list[Expression], str | None]:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it is longer than {MAX_LENGTH} characters")
    reader = _Reader(text)
    sides = [reader.expression()]
    comparison = None
    if reader.next in ("<", "<=", ">", ">="):
        comparison = reader.take()
        sides.append(reader.expression())
    if reader.next is not None:
        raise ExpressionError(reader.complaint())
    return sides, comparison


def _evaluate(tree: Any, metrics: Mapping[str, Value]) -> Value:
    if isinstance(tree, str):
        return metrics.get(tree)
    if not isinstance(tree, tuple):
        return tree
    apply, left, right = tree
    first, second = _evaluate(left, metrics), _evaluate(right, metrics)
    return None if first is None or second is None else apply(first, second)


class _Reader:
    """Recursive descent over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> str | None:
        """The next token; None at the end."""
        return self._tokens[self._at][1] if self._at < len(self._tokens) else None

    def take(self) -> str:
        """The next token, which is then behind."""
        token = self.next
        if token is None:
            raise ExpressionError("it ends where a metric or a number is wanted")
        self._at += 1
        return token

    def complaint(self) -> str:
        """Why the next token cannot stand where it does."""
        if self.next == "**":
            return "powers are not allowed; multiply instead"
        if self.next == "(" and self._at and self._tokens[self._at - 1][0] == "name":
            return "calls are not allowed"
        return f"`{self.next}` is not expected there"

    def expression(self) -> Expression:
        """A side of a comparison, or the whole text."""
        start = self._at
        tree = self._sum()
        names = dict.fromkeys(token for kind, token in self._tokens[start : self._at] if kind == "name")
        return Expression(self._source(start), tuple(names), tree)

    def _source(self, start: int) -> str:
        return " ".join(token for _, token in self._tokens[start : self._at]).replace("( ", "(").replace(" )", ")")

    def _sum(self) -> Any:
        return self._chain(_SUMS, lambda: self._chain(_PRODUCTS, self._factor))

    def _chain(self, operators: Mapping[str, Callable[[Any, Any], Any]], operand: Callable[[], Any]) -> Any:
        tree = operand()
        while (token := self.next) in operators:
            self._at += 1
            tree = (operators[str(token)], tree, operand())
        return tree

    def _factor(self) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"it is nested deeper than {MAX_DEPTH} levels")
        try:
            return self._atom()
        finally:
            self._depth -= 1

    def _atom(self) -> Any:
        kind = self._tokens[self._at][0] if self.next is not None else ""
        if kind == "sign" and self.next not in ("-", "+", "("):
            raise ExpressionError(self.complaint())
        token = self.take()
        if token == "(":
            tree = self._sum()
            if self.next != ")":
                raise ExpressionError("a `)` is missing" if self.next is None else self.complaint())
            self._at += 1
        elif token in _SUMS:
            tree = (_SUMS[token], 0, self._factor())
        elif kind == "name":
            tree = token
        else:
            tree = float(token)
            if math.isinf(tree):
                raise ExpressionError(f"{token} is too large")
        return tree


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            found = text[at:].lstrip()[:1]
            raise ExpressionError("attributes are not allowed" if found == "." else f"`{found}` is not allowed")
        assert match.lastgroup is not None
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()
