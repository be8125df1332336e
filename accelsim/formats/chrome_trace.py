"""Chrome trace JSON: timelines that chrome://tracing and ui.perfetto.dev open; one microsecond is one cycle."""

from __future__ import annotations

import json
from typing import Any

from accelsim.formats.timeline import Timeline


def chrome_trace(timeline: Timeline) -> str:
    """A timeline as Chrome trace JSON.

    Returns
    -------
    str
        A JSON document: a thread per track, a complete event (`X`) per slice, a global instant (`i`) per instant,
        a counter event (`C`) per change, and a pair of flow events (`s`, `f`) with one id per arrow.
    """
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "thread_name", "pid": 0, "tid": i, "args": {"name": name}}
        for i, name in enumerate(timeline.tracks)
    ]
    events += [{"ph": "i", "s": "g", "name": name, "pid": 0, "tid": 0, "ts": at} for at, name in timeline.instants]
    for each in timeline.slices:
        place = {"pid": 0, "tid": each.track, "ts": each.start, "dur": each.length}
        events.append({"ph": "X", "name": each.name, **place, "args": dict(each.arguments)})
    for name, values in timeline.counters.items():
        events += [{"ph": "C", "name": name, "pid": 0, "ts": at, "args": {"value": value}} for at, value in values]
    for number, ends in enumerate(timeline.arrows):
        for kind, end in zip(({"ph": "s"}, {"ph": "f", "bp": "e"}), ends, strict=True):
            at = timeline.slices[end]
            events.append(
                {**kind, "id": number, "name": "update", "cat": "spike", "pid": 0, "tid": at.track, "ts": at.start}
            )
    return json.dumps({"displayTimeUnit": "ns", "traceEvents": events})
