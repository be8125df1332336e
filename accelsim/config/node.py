"""The tree between YAML text and plain data: every value remembers where it was written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Path = tuple[str | int, ...]


class Origin(NamedTuple):
    """Where a value was written: a file position, or ``--set key=value`` without line and column."""

    file: str
    line: int | None = None
    column: int | None = None


class Node(NamedTuple):
    """A value and its origin (for an entry of a mapping: the position of its key).

    `value` is a ``dict[str, Node]``, a ``list[Node]`` or a scalar (str, int, float, bool, None). Nodes may be
    shared between aliases and are never changed in place.
    """

    value: Any
    origin: Origin


def dotted(path: Iterable[str | int]) -> str:
    """Write a path the way error messages and ``--set`` do."""
    return ".".join(map(str, path))


def plain(node: Node) -> Any:
    """Return the value as plain dicts, lists and scalars."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def annotate(value: Any, origin: Origin) -> Node:
    """Turn plain data into a tree whose every value has the same origin."""
    if isinstance(value, dict):
        return Node({str(key): annotate(child, origin) for key, child in value.items()}, origin)
    if isinstance(value, list | tuple):
        return Node([annotate(child, origin) for child in value], origin)
    return Node(value, origin)


def step(node: Node, key: str | int) -> Node | None:
    """Return the child at a key or list index, or None."""
    if isinstance(node.value, dict):
        return node.value.get(str(key))
    if isinstance(node.value, list) and str(key).isdecimal() and int(key) < len(node.value):
        return node.value[int(key)]
    return None


def deepest(node: Node, path: Iterable[str | int]) -> Node:
    """Follow `path` as far as it exists: a missing key is located at the mapping it is missing from."""
    for key in path:
        child = step(node, key)
        if child is None:
            break
        node = child
    return node


def merge(base: Node, child: Node) -> Node:
    """Merge `child` over `base`: mappings deeply, lists and scalars whole; null removes the inherited key."""
    if not (isinstance(base.value, dict) and isinstance(child.value, dict)):
        return child
    merged = dict(base.value)
    for key, node in child.value.items():
        if key not in merged:
            merged[key] = node
        elif node.value is None:
            del merged[key]
        else:
            merged[key] = merge(merged[key], node)
    return Node(merged, child.origin)
