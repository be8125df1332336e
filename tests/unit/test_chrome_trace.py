import itertools
import json

import numpy as np

from accelsim.engine.log import EventLog
from accelsim.formats.chrome_trace import chrome_trace
from accelsim.simulation.part import Window
from accelsim.simulation.timeline import timeline_of

BEGIN, END, READ, WRITE, RUN = range(5)
COMPONENTS = ("count", "sweep", "neurons", "sweep")


def trace(rows, starts=(0,), first_tick=0):
    # Logs come ordered by time, then component, then action: a beginning stands before the end at the same time.
    rows = np.array(sorted(rows), np.int64).reshape(-1, 5)
    log = EventLog(COMPONENTS, rows, np.array(starts), np.array(starts))
    return json.loads(chrome_trace(timeline_of(Window(first_tick, np.zeros((0, 0), np.int64), (), log, None))))


def slices(data, track):
    return sorted((e["ts"], e["ts"] + e["dur"]) for e in data["traceEvents"] if e["ph"] == "X" and e["tid"] == track)


def test_a_track_per_component():
    names = [e["args"]["name"] for e in trace([])["traceEvents"] if e["ph"] == "M"]
    assert names == list(COMPONENTS)
    assert [e["tid"] for e in trace([])["traceEvents"] if e["ph"] == "M"] == [0, 1, 2, 3]


def test_a_state_that_ends_and_begins_again_in_the_same_cycle():
    rows = [
        (3, 0, BEGIN, 0, 0),
        (4, 0, END, 0, 0),
        (4, 0, BEGIN, 1, 0),
        (4, 0, END, 1, 0),
        (4, 0, BEGIN, 2, 0),
        (9, 0, END, 2, 0),
    ]
    assert slices(trace(rows), 0) == [(3, 4), (4, 4), (4, 9)]


def test_slices_of_a_track_do_not_overlap_unless_nested():
    rows = []
    time = 0
    for i in range(20):
        state, length = i % 2, 1 + i % 3
        rows += [(time, state, BEGIN, i, 0), (time + length, state, END, i, 0)]
        rows += [(time, 2, READ, i, 1), (time, 2, WRITE, i, 2), (time, 3, RUN, i, 2)]
        time += length
    data = trace(rows)
    for track in range(4):
        found = slices(data, track)
        assert len(found) == {0: 10, 1: 10, 2: 40, 3: 20}[track]
        for (start, stop), (next_start, next_stop) in itertools.pairwise(found):
            assert next_start >= stop or (start, stop) == (next_start, next_stop)
    assert sum(stop - start for track in (0, 1) for start, stop in slices(data, track)) == time


def test_actions_and_ticks():
    data = trace([(7, 2, WRITE, 5, 3)], starts=(0, 6), first_tick=40)
    (event,) = [e for e in data["traceEvents"] if e["ph"] == "X"]
    assert event == {
        "ph": "X",
        "name": "write",
        "pid": 0,
        "tid": 2,
        "ts": 7,
        "dur": 1,
        "args": {"operand": 5, "count": 3},
    }
    assert [(e["name"], e["ts"]) for e in data["traceEvents"] if e["ph"] == "i"] == [("tick 40", 0), ("tick 41", 6)]
