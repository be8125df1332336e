"""YAML text to located nodes: data only, bounded in depth and size, without the surprises of YAML 1.1.

Booleans are ``true`` and ``false`` only (``on``, ``off``, ``yes``, ``no`` are text), ``12:30`` is text,
``1e-3`` is a float, ``0x1F`` and ``1_000`` are integers. Keys are text, always.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.node import Node, Origin

MAX_DEPTH = 64
MAX_NODES = 200_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_UNPRINTABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_DECIMAL = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
_PREFIXED = re.compile(r"[-+]?(0x[0-9a-fA-F]+(_[0-9a-fA-F]+)*|0o[0-7]+(_[0-7]+)*|0b[01]+(_[01]+)*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)")


def parse(text: str, file: str) -> Node:
    """Parse one YAML document into a tree of located nodes.

    Parameters
    ----------
    text
        The document.
    file
        The name errors carry.

    Raises
    ------
    ConfigError
        For invalid YAML (the first mistake), and for duplicate keys and foreign tags (all of them).
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        at = unprintable.start()
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise ConfigError(Problem(file, line, column, None, f"unprintable character {unprintable[0]!a}"))
    composer = _Composer(text, file)
    root = composer.document()
    check(composer.problems)
    return root


class _Composer:
    """Builds nodes from parser events; aliases are counted at their full size before they are followed."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.problems: list[Problem] = []
        self._events = yaml.parse(text, Loader=_Loader)
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._count = 0

    def document(self) -> Node:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise ConfigError(Problem(self.file, message="the file is empty"))
        root = self._node(self._next(), None, 1)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._stop(event, "a second document starts here; a file holds one")
        return root

    def _next(self) -> Any:
        try:
            return next(self._events)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._stop(mark, f"not valid YAML: {error.problem or error.context}{self._hint(mark)}")

    def _hint(self, mark: Any) -> str:
        character = self.text[mark.index : mark.index + 1] if mark else ""
        if character == "\t":
            return " (indent with spaces, not tabs)"
        return f" (put text that starts with {character} in quotes)" if character in ("@", "`", "%") else ""

    def _node(self, event: Any, origin: Origin | None, depth: int) -> Node:
        """Compose the node that starts with `event`; `origin` is its key's position if it has one."""
        origin = origin or self._origin(event)
        if isinstance(event, yaml.AliasEvent):
            return Node(self._alias(event, depth), origin)
        if depth > MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        self._add(1, event)
        start = self._count
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self._scalar(event), origin)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._tag(event, "seq")
            node = Node(self._items(depth), origin)
        else:
            self._tag(event, "map")
            node = Node(self._entries(depth), origin)
        if event.anchor:
            self._anchors[event.anchor] = node, self._count - start + 1
        return node

    def _items(self, depth: int) -> list[Node]:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, None, depth + 1))
        return items

    def _entries(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        inherited: dict[str, Node] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            origin = self._origin(event)
            scalar = isinstance(event, yaml.ScalarEvent)
            key = event.value if scalar else self._node(event, None, depth + 1).value
            node = self._node(self._next(), origin, depth + 1)
            if not isinstance(key, str) or not key:
                self._add_problem(event, "a key must be text")
            elif key == "<<" and scalar and event.implicit[0]:
                inherited |= self._inherited(node, event)
            elif key in entries:
                first = entries[key].origin.line
                self._add_problem(event, f"the key `{key}` is here twice (first on line {first})")
            else:
                entries[key] = node
        return inherited | entries

    def _inherited(self, node: Node, event: Any) -> dict[str, Node]:
        """Return what a merge key (``<<: *base`` or ``<<: [*a, *b]``, earlier ones win) brings in."""
        sources = [child.value for child in node.value] if isinstance(node.value, list) else [node.value]
        merged: dict[str, Node] = {}
        for source in reversed(sources):
            if isinstance(source, dict):
                merged |= source
            else:
                self._add_problem(event, "`<<` merges mappings only")
        return merged

    def _alias(self, event: Any, depth: int) -> Any:
        if event.anchor not in self._anchors:
            self._stop(event, f"the alias `*{event.anchor}` has no anchor `&{event.anchor}` before it")
        target = self._anchors[event.anchor]
        if target is None:
            self._stop(event, f"the alias `*{event.anchor}` stands inside the value it names")
        node, size = target
        self._add(size, event)
        if depth + _height(node) - 1 > MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        return node.value

    def _scalar(self, event: Any) -> Any:
        if event.tag is None:
            return self._resolve(event) if event.implicit[0] else event.value
        if event.tag in ("!", _STANDARD + "str"):
            return event.value
        wanted = {"int": int, "float": int | float, "bool": bool, "null": type(None)}
        name = event.tag.removeprefix(_STANDARD)
        if not event.tag.startswith(_STANDARD) or name not in wanted:
            self._tag(event, "str")
            return event.value
        value = self._resolve(event)
        if not isinstance(value, wanted[name]) or (name != "bool" and isinstance(value, bool)):
            self._add_problem(event, f"{event.value!r} is not a `!!{name}`")
        return float(value) if name == "float" and isinstance(value, int) else value

    def _resolve(self, event: Any) -> Any:
        try:
            return resolve_scalar(event.value)
        except (ValueError, OverflowError):
            self._add_problem(event, "the number has too many digits")
            return 0

    def _tag(self, event: Any, standard: str) -> None:
        if event.tag not in (None, "!", _STANDARD + standard):
            shown = event.tag.replace(_STANDARD, "!!")
            self._add_problem(event, f"the tag `{shown}` is not allowed; a file is plain data")

    def _add(self, count: int, event: Any) -> None:
        self._count += count
        if self._count > MAX_NODES:
            self._stop(event, f"more than {MAX_NODES} values (aliases count as often as they are used)")

    def _origin(self, event: Any) -> Origin:
        return Origin(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _add_problem(self, event: Any, message: str) -> None:
        origin = self._origin(event)
        self.problems.append(Problem(origin.file, origin.line, origin.column, None, message))

    def _stop(self, event: Any, message: str) -> NoReturn:
        mark = getattr(event, "start_mark", event)
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise ConfigError([*self.problems, Problem(self.file, line, column, None, message)])


def resolve_scalar(text: str) -> Any:
    """Return the value of an unquoted scalar: None, bool, int, float, or the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return bool(_TRUE.fullmatch(text))
    if _DECIMAL.fullmatch(text):
        return int(text, 10)
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    special = _SPECIAL.fullmatch(text)
    return float(special[1] + special[2]) if special else text


def _height(node: Node) -> int:
    if isinstance(node.value, dict | list):
        children = node.value.values() if isinstance(node.value, dict) else node.value
        return 1 + max(map(_height, children), default=0)
    return 1
