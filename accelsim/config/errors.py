"""One exception for everything a user can get wrong: a list of problems, one line each."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake and where it is.

    Parameters
    ----------
    file
        The file as the user named it, or another origin such as ``--set core.lanes=0``; empty for none.
    line, column
        One-based position in the file.
    path
        Dotted path of the key, for instance ``cores.memories.weights.words``.
    message
        What was found and what is allowed.
    """

    file: str = ""
    line: int | None = None
    column: int | None = None
    path: str | None = None
    message: str = ""

    def __str__(self) -> str:
        parts = (self.file, self.line, self.column)
        position = ":".join(str(part) for part in parts if part not in ("", None))
        text = f"{self.path}: {self.message}" if self.path else self.message
        line = f"{position}  {text}" if position else text
        # A key or file name may hold line ends and terminal codes.
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


class ConfigError(Exception):
    """Bad user input: every problem that was found, sorted by position, without duplicates."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(dict.fromkeys(found), key=_position))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class DoesNotFit(ConfigError):
    """A network for which a chip has no room; everything else about both is right."""


def check(problems: Iterable[Problem]) -> None:
    """Raise `ConfigError` if there is any problem."""
    found = tuple(problems)
    if found:
        raise ConfigError(found)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` most likely meant, or None."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return `` (did you mean `x`?)`` to append to a message, or an empty string."""
    match = nearest(name, candidates)
    return f" (did you mean `{match}`?)" if match is not None else ""


def choose_from(name: str, candidates: Iterable[str]) -> str:
    """Return the hint of `did_you_mean` or, where nothing is near, ``; there are: a, b``."""
    names = list(candidates)
    return did_you_mean(name, names) or f"; there are: {', '.join(names) or 'none'}"


def _position(problem: Problem) -> tuple[str, int, int, str, str]:
    return problem.file, problem.line or 0, problem.column or 0, problem.path or "", problem.message
