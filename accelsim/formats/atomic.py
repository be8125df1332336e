"""Files that are either complete or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from accelsim.config.errors import ConfigError, Problem


@contextmanager
def atomic_write(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that appears at `path` only when the block ends without an error.

    Parameters
    ----------
    path
        Where the file shall be; an existing file is replaced.
    mode
        ``wb``, or ``w`` for UTF-8 text with unchanged line ends.

    Raises
    ------
    ConfigError
        If it cannot be written (no space, no permission, no such directory, ...). Nothing is left behind.
    """
    target = Path(path)
    _check_regular(target)
    text = {"encoding": "utf-8", "newline": ""} if mode == "w" else {}
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
        with os.fdopen(descriptor, mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _permissions(target))
        os.replace(temporary, target)
        temporary = None
    except OSError as error:
        raise _cannot("write", path, error) from error
    finally:
        if temporary is not None:
            os.unlink(temporary)


def write_bytes_atomic(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a whole file; see `atomic_write`."""
    with atomic_write(path, "wb") as file:
        file.write(content)


def write_text_atomic(path: str | os.PathLike[str], content: str) -> None:
    """Write a whole UTF-8 text file; see `atomic_write`."""
    with atomic_write(path, "w") as file:
        file.write(content)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise `ConfigError` if a file cannot be written at `path`: told before the work whose result it shall hold."""
    target = Path(path)
    _check_regular(target)
    try:
        _try_writing(target.parent)
    except OSError as error:
        raise _cannot("write", path, error) from error


def prepare_output_directory(
    path: str | os.PathLike[str], *, marker: str, overwrite: bool = False, remedy: str = ""
) -> Path:
    """Create a directory for results, or accept one that is empty or holds earlier results.

    Parameters
    ----------
    path
        The directory; parents are created.
    marker
        Name of a file that every result directory holds; a directory with content but without it is foreign.
    overwrite
        Whether earlier results may be replaced.
    remedy
        What to do about earlier results that may not, for the message.

    Raises
    ------
    ConfigError
        If `path` is a file, cannot be created or written, or holds something that must not be replaced.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = [entry.name for entry in folder.iterdir()]
        _try_writing(folder)
    except FileExistsError:
        raise ConfigError(Problem(str(path), message="is a file; expected a directory for results")) from None
    except OSError as error:
        raise _cannot("write to", path, error) from error
    if content and marker not in content:
        message = f"holds other files and no `{marker}`; expected a new or empty directory, or earlier results"
        raise ConfigError(Problem(str(path), message=message))
    if content and not overwrite:
        message = f"holds earlier results, which would be overwritten{f'; {remedy}' if remedy else ''}"
        raise ConfigError(Problem(str(path), message=message))
    return folder


def _check_regular(target: Path) -> None:
    """A device or a directory must not be replaced by a file."""
    if os.path.lexists(target) and not os.path.isfile(target):
        what = "a directory" if target.is_dir() else "no regular file"
        raise ConfigError(Problem(str(target), message=f"is {what}; expected a file to write"))


def _try_writing(folder: Path) -> None:
    """Asking for permission is no proof (read-only mounts, quotas): try."""
    tempfile.TemporaryFile(dir=folder).close()


def _permissions(target: Path) -> int:
    """Return the mode an ordinary write would leave: that of the old file, or what the umask allows."""
    try:
        return target.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _cannot(action: str, path: str | os.PathLike[str], error: OSError) -> ConfigError:
    reason = (error.strerror or str(error)).lower()
    return ConfigError(Problem(message=f"cannot {action} {os.fspath(path)}: {reason}"))
