"""Data files that a workload names: found beside its document, read once."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from accelsim.config.document import Document
from accelsim.config.model import Model


class FromFiles(Model):
    """A task whose samples come from files."""

    paths: ClassVar[tuple[str, ...]]
    """Its fields that name files or folders."""

    def beside(self, document: Document) -> Self:
        """The same task with names of files relative to a workload's document as paths."""
        folder = Path(document.file).parent if document.file else Path()
        named = {name: getattr(self, name) for name in self.paths}
        return self.model_copy(update={name: str(folder / path) for name, path in named.items() if path is not None})

    def stamp(self) -> tuple[int, ...]:
        """Tells whether the files have changed since they were read."""
        found: list[int] = []
        for name in self.paths:
            path = getattr(self, name)
            if path is not None and Path(path).exists():
                stat = Path(path).stat()
                found += [stat.st_mtime_ns, stat.st_size]
        return tuple(found)
