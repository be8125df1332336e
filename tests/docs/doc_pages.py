"""Pages of the documentation as what they tell a reader to do: files to write, lines to type, output to expect.

* ```` ```yaml title="a.yaml" ````, and the same of Python: a file that the reader writes.
* ```` ```bash ````: lines that are typed; those of ```` ``` { .bash .no-run } ```` need what a test has not, those of
  ```` ``` { .bash .exits-1 } ```` end with exit status 1.
* ```` ```python ```` without a title: a script.
* ```` ```text ```` after one of these: some of the lines that it prints; `...` stands for others, or the rest of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = "reference"
_FENCE = re.compile(r"^``` ?(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, at a line of it."""

    page: Path
    line: int
    language: str
    classes: frozenset[str]
    title: str | None
    text: str

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether it is something to do that a test can do."""
        return self.language in ("bash", "python") and self.title is None and "no-run" not in self.classes

    @property
    def status(self) -> int:
        """Exit status of its commands."""
        return 1 if "exits-1" in self.classes else 0

    def commands(self) -> list[str]:
        """Lines that are typed, those with a backslash at the end joined with the next."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.startswith("#")]


def pages() -> list[Path]:
    """Every page."""
    return sorted(DOCS.rglob("*.md"))


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page in order."""
    content = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(content):
        info = found["info"].strip()
        title = re.search(r'title="([^"]+)"', info)
        words = re.sub(r'\w+="[^"]*"', "", info).strip("{} ").split()
        names = [word.lstrip(".") for word in words]
        line = content.count("\n", 0, found.start()) + 1
        yield Block(
            page, line, names[0] if names else "", frozenset(names[1:]), title[1] if title else None, found["text"]
        )


def missing(expected: str, output: str) -> list[str]:
    """Lines of a `text` block that are not in an output; spaces do not count."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    wanted = [" ".join(line.split()) for line in expected.splitlines()]
    return [
        want
        for want in wanted
        if want not in ("", "...")
        and not any(line.startswith(want[:-3].rstrip()) if want.endswith("...") else line == want for line in lines)
    ]
