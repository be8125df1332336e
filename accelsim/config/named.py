"""Documents that another one mentions by name: a shipped thing, a path, or a file beside the one that mentions it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.library import SUFFIXES, shipped
from accelsim.config.loader import load_document


def named_document(name: str, kind: str, known: Iterable[str], beside: Iterable[Path] = (), key: str = "") -> Document:
    """Return the document of a kind that a name means; shipped names may be written ``28 nm`` or ``STT_MRAM``.

    Parameters
    ----------
    name : a shipped name, a path, or the name of a file.
    kind : what the file must describe.
    known : shipped names in the order in which a message lists them.
    beside : folders in which a file is looked for, after the working directory.
    key : path of the problem; the kind by default.

    Raises
    ------
    ConfigError : there is none, naming the nearest, or it cannot be read.
    """
    plain = plain_name(name)
    if plain in shipped(kind):
        return _shipped_document(plain, kind)
    folders = (Path(), *beside)
    for file in (name, *(name + suffix for suffix in SUFFIXES)) if name else ():
        if any((folder / file).is_file() for folder in folders):
            return load_document(file, kind, search=[str(folder) for folder in folders])
    if name.endswith(SUFFIXES):
        raise ConfigError(Problem(path=key or kind, message=f"there is no file `{name}`"))
    noun = kind.replace("_", " ")
    known = tuple(known)
    hint = f"{did_you_mean(plain, known)}; known: {', '.join(known)}; or a {noun} file"
    raise ConfigError(Problem(path=key or kind, message=f"unknown {noun} `{name}`{hint}"))


@cache
def _shipped_document(name: str, kind: str) -> Document:
    return load_document(shipped(kind)[name], kind)


def beside(document: Document | None) -> tuple[Path, ...]:
    """Return the folder of a document, where files that it names are looked for."""
    return tuple(path.parent for path in document.sources[:1]) if document is not None else ()


def plain_name(name: str) -> str:
    """Return a name as shipped files are named."""
    return name.strip().lower().replace(" ", "").replace("_", "-")
