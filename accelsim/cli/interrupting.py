"""Runs that Ctrl-C stops in an orderly way, so that they can go on later."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelsim.config.errors import ConfigError, Problem

if TYPE_CHECKING:
    from accelsim.simulation.resume import Keeper

STATUS = 130
"""Exit status after Ctrl-C."""


def keeper_of(folder: Path, setup: Any, *, resume: bool, overwrite: bool) -> Keeper | None:
    """Prepare a folder for a run that can be interrupted, or go on with one.

    Raises
    ------
    ConfigError
        If the folder cannot be used, or there is nothing to resume.
    """
    from accelsim.formats.atomic import prepare_output_directory
    from accelsim.simulation.resume import FILE, Keeper, resumable

    if resume and not resumable(setup):
        name = setup.architecture.core.controller
        raise ConfigError(Problem(path="--resume", message=f"runs of controller `{name}` cannot be resumed"))
    interrupted = (folder / FILE).exists()
    if interrupted and not (resume or overwrite):
        message = "holds an interrupted run: go on with --resume, or replace it with --overwrite"
        raise ConfigError(Problem(str(folder), message=message))
    keeper = Keeper(folder, resume=resume)
    if resume and not interrupted:
        raise keeper.missing()
    prepare_output_directory(folder, marker=FILE if interrupted else "result.json", overwrite=resume or overwrite)
    if interrupted and not resume:
        keeper.finish()
    return keeper if resumable(setup) else None


@contextmanager
def interruptible(keeper: Keeper | None) -> Iterator[None]:
    """Ctrl-C stops the run after the present samples and says how to go on; a second one stops it at once."""
    if keeper is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    from accelsim.simulation.resume import Interrupted

    before = signal.getsignal(signal.SIGINT)

    def stop(*_: Any) -> None:
        keeper.stop()
        signal.signal(signal.SIGINT, before)
        print("stopping after the present samples; Ctrl-C again stops at once", file=sys.stderr)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    except Interrupted:
        folder = keeper.path.parent
        print(f"interrupted; the same command with `--out {folder} --resume` goes on", file=sys.stderr)
        raise SystemExit(STATUS) from None
    finally:
        signal.signal(signal.SIGINT, before)
