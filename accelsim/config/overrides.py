"""Single values set from outside a file: ``--set core.lanes=8`` or a point of a sweep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.node import Node, Origin, annotate, dotted, plain
from accelsim.config.parse import MAX_DEPTH, parse


@dataclass(frozen=True)
class Override:
    """A value for one key.

    Parameters
    ----------
    path
        Keys and list indices, all as text: ``("phases", "0", "cycles")``.
    value
        Plain data; replaces what is there, None removes it.
    origin
        Where the user wrote it; errors of this value are reported there.
    """

    path: tuple[str, ...]
    value: Any
    origin: Origin

    def problem(self, message: str) -> Problem:
        """Return a problem located at this override."""
        return Problem(self.origin.file, self.origin.line, self.origin.column, dotted(self.path), message)


def parse_override(text: str) -> Override:
    """Parse ``key.path=value``; the value is YAML (``8``, ``200 MHz``, ``[1, 2]``; ``null`` removes the key).

    Raises
    ------
    ConfigError
        If there is no ``=``, a part of the key is empty, or the value is missing or not valid YAML.
    """
    origin = Origin(f"--set {text}")
    key, equals, value = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        raise ConfigError(Problem(origin.file, message="expected `key.path=value`, such as `core.lanes=8`"))
    if len(path) > MAX_DEPTH:
        raise ConfigError(Problem(origin.file, message=f"nested deeper than {MAX_DEPTH} levels"))
    override = Override(path, None, origin)
    if not value.strip() or value.lstrip().startswith("#"):
        raise ConfigError(override.problem("no value (`null` removes the key)"))
    try:
        return Override(path, plain(parse(value, origin.file)), origin)
    except ConfigError as error:
        raise ConfigError(override.problem(problem.message) for problem in error.problems) from None


def apply_overrides(root: Node, overrides: Iterable[Override]) -> Node:
    """Return the tree with every override set, in any order.

    A key that does not exist is created, for validation to accept or reject it by name.

    Raises
    ------
    ConfigError
        If two overrides contradict each other or a path leads through a scalar or past the end of a list.
    """
    overrides = tuple(overrides)
    check(problem for pair in combinations(overrides, 2) for problem in _contradiction(*pair))
    problems: list[Problem] = []
    for override in overrides:
        try:
            root = _set(root, override, 0)
        except ConfigError as error:
            problems.extend(error.problems)
    check(problems)
    return root


def _contradiction(first: Override, second: Override) -> list[Problem]:
    shared = min(len(first.path), len(second.path))
    if first.path[:shared] != second.path[:shared]:
        return []
    if len(first.path) != len(second.path):
        inner, outer = sorted((first, second), key=lambda override: -len(override.path))
        return [inner.problem(f"contradicts `{outer.origin.file}`, which sets all of {dotted(outer.path)}")]
    if repr(first.value) == repr(second.value):
        return []
    return [second.problem(f"contradicts `{first.origin.file}`")]


def _set(node: Node, override: Override, depth: int) -> Node:
    key, last = override.path[depth], depth == len(override.path) - 1
    if isinstance(node.value, list):
        if not key.isdecimal() or int(key) >= len(node.value):
            where = dotted(override.path[:depth])
            raise ConfigError(override.problem(f"{where} has items 0 to {len(node.value) - 1}, no `{key}`"))
        items = list(node.value)
        if last and override.value is None:
            del items[int(key)]
        else:
            items[int(key)] = _child(items[int(key)], override, depth)
        return Node(items, node.origin)
    if node.value is not None and not isinstance(node.value, dict):
        where = dotted(override.path[:depth])
        raise ConfigError(override.problem(f"{where} is {node.value!r}, it has no keys"))
    entries = dict(node.value or {})
    if last and override.value is None:
        entries.pop(key, None)
    else:
        entries[key] = _child(entries.get(key, Node(None, override.origin)), override, depth)
    return Node(entries, node.origin)


def _child(node: Node, override: Override, depth: int) -> Node:
    if depth == len(override.path) - 1:
        return annotate(override.value, override.origin)
    return _set(node, override, depth + 1)
