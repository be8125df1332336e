"""Chrome trace JSON: timelines that chrome://tracing and ui.perfetto.dev open; one microsecond is one cycle."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

BEGIN, END = 0, 1
NAMES = ("begin", "end", "read", "write", "run")


def chrome_trace(components: Sequence[str], rows: Any, tick_start: Any, first_tick: int) -> str:
    """Event log as Chrome trace JSON.

    Parameters
    ----------
    components : names by number
    rows : int array, shape (events, 5)
        Time, component, action (begin, end, read, write, run), operand, count; ordered by time.
    tick_start : int array
        Cycle at which each time step begins.
    first_tick : int
        Number of the first time step.

    Returns
    -------
    str
        A JSON document: one track per component, a slice per span of a state or per action, an instant per tick.
    """
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "thread_name", "pid": 0, "tid": i, "args": {"name": name}}
        for i, name in enumerate(components)
    ]
    for i, start in enumerate(tick_start):
        events.append({"ph": "i", "s": "g", "name": f"tick {first_tick + i}", "pid": 0, "tid": 0, "ts": int(start)})
    # A core is in one state at a time, so what began first ends first; a state may begin anew as it ends.
    began: dict[int, deque[int]] = {}
    for time, component, action, operand, count in rows.tolist():
        if action == BEGIN:
            began.setdefault(component, deque()).append(time)
        elif action == END:
            start = began[component].popleft()
            events.append(_slice(components[component], component, start, time - start, {}))
        else:
            events.append(_slice(NAMES[action], component, time, 1, {"operand": operand, "count": count}))
    return json.dumps({"displayTimeUnit": "ns", "traceEvents": events})


def _slice(name: str, track: int, start: int, length: int, arguments: dict[str, int]) -> dict[str, Any]:
    return {"ph": "X", "name": name, "pid": 0, "tid": track, "ts": start, "dur": length, "args": arguments}
