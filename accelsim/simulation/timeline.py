"""Timelines of the window of a run, and the files they are written to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.controllers.event_driven import EventController
from accelsim.engine.event_log import TRAFFIC
from accelsim.engine.log import ACTIONS, BEGIN, END, RUN, components
from accelsim.formats.atomic import write_bytes_atomic
from accelsim.formats.chrome_trace import chrome_trace
from accelsim.formats.perfetto import perfetto_trace
from accelsim.formats.timeline import Slice, Timeline
from accelsim.formats.vcd import vcd
from accelsim.simulation.event_run import HANDSHAKE, WAITING
from accelsim.simulation.part import Window
from accelsim.simulation.setup import Setup

FORMATS: Mapping[str, Callable[[Timeline], bytes]] = {
    ".json": lambda timeline: chrome_trace(timeline).encode(),
    ".pftrace": perfetto_trace,
    ".vcd": lambda timeline: vcd(timeline).encode(),
}
"""Writers by the suffix of the file."""
NAMED = {
    "queues": ("queue", "entry", "operation"),
    "spikes": ("spike", "neuron", "code"),
    "packets": ("packet", "word", "packets"),
}
"""Traffic of event-driven cores: name of the slice, of its operand, of its count."""
CHANGE = ("change", "address", "content")
"""The same of a memory word whose content changes."""


def timeline_of(window: Window, globs: Sequence[str] = ()) -> Timeline:
    """The events of a window as a timeline.

    Parameters
    ----------
    window : Window
    globs : sequence of str
        Patterns of the components to show; all without any.

    Returns
    -------
    Timeline
        A track per component, a slice per span of a state and per action, an instant per time step, depths of queues,
        arrows from spikes to updates of weights; what is not shown has no arrows.
    """
    log = window.log
    shown = {i: track for track, i in enumerate(i for i, name in enumerate(log.components) if matches(name, globs))}
    traffic = log.components[-len(TRAFFIC) :] == TRAFFIC
    slices: list[Slice] = []
    at_row: dict[int, int] = {}
    # A core is in one state at a time, so what began first ends first; a state may begin anew as it ends.
    began: dict[int, deque[tuple[int, int]]] = {}
    for row, (time, component, action, operand, count) in enumerate(log.rows.tolist()):
        if component not in shown:
            continue
        track, name = shown[component], log.components[component]
        if action == BEGIN:
            began.setdefault(component, deque()).append((row, time))
        elif action == END:
            begin, start = began[component].popleft()
            at_row[begin] = len(slices)
            slices.append(Slice(track, name, start, time - start))
        else:
            label, *keys = (ACTIONS[action], "operand", "count")
            if traffic and action == RUN:
                label, *keys = NAMED.get(name, CHANGE)
            at_row[row] = len(slices)
            slices.append(Slice(track, label, time, 1, dict(zip(keys, (operand, count), strict=True))))
    return Timeline(
        [log.components[i] for i in shown],
        slices,
        [(int(start), f"tick {window.first_tick + i}") for i, start in enumerate(log.tick_start)],
        {name: values.tolist() for name, values in window.depths.items() if matches(name, globs)},
        [(at_row[a], at_row[b]) for a, b in window.arrows.tolist() if a in at_row and b in at_row],
    )


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a name fits one of the patterns, or there is none."""
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def write_timeline(path: Path | str, window: Window, globs: Sequence[str] = ()) -> None:
    """Write a timeline in the format that the suffix of the file names (see :func:`check_timeline`)."""
    write_bytes_atomic(path, FORMATS[Path(path).suffix](timeline_of(window, globs)))


def check_timeline(path: str) -> None:
    """Raise `ConfigError` if a file has no suffix of a format."""
    if Path(path).suffix not in FORMATS:
        *others, last = FORMATS
        message = f"`{path}` does not end in {', '.join(others)} or {last}"
        raise ConfigError(Problem(path="--trace", message=message))


def check_components(globs: Sequence[str], setup: Setup) -> None:
    """Raise `ConfigError` with every pattern that no component of the core fits."""
    names = component_names(setup)
    problems = [
        Problem(path="--components", message=f"no component fits `{glob}`{choose_from(glob, names)}")
        for glob in globs
        if not any(matches(name, [glob]) for name in names)
    ]
    if problems:
        raise ConfigError(problems)


def component_names(setup: Setup) -> list[str]:
    """Components of the timelines of a run, and queues whose depth they show."""
    core = setup.architecture.core
    if isinstance(setup.controller, EventController):
        return [*core.phases, WAITING, HANDSHAKE, *core.memories, *TRAFFIC, *core.queues]
    names, _ = components(setup.program.states, core)
    if setup.mesh is None:
        return list(names)
    return [f"core {number}: {name}" for number in range(setup.cores) for name in names]
