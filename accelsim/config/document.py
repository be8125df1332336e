"""A configuration file after inheritance and overrides: plain data that knows where each value came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.node import Node, Origin, Path, annotate, deepest, dotted, plain
from accelsim.config.overrides import Override, apply_overrides, parse_override


@dataclass(frozen=True)
class Document:
    """One thing described in YAML.

    Parameters
    ----------
    kind
        The first key: ``architecture``, ``workload``, ``sweep``.
    file
        The file as the user named it, for messages.
    root
        The located tree, `extends` resolved and overrides applied.
    sources
        The files that were read, the named one first.
    overrides
        What has been set from outside, in this order.
    stands_for
        Name of the document that mentioned this one and is used through it, or nothing.
    """

    kind: str
    file: str
    root: Node
    sources: tuple[FilePath, ...] = field(default=(), compare=False)
    overrides: tuple[Override, ...] = field(default=(), compare=False)
    stands_for: str = field(default="", compare=False)

    @classmethod
    def of(cls, data: dict[str, Any], kind: str, file: str = "") -> Document:
        """Make a document from plain data built in Python; errors then carry paths but no positions."""
        return cls(kind, file, annotate(data, Origin(file))).checked()

    @property
    def name(self) -> str:
        """The value of the first key."""
        return self.root.value[self.kind].value

    @cached_property
    def data(self) -> dict[str, Any]:
        """Everything as plain dicts, lists and scalars, the first key included."""
        return plain(self.root)

    def locate(self, path: str | Path) -> Origin:
        """Return where the value at `path` (dotted or a tuple) stands, or the mapping it is missing from."""
        return deepest(self.root, _parts(path)).origin

    def problem(self, path: str | Path, message: str) -> Problem:
        """Return a problem located at `path`, for a check that needs more than this file to decide."""
        origin = self.locate(path)
        return Problem(origin.file, origin.line, origin.column, dotted(_parts(path)) or None, message)

    def with_overrides(self, overrides: Iterable[str | Override]) -> Document:
        """Return the document with values set: ``key.path=value`` texts or `Override` objects."""
        parsed: list[Override] = []
        problems: list[Problem] = []
        for override in overrides:
            try:
                parsed.append(parse_override(override) if isinstance(override, str) else override)
            except ConfigError as error:
                problems.extend(error.problems)
        check(problems)
        if not parsed:
            return self
        root = apply_overrides(self.root, parsed)
        return replace(self, root=root, overrides=self.overrides + tuple(parsed)).checked()

    def checked(self) -> Document:
        """Return self if the thing has a name."""
        node = self.root.value.get(self.kind)
        if node is None or not isinstance(node.value, str) or not node.value.strip():
            raise ConfigError(self.problem((self.kind,), f"expected the name of this {self.kind}"))
        return self


def _parts(path: str | Path) -> Path:
    return tuple(path.split(".")) if isinstance(path, str) and path else tuple(path)
