"""Timelines in every format, read back, and arrows from spikes to updates against a search by hand."""

from __future__ import annotations

import json
import struct
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from accelsim.cli import main
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.engine.event_log import queue_depth
from accelsim.engine.event_timeline import Timeline as EventTimeline
from accelsim.engine.log import BEGIN, END, READ, RUN, WRITE, EventLog
from accelsim.formats.chrome_trace import chrome_trace
from accelsim.formats.perfetto import CYCLE_NS, perfetto_trace
from accelsim.formats.timeline import Slice, Timeline
from accelsim.formats.vcd import vcd
from accelsim.simulation.arrows import event_arrows
from accelsim.simulation.part import Window
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare
from accelsim.simulation.timeline import check_components, component_names, timeline_of, write_timeline

SHORT = (
    "task.cues=1", "task.cue_duration=10 ms", "task.cue_spacing=12 ms", "task.delay=8 ms", "task.recall_duration=10 ms",
    "network.recurrent=30", "epochs=1", "training_samples=1", "test_samples=0",
)  # fmt: skip
SMALL = Timeline(
    ("sweep", "weights", "sweep"),  # a state may be called like a stage
    (
        Slice(0, "sweep", 0, 4),
        Slice(0, "sweep", 4, 0),
        Slice(0, "sweep", 4, 3),
        Slice(1, "read", 1, 1, {"operand": 7, "count": 2}),
        Slice(1, "read", 1, 1, {"operand": 7, "count": 3}),
        Slice(1, "write", 5, 1, {"operand": 300, "count": 1}),
        Slice(2, "run", 2, 1, {"operand": -1, "count": 4}),
    ),
    ((0, "tick 8"), (4, "tick 9")),
    {"main": ((0, 1), (3, 0), (6, 2))},
    ((0, 5), (2, 5)),
)


@pytest.fixture(scope="module")
def programmed():
    return prepare(
        load_document("single_core", "architecture"),
        load_document("cue_accumulation", "workload", overrides=SHORT),
        seed=1,
    )


@pytest.fixture(scope="module")
def window(programmed):
    return run(programmed, window=(0, 30)).window


# Waveforms


def read_vcd(text):
    """Values by signal as (cycle, value), by a parser that knows only the standard."""
    words = iter(text.split())
    scopes, names, values, now = [], {}, defaultdict(list), None
    for word in words:
        if word.startswith("$"):
            body = []
            while (part := next(words)) != "$end":
                body.append(part)
            if word == "$scope":
                scopes.append(body[1])
            elif word == "$upscope":
                scopes.pop()
            elif word == "$var":
                assert body[2] not in names
                names[body[2]] = ".".join([*scopes, body[3]])
        elif word.startswith("#"):
            assert now is None or int(word[1:]) > now
            now = int(word[1:])
        elif word.startswith("b"):
            values[names[next(words)]].append((now, int(word[1:], 2)))
        else:
            values[names[word[1:]]].append((now, int(word[0])))
    assert not scopes
    assert len(set(names.values())) == len(names)
    return dict(values)


def test_waveforms():
    assert read_vcd(vcd(SMALL)) == {
        "sweep.active": [(0, 1), (7, 0)],
        "weights.read": [(0, 0), (1, 5), (2, 0)],
        "weights.write": [(0, 0), (5, 1), (6, 0)],
        "sweep_.run": [(0, 0), (2, 4), (3, 0)],
        "counters.main": [(0, 1), (3, 0), (6, 2)],
    }


def test_waveforms_of_more_signals_than_printable_characters():
    many = Timeline([f"core {i}: learn" for i in range(200)], [Slice(i, f"core {i}: learn", i, 2) for i in range(200)])
    found = read_vcd(vcd(many))
    assert len(found) == 200
    assert found["core_150_learn.active"] == [(0, 0), (150, 1), (152, 0)]


def test_waveforms_of_a_run(window):
    found = read_vcd(vcd(timeline_of(window)))
    log = window.log
    for name in ("winp", "neurons"):
        written = log.rows[(log.rows[:, 1] == log.components.index(name)) & (log.rows[:, 2] == WRITE)]
        total = sum(value * (stop - start) for (start, value), (stop, _) in pairwise(found[f"{name}.write"]))
        assert total == written[:, 4].sum() > 0
    in_learn = sum(value * (stop - start) for (start, value), (stop, _) in pairwise(found["learn.active"]))
    assert in_learn == Spans(log, "learn").cycles


# Chrome


def test_chrome_slices_nest_and_flows_connect(window):
    timeline = timeline_of(window)
    events = json.loads(chrome_trace(timeline))["traceEvents"]
    tracks, flows = defaultdict(list), defaultdict(dict)
    for event in events:
        if event["ph"] == "X":
            tracks[event["tid"]].append((event["ts"], -event["dur"]))
        elif event["ph"] in "sf":
            flows[event["id"]][event["ph"]] = event
    for placed in tracks.values():
        assert nested(placed)
    assert len(flows) == len(timeline.arrows) > 20
    for flow in flows.values():
        assert set(flow) == {"s", "f"}
        assert flow["f"]["bp"] == "e"  # it ends at the slice around it, not at the next
        assert flow["s"]["ts"] <= flow["f"]["ts"]
        for event in flow.values():
            assert any(at <= event["ts"] < at - length for at, length in tracks[event["tid"]])


def nested(slices):
    around = []
    for start, length in sorted(slices):
        while around and around[-1] <= start:
            around.pop()
        if around and start - length > around[-1]:
            return False
        around.append(start - length)
    return True


def test_chrome_counters():
    events = [event for event in json.loads(chrome_trace(SMALL))["traceEvents"] if event["ph"] == "C"]
    assert [(event["name"], event["ts"], event["args"]["value"]) for event in events] == [
        ("main", 0, 1),
        ("main", 3, 0),
        ("main", 6, 2),
    ]


# Perfetto


def fields(data):
    """Fields of a protobuf message by number, each a list."""
    found, at = defaultdict(list), 0

    def integer():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = integer()
        if key & 7 == 0:
            found[key >> 3].append(integer())
        elif key & 7 == 1:
            found[key >> 3].append(struct.unpack_from("<Q", data, at)[0])
            at += 8
        else:
            assert key & 7 == 2
            size = integer()
            assert at + size <= len(data)
            found[key >> 3].append(data[at : at + size])
            at += size
    return found


def read_perfetto(data):
    """Slices (track, name, start, length, arguments), instants, counters and flows, as a viewer puts them together."""
    names, keys, tracks, counted = {}, {}, {}, set()
    opened, slices, instants, counters, leaving, arriving = defaultdict(list), [], [], [], {}, {}
    last = 0
    for packet in map(fields, fields(data)[1]):
        assert packet[10] == [1]
        for interned in map(fields, packet[12]):
            names |= {fields(entry)[1][0]: fields(entry)[2][0].decode() for entry in interned[2]}
            keys |= {fields(entry)[1][0]: fields(entry)[2][0].decode() for entry in interned[3]}
        for track in map(fields, packet[60]):
            tracks[track[1][0]] = track[2][0].decode()
            counted |= {track[1][0]} if track[8] else set()
        for event in map(fields, packet[11]):
            cycle, rest = divmod(packet[8][0], CYCLE_NS)
            assert rest == 0
            assert cycle >= last
            last = cycle
            (kind,), (uuid,) = event[9], event[11]
            assert (kind == 4) == (uuid in counted)
            if kind == 1:
                pairs = [fields(entry) for entry in event[4]]
                arguments = {keys[pair[1][0]]: struct.unpack("<q", struct.pack("<Q", pair[4][0]))[0] for pair in pairs}
                opened[uuid].append((names[event[10][0]], cycle, arguments, event[47], event[48]))
            elif kind == 2:
                name, start, arguments, out, into = opened[uuid].pop()
                slices.append((uuid - 1, name, start, cycle - start, tuple(arguments.items())))
                leaving |= dict.fromkeys(out, slices[-1])
                arriving |= dict.fromkeys(into, slices[-1])
            elif kind == 3:
                instants.append((cycle, event[23][0].decode()))
            else:
                counters.append((tracks[uuid], cycle, event[30][0]))
    assert not any(opened.values())
    assert set(leaving) == set(arriving)
    return tracks, slices, instants, counters, [(leaving[flow], arriving[flow]) for flow in sorted(leaving)]


def plain(each):
    return each.track, each.name, each.start, each.length, tuple(each.arguments.items())


@pytest.mark.parametrize("of", ["small", "run"])
def test_perfetto(of, window):
    timeline = SMALL if of == "small" else timeline_of(window)
    tracks, slices, instants, counters, flows = read_perfetto(perfetto_trace(timeline))
    assert list(tracks.values()) == [*timeline.tracks, *timeline.counters, "time steps"]
    assert sorted(slices) == sorted(map(plain, timeline.slices))
    assert instants == list(timeline.instants)
    assert counters == [(name, *value) for name, values in timeline.counters.items() for value in values]
    assert flows == [tuple(plain(timeline.slices[end]) for end in arrow) for arrow in timeline.arrows]


# Arrows


class Spans:
    """Where a state lasts: (begin, end, operand), and its cycles."""

    def __init__(self, log, name):
        of = log.rows[log.rows[:, 1] == log.components.index(name)]
        begins, ends = (of[of[:, 2] == action] for action in (BEGIN, END))
        self.all = list(zip(begins[:, 0].tolist(), ends[:, 0].tolist(), begins[:, 3].tolist(), strict=True))
        self.cycles = sum(end - begin for begin, end, _ in self.all)


def test_arrows_lead_from_the_last_delivery_of_a_row_to_its_updates(programmed, window):
    """In this core, deliveries of a presynaptic neuron are a span of `propagate` each; weights are in `learn`."""
    log, sizes = window.log, {name: span.size for name, span in programmed.program.placement.spans.items()}
    tick = np.searchsorted(log.tick_start, log.rows[:, 0], side="right") - 1
    expected = set()
    for name in ("winp", "wrec"):
        memory = log.components.index(name)
        of = np.flatnonzero(log.rows[:, 1] == memory)
        delivered = defaultdict(list)
        for begin, end, pre in Spans(log, "propagate").all:
            inside = [r for r in of if begin <= log.rows[r, 0] < end and log.rows[r, 2] == READ]
            if inside:
                delivered[pre].append((begin, int(tick[inside[0]])))
        learn = Spans(log, "learn").all
        for r in of[log.rows[of, 2] == WRITE]:
            time = log.rows[r, 0]
            assert any(begin <= time < end for begin, end, _ in learn)
            pre = int(log.rows[r, 3]) // sizes["row_word"] % sizes["pre"]
            before = [(at, of_tick) for at, of_tick in delivered[pre] if at < time]
            if before and tick[r] - before[-1][1] <= 1:
                expected.add((before[-1][0], int(r)))
    found = {
        (int(log.rows[a, 0]), int(b)) for a, b in window.arrows if log.components[log.rows[b, 1]] in ("winp", "wrec")
    }
    assert found == expected
    assert len(found) > 20


def test_arrows_of_event_driven_cores():
    rows = [(3, 0, BEGIN, 5, 1), (9, 0, END, 5, 1), (4, 1, RUN, 70, 1), (9, 1, RUN, 71, 1), (2, 1, RUN, 72, 1)]
    log = EventLog(("pop", "synapses"), np.array(sorted(rows), np.int64), np.zeros(1, np.int64), np.full(1, 20))
    ((begin, changed),) = event_arrows(log, ("pop",), ("synapses",)).tolist()
    assert log.rows[begin].tolist() == [3, 0, BEGIN, 5, 1]
    assert log.rows[changed].tolist() == [4, 1, RUN, 70, 1]


def test_depth_of_the_main_queue():
    fifo = np.array([(2, 0, 9, 1, 0), (7, 0, 8, 2, 0), (7, 5, 8, 2, 3), (12, 4, 9, 1, 0)], np.int64)
    none = np.zeros((0, 5), np.int64)
    timeline = EventTimeline(none, none, fifo, none, none, none)
    assert queue_depth(timeline, 0).tolist() == [[0, 0], [2, 1], [7, 2], [12, 1]]
    assert queue_depth(timeline, 5).tolist() == [[0, 1], [2, 2], [7, 1]]


# What is shown


def test_components_by_pattern(window):
    everything, some = timeline_of(window), timeline_of(window, ["learn", "w*", "propagate"])
    assert {"learn", "propagate", "winp", "wrec", "wout"} < set(some.tracks) < set(everything.tracks)
    named = [each for each in everything.slices if everything.tracks[each.track] in some.tracks]
    assert len(named) == len(some.slices)
    assert 0 < len(some.arrows) < len(everything.arrows)  # those to `wout` come from a state that is not shown
    for ends in some.arrows:
        assert some.tracks[some.slices[ends[0]].track] == "propagate"
    assert timeline_of(window, ["neurons"]).arrows == []


def test_patterns_that_nothing_fits(programmed, window):
    assert component_names(programmed) == list(window.log.components)
    check_components(["w*", "learn"], programmed)
    with pytest.raises(ConfigError, match=r"--components: no component fits `lern` \(did you mean `learn`\?\)"):
        check_components(["w*", "lern"], programmed)


def test_suffixes_choose_the_format(window, tmp_path):
    timeline = timeline_of(window, ["wout"])
    for suffix, expected in ((".json", chrome_trace), (".pftrace", perfetto_trace), (".vcd", vcd)):
        write_timeline(tmp_path / f"t{suffix}", window, ["wout"])
        data = (tmp_path / f"t{suffix}").read_bytes()
        assert data == (expected(timeline) if suffix == ".pftrace" else expected(timeline).encode())


def test_windows_without_arrows_or_depths():
    log = EventLog(("a",), np.zeros((0, 5), np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
    timeline = timeline_of(Window(3, np.zeros((0, 0), np.int64), (), log, None))
    assert timeline == Timeline(["a"], [], [(0, "tick 3")], {}, [])
    assert read_vcd(vcd(timeline)) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--trace", "t.txt"), "--trace: `t.txt` does not end in .json, .pftrace or .vcd"),
        (("--components", "w*"), "--components: chooses what `--trace FILE` shows, which is not given"),
        (("--trace", "t.vcd", "--components", "winpp"), "--components: no component fits `winpp`"),
    ],
)
def test_mistakes(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["run", "reckon", "cue_accumulation", *words])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
