"""Result files in JSON: reading one back, and what to say when it is not what it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import accelsim
from accelsim.config.errors import ConfigError, Problem


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object; a `ConfigError` says what is wrong with it."""
    data = read_json_value(path)
    if not isinstance(data, dict):
        raise damaged(path, "it holds no JSON object")
    return data


def read_json_value(path: Path, *, nan: bool = False) -> Any:
    """Read a file that holds any one JSON value, in which NaN may stand for a number or not.

    Raises
    ------
    ConfigError
        If it cannot be read or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=None if nan else _no_number)
    except OSError as error:
        raise unreadable(path, error) from None
    except json.JSONDecodeError as error:
        raise damaged(path, error.msg, error.lineno, error.colno) from None
    except (ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from None


def check_version(path: Path, found: Any) -> None:
    """Raise a `ConfigError` if another minor version wrote the file: before 1.0, tables change with it."""
    if str(found).split(".")[:2] != accelsim.__version__.split(".")[:2]:
        message = f"was written by accelsim {found}; this is accelsim {accelsim.__version__}: run it again"
        raise ConfigError(Problem(str(path), message=message))


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def unreadable(path: Path, error: OSError) -> ConfigError:
    """Return the error to raise for a file that the system does not let us read."""
    return ConfigError(Problem(str(path), message=f"cannot be read: {(error.strerror or str(error)).lower()}"))


def damaged(path: Path, reason: str, line: int | None = None, column: int | None = None) -> ConfigError:
    """Return the error to raise for a result file that does not hold what it should."""
    return ConfigError(Problem(str(path), line, column, message=f"is damaged: {reason}"))
