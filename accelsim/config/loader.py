"""From a path or a shipped name to a `Document`: reading, the kind check and ``extends``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, nearest
from accelsim.config.library import FOLDERS, SUFFIXES, find_shipped, shipped, shipped_name
from accelsim.config.node import Node, Origin, merge
from accelsim.config.overrides import Override
from accelsim.config.parse import parse

KINDS = ("architecture", "workload", "sweep", "technology", "memory_technology")
MAX_BYTES = 2 * 1024 * 1024
MAX_EXTENDS = 16


class _Source(NamedTuple):
    path: Path
    shown: str


def load_document(
    path_or_name: str | os.PathLike[str],
    kind: str,
    *,
    overrides: Iterable[str | Override] = (),
    search: Iterable[str | os.PathLike[str]] = (),
) -> Document:
    """Read a configuration file.

    Parameters
    ----------
    path_or_name
        A path; if there is no such file, the name of a shipped one (``reckon``, ``reckon.yaml``).
    kind
        What the file must describe: ``architecture``, ``workload``, ``sweep``, ``technology`` or
        ``memory_technology``.
    overrides
        ``key.path=value`` texts or `Override` objects, applied last.
    search
        Directories in which a relative path is tried after the working directory.

    Raises
    ------
    ConfigError
        If the file cannot be found or read, is not valid, or is of another kind.
    """
    given = os.fspath(path_or_name)
    source = _find(given, kind, [(Path(), ""), *((Path(folder), os.fspath(folder)) for folder in search)])
    if source is None:
        raise ConfigError(Problem(given or "''", message=_missing(Path(given), kind)))
    root, sources = _load(source, kind, ())
    return Document(kind, source.shown, root, sources).checked().with_overrides(overrides)


def _find(given: str, kind: str, folders: Iterable[tuple[Path, str]]) -> _Source | None:
    """Look for a file in folders (each with the way messages write it), then in the shipped library."""
    directory = None
    for folder, shown in folders if given else ():
        source = _Source(folder / given, os.path.join(shown, given))
        # Not is_file(): a pipe is fine. A directory may share its name with a shipped file, so look on.
        if os.path.isdir(source.path):
            directory = directory or source
        elif _exists(source.path):
            return source
    path = find_shipped(given, kind)
    if path is not None:
        return _Source(path, f"{FOLDERS[kind]}/{shipped_name(given, kind)}{path.suffix}")
    return directory


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return True
    return True


def _missing(path: Path, kind: str) -> str:
    try:
        beside = [file for file in path.parent.iterdir() if file.suffix in SUFFIXES]
    except (OSError, ValueError):
        beside = []
    library = f" or shipped {kind.replace('_', ' ')}" if shipped(kind) else ""
    # Compare like with like: names when a suffix was written, stems when not.
    names = {file.name if path.suffix else file.stem: file.name for file in beside}
    match = nearest(path.name, [*shipped(kind), *names])
    hint = f" (did you mean `{names.get(match, match)}`?)" if match is not None else ""
    return f"no such file{library}{hint}"


def _load(source: _Source, kind: str, chain: tuple[_Source, ...]) -> tuple[Node, tuple[Path, ...]]:
    """Return the tree of a file merged over what it extends, and the files read."""
    root = parse(_read(source), source.shown)
    _check_kind(root, kind)
    entries = dict(root.value)
    extends = entries.pop("extends", None)
    root = Node(entries, root.origin)
    if extends is None:
        return root, (source.path,)
    chain = (*chain, source)
    base = _base(extends, source, kind, chain)
    base_root, sources = _load(base, kind, chain)
    return merge(base_root, root), (source.path, *sources)


def _base(extends: Node, source: _Source, kind: str, chain: tuple[_Source, ...]) -> _Source:
    if not isinstance(extends.value, str) or not extends.value:
        _stop(extends.origin, "expected the file to extend, such as `base.yaml`")
    found = _find(extends.value, kind, [(source.path.parent, os.path.dirname(source.shown))])
    if found is None:
        _stop(extends.origin, _missing(source.path.parent / extends.value, kind))
    names = [link.shown for link in chain]
    for start, link in enumerate(chain):
        if link.path.resolve() == found.path.resolve():
            circle = " > ".join([*names[start:], names[start]])
            _stop(extends.origin, f"a file may not extend itself ({circle})")
    if len(chain) > MAX_EXTENDS:
        _stop(extends.origin, f"more than {MAX_EXTENDS} files extend each other")
    return found


def _check_kind(root: Node, kind: str) -> None:
    if not isinstance(root.value, dict) or not root.value:
        _stop(root.origin, f"expected a mapping whose first key is `{kind}`", key=None)
    first, node = next(iter(root.value.items()))
    if first == kind:
        return
    if first in KINDS:
        _stop(node.origin, f"this file describes {_one(first)}, expected {_one(kind)}", key=None)
    _stop(node.origin, f"the first key must be `{kind}`, found `{first[:40]}`", key=None)


def _one(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('_', ' ')}"


def _stop(origin: Origin, message: str, key: str | None = "extends") -> NoReturn:
    raise ConfigError(Problem(origin.file, origin.line, origin.column, key, message))


def _read(source: _Source) -> str:
    try:
        with open(source.path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError(Problem(source.shown, message=f"larger than {MAX_BYTES // 1024**2} MiB"))
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(Problem(source.shown, line, None, None, "not UTF-8 text")) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(Problem(source.shown, message=f"cannot be read: {reason}")) from None
