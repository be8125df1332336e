"""The architectures, workloads and technologies that ship with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath

FOLDERS = {
    "architecture": "architectures",
    "workload": "workloads",
    "technology": "technology/processes",
    "memory_technology": "technology/memories",
}
SUFFIXES = (".yaml", ".yml")
_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def shipped(kind: str) -> dict[str, Path]:
    """Return the shipped files of a kind, by name (the path below the folder, without suffix).

    They lie in ``accelsim/library/<folder>`` of an installed package and in ``<folder>`` beside the package
    in a checkout; technologies are data of the package in both.
    """
    if kind not in FOLDERS:
        return {}
    folders = (_PACKAGE / "library" / FOLDERS[kind], _PACKAGE.parent / FOLDERS[kind], _PACKAGE / FOLDERS[kind])
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return {}
    files = (path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(files)}


def shipped_name(text: str, kind: str) -> str:
    """Return the library name meant by ``reckon``, ``reckon.yaml`` or ``architectures/reckon.yaml``."""
    path = PurePosixPath(text)
    if path.suffix in SUFFIXES:
        path = path.with_suffix("")
    if len(path.parts) > 1 and path.parts[0] == FOLDERS.get(kind):
        path = path.relative_to(path.parts[0])
    return path.as_posix()


def find_shipped(text: str, kind: str) -> Path | None:
    """Return the shipped file a name stands for, or None; ``./reckon`` is a path, never a name."""
    return None if text.startswith(".") else shipped(kind).get(shipped_name(text, kind))
