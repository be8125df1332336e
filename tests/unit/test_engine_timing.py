"""Schedules worked out by hand: stretched steps, initiation intervals, odd tails, different first iterations."""

import json

import pytest

from accelsim.architecture.phases import Nest
from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.engine.timing import Demand, leaf_timing


def core(ports="1RW", clock_ratio=1, **cycles):
    memory = {
        "words": "fit",
        "items": 1,
        "ports": ports,
        "clock_ratio": clock_ratio,
        "holds": {"columns": "n", "item_bits": 8},
        **cycles,
    }
    data = {
        "architecture": "a", "technology": "28nm", "voltage": "1 V", "clock": "1 MHz",
        "core": {
            "controller": "c", "memories": {"m": memory, "other": memory}, "units": {},
            "index_sets": {"n": {"population": "n"}},
            "phases": {"p": {"body": [{"steps": [{}]}]}}, "sequence": ["p"],
        },
    }  # fmt: skip
    return validate(Document.of(data, "architecture"), Architecture).core


def schedule(core, steps, demands, pipelined=True, partial=False):
    nest = Nest.model_validate_json(json.dumps({"for": "n", "steps": steps, "pipelined": pipelined}))
    return leaf_timing(core, nest, demands, partial)


def reads(n, memory="m", when=()):
    return Demand(memory, False, n, when)


def writes(n, memory="m", when=()):
    return Demand(memory, True, n, when)


@pytest.mark.parametrize(
    ("ports", "ratio", "demands", "cycles"),
    [
        ("1RW", 1, [reads(1)], 1),
        ("1RW", 1, [reads(3)], 3),
        ("1RW", 1, [reads(2), writes(2)], 4),
        ("1RW", 2, [reads(2), writes(1)], 2),
        ("2RW", 1, [reads(2), writes(1)], 2),
        ("1R1W", 1, [reads(2), writes(2)], 2),
        ("2R1W", 1, [reads(4), writes(1)], 2),
        ("2R2W", 2, [reads(4), writes(4)], 1),
        ("1RW", 1, [reads(2), reads(3, "other")], 3),
        ("1RW", 1, [reads(1, when=("c",)), writes(1, when=("not c",))], 1),
        ("1RW", 1, [reads(1, when=("c",)), writes(1, when=("d",))], 2),
    ],
)
def test_steps_grow_with_their_accesses(ports, ratio, demands, cycles):
    timing = schedule(core(ports, ratio), [{}], [demands], pipelined=False)
    assert timing.cycles == (cycles,)
    assert timing.duration(5) == 5 * cycles


@pytest.mark.parametrize(
    ("ports", "ratio", "read", "write", "demands", "cycles"),
    [
        ("1RW", 1, 3, 10, [reads(2), writes(1)], 16),
        ("2RW", 1, 3, 10, [reads(1), writes(1)], 10),
        ("2RW", 1, 3, 10, [reads(2), writes(1)], 13),
        ("1R1W", 1, 3, 10, [reads(4), writes(1)], 12),
        ("1RW", 2, 1, 10, [reads(2), writes(1)], 6),  # ten memory clock cycles are five of the logic
        ("1RW", 4, 2, 1, [reads(2)], 2),  # a read longer than a memory clock cycle has the port for the whole cycle
        ("1RW", 1, 2, 7, [reads(1, when=("c",)), writes(1, when=("not c",))], 7),
        ("1RW", 1, 1, 1_000_000, [writes(2)], 2_000_000),
    ],
)
def test_slow_accesses_hold_their_port(ports, ratio, read, write, demands, cycles):
    slow = core(ports, ratio, read_cycles=read, write_cycles=write)
    assert schedule(slow, [{}], [demands], pipelined=False).cycles == (cycles,)


@pytest.mark.parametrize(
    ("ports", "read", "write", "demands", "interval", "depth"),
    [
        ("1RW", 1, 10, [[reads(1)], [writes(1)]], 11, 11),  # the port is never free
        ("1R1W", 1, 10, [[reads(1)], [writes(1)]], 10, 11),
        ("2RW", 1, 10, [[reads(1)], [writes(1)]], 6, 11),  # eleven cycles of two ports: the writes take turns on them
        ("1R1W", 4, 10, [[reads(1)], [writes(1)]], 10, 14),
        ("1RW", 1, 3, [[reads(1)], [writes(1, "other")], []], 3, 5),
        ("1RW", 1, 500_000, [[reads(1)], [writes(1)]], 500_001, 500_001),
    ],
)
def test_slow_accesses_set_the_interval(ports, read, write, demands, interval, depth):
    timing = schedule(core(ports, read_cycles=read, write_cycles=write), [{}] * len(demands), demands)
    assert (timing.interval, timing.depth) == (interval, depth)


def test_a_step_has_at_least_its_own_cycles():
    assert schedule(core(), [{"cycles": 6}], [[reads(2)]], pipelined=False).cycles == (6,)


@pytest.mark.parametrize(
    ("ports", "ratio", "demands", "interval", "duration"),
    [
        ("1RW", 1, [[reads(1)], [writes(1)]], 2, 20),  # one port: the write and the next read take turns
        ("1R1W", 1, [[reads(1)], [writes(1)]], 1, 11),
        ("1RW", 2, [[reads(1)], [writes(1)]], 1, 11),
        ("2RW", 1, [[reads(1)], [writes(1)]], 1, 11),
        ("1RW", 1, [[reads(1)], [writes(1, "other")]], 1, 11),
        ("1RW", 1, [[reads(1)], [], [writes(1)]], 3, 30),  # an interval of 2 would meet the write two cycles later
        ("1RW", 1, [[reads(1)], [], [], [writes(1)]], 2, 22),
        ("1RW", 1, [[reads(2)], [writes(1, "other")]], 2, 21),  # the port is busy for two cycles an iteration
        ("1RW", 1, [[reads(1, when=("c",))], [writes(1, when=("not c",))]], 1, 11),
    ],
)
def test_iterations_overlap_as_far_as_the_ports_allow(ports, ratio, demands, interval, duration):
    timing = schedule(core(ports, ratio), [{}] * len(demands), demands)
    assert timing.interval == interval
    assert timing.duration(10) == duration
    assert timing.duration(1) == timing.depth
    assert timing.duration(0) == 0


def test_without_pipelining_iterations_follow_each_other():
    timing = schedule(core("1R1W"), [{}, {}], [[reads(1)], [writes(1)]], pipelined=False)
    assert (timing.interval, timing.duration(10)) == (2, 20)


def test_accesses_get_the_earliest_slots():
    timing = schedule(core("1RW"), [{}], [[reads(2), reads(1, "other"), writes(1)]])
    assert timing.slots == (((0, 1), (0,), (2,)),)


def test_a_half_filled_last_word():
    steps = [{}, {"whole_words": True}]
    alone = schedule(core("1RW"), steps, [[reads(1)], [writes(1)]], partial=True)
    assert [alone.duration(n) for n in (1, 2, 5)] == [1, 3, 9]
    beside = schedule(core("1R1W"), steps, [[reads(1)], [writes(1)]], partial=True)
    assert [beside.duration(n) for n in (1, 2, 5)] == [1, 2, 5]  # the write before ends with the last read


def test_a_different_first_iteration():
    timing = schedule(core(), [{"cycles": 6, "first_cycles": 4}], [[]], pipelined=False)
    assert [timing.duration(n) for n in (1, 2, 4)] == [4, 10, 22]
    grown = schedule(core(), [{"cycles": 6, "first_cycles": 1}], [[reads(2)]], pipelined=False)
    assert grown.duration(1) == 2


def test_a_step_beside_what_follows():
    assert schedule(core(), [{"cycles": 0}], [[]]).duration(7) == 0


@pytest.mark.parametrize(
    ("nest", "path", "message"),
    [
        ({"steps": [{"cycles": 0, "reads": ["m"]}]}, "steps.0.cycles",
         "0, but the step accesses a memory; a port takes a cycle"),
        ({"for": "n", "steps": [{"first_cycles": 2}, {}]}, "steps.0.first_cycles",
         "needs a nest of one step that is not pipelined"),
        ({"for": "n", "pipelined": True, "steps": [{"first_cycles": 2}]}, "steps.0.first_cycles",
         "needs a nest of one step that is not pipelined"),
        ({"for": "n", "steps": [{"first_cycles": 2, "whole_words": True}]}, "steps.0.first_cycles",
         "a step has either `first_cycles` or `whole_words`"),
        ({"for": "n", "steps": [{"whole_words": True}, {}]}, "steps.0.whole_words",
         "every step after it must have it too"),
        ({"for": ["n", "k"], "steps": [{"whole_words": True}]}, "steps.0.whole_words",
         "needs a nest over one index set"),
        ({"for": "n", "body": [{"for": "n", "steps": [{}]}]}, "body.0.for", "a loop over `n` inside a loop over `n`"),
        ({"for": ["n", "n"], "steps": [{}]}, "for", "a loop over `n` inside a loop over `n`"),
    ],
)  # fmt: skip
def test_tables_that_no_control_can_follow(nest, path, message):
    memory = {"words": "fit", "items": 1, "holds": {"columns": "n", "item_bits": 8}}
    data = {
        "architecture": "a", "technology": "28nm", "voltage": "1 V", "clock": "1 MHz",
        "core": {
            "controller": "c", "memories": {"m": memory}, "units": {},
            "index_sets": {"n": {"population": "n"}, "k": {"count": 2}},
            "phases": {"p": {"body": [nest]}}, "sequence": ["p"],
        },
    }  # fmt: skip
    with pytest.raises(ConfigError) as error:
        validate(Document.of(data, "architecture"), Architecture)
    assert [(p.path, p.message) for p in error.value.problems] == [(f"core.phases.p.body.0.{path}", message)]
