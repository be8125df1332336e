"""Progress bars with rate and time left; silent when the output is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PIPE_WIDTH = 160
"""Characters of a line where no terminal says how many there are."""


def console() -> Console:
    """Standard output: plain text, coloured only by styles, and wide if it is no terminal."""
    plain = Console(markup=False, highlight=False)
    if not plain.is_terminal:
        plain.width = PIPE_WIDTH
    return plain


@contextmanager
def _bar(console: Console, rate_unit: str) -> Iterator[tuple[Progress, Any]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{{task.fields[rate]}} {rate_unit}"),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress:
        yield progress, progress.add_task("starting", total=None, rate="-")


@contextmanager
def run_progress(console: Console) -> Iterator[Callable[[Any], None]]:
    """Progress of one run: epoch, split, task, samples, accuracy so far."""
    with _bar(console, "samples/s") as (progress, task):

        def tell(state: Any) -> None:
            accuracy = "" if state.accuracy is None else f", accuracy {state.accuracy:.2f}"
            at = f"{state.split}" if state.task is None else f"{state.split} task {state.task}"
            speed = progress.tasks[task].speed
            progress.update(
                task,
                completed=state.samples,
                total=state.total_samples,
                description=f"epoch {state.epoch + 1}/{state.epochs} {at}{accuracy}",
                rate=f"{speed:.1f}" if speed else "-",
            )

        yield tell


@contextmanager
def sweep_progress(console: Console) -> Iterator[Callable[[Any], None]]:
    """Progress of a sweep: points done, failed, taken from the cache, and the best so far."""
    with _bar(console, "points/s") as (progress, task):

        def tell(state: Any) -> None:
            progress.update(
                task,
                completed=state.done,
                total=state.total,
                description=", ".join(
                    [
                        *([f"{state.failed} failed"] if state.failed else []),
                        *([f"{state.cached} cached"] if state.cached else []),
                        *([f"best {state.best}"] if state.best else []),
                    ]
                )
                or "points",
                rate=f"{state.rate_per_s:.2f}" if state.rate_per_s else "-",
            )

        yield tell


@contextmanager
def noc_progress(console: Console) -> Iterator[Callable[[], None]]:
    """Progress of a latency-throughput curve: measurements done; how many the search needs is not known."""
    with _bar(console, "measurements/s") as (progress, task):

        def tell() -> None:
            speed = progress.tasks[task].speed
            progress.update(task, advance=1, description="measuring", rate=f"{speed:.1f}" if speed else "-")

        yield tell


@contextmanager
def counted_progress(console: Console, what: str, of: int) -> Iterator[Callable[[], None]]:
    """Progress of so many like things: how many are done."""
    with _bar(console, f"{what}/s") as (progress, task):
        progress.update(task, total=of, description=what)

        def tell() -> None:
            speed = progress.tasks[task].speed
            progress.update(task, advance=1, rate=f"{speed:.3f}" if speed else "-")

        yield tell
