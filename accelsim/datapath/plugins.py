"""Load a file of the user's that registers plasticity rules or neuron models."""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.registry import Registry, RegistryError

_registered: dict[str, list[str]] = {}  # by the plug-ins that have run


def load_plugin(path: str | Path, *registries: Registry) -> list[str]:
    """Run a plug-in file that the user has named, which is their consent to run it.

    Parameters
    ----------
    path : a Python file.
    registries : where it may register something.

    Returns
    -------
    The names it registered.

    Raises
    ------
    ConfigError
        If it cannot be read or run, or registers nothing.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(Problem(str(path), message=f"cannot read the plug-in: {error.strerror}")) from error
    digest = hashlib.sha256(str(file.resolve()).encode() + content).hexdigest()[:16]
    module_name = f"accelsim_plugin_{file.stem}_{digest}"
    if module_name not in _registered:
        before = {name for registry in registries for name in registry.names()}
        _run(module_name, file, content)
        after = {name for registry in registries for name in registry.names()}
        _registered[module_name] = sorted(after - before)
    names = _registered[module_name]
    if not names:
        kinds = " or ".join(registry.kind for registry in registries)
        message = f"registers no {kinds}: decorate a class with @register(name)"
        raise ConfigError(Problem(str(path), message=message))
    return names


def _run(module_name: str, file: Path, content: bytes) -> None:
    module = ModuleType(module_name)
    module.__file__ = str(file)
    sys.modules[module_name] = module
    try:
        # not through an import: its byte-code cache misses edits within a second
        exec(compile(content, str(file), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(_problem(error, file)) from error


def _problem(error: BaseException, file: Path) -> Problem:
    if isinstance(error, SyntaxError):
        return Problem(error.filename or str(file), error.lineno, error.offset, message=f"syntax error: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), None)
    first_line = next(iter(str(error).splitlines()), "")
    if not isinstance(error, RegistryError):  # whose messages are written for users
        first_line = f"{type(error).__name__}: {first_line}"
    return Problem(str(file), line, message=first_line)
