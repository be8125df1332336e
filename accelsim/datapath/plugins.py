"""Load a file of the user's that registers plasticity rules or neuron models."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.registry import Registry


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
    if module_name not in sys.modules:
        _run(module_name, file)
    names = [
        name
        for registry in registries
        for name in registry.names()
        if getattr(registry.get(name), "__module__", None) == module_name
    ]
    if not names:
        kinds = " or ".join(registry.kind for registry in registries)
        raise ConfigError(Problem(str(path), message=f"registers no {kinds}: decorate a class with @register(name)"))
    return names


def _run(module_name: str, file: Path) -> None:
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(Problem(str(file), message="is not a Python file (.py)"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except ConfigError:
        del sys.modules[module_name]
        raise
    except SyntaxError as error:
        del sys.modules[module_name]
        raise ConfigError(Problem(str(file), error.lineno, message=f"syntax error: {error.msg}")) from error
    except Exception as error:
        del sys.modules[module_name]
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        first_line = next(iter(str(error).splitlines()), "")
        message = f"{type(error).__name__}: {first_line}"
        raise ConfigError(Problem(str(file), frames[-1].lineno if frames else None, message=message)) from error
