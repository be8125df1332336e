"""Whole runs of event-driven chips: learning, traffic under overload, and both engines with the same figures."""

import numpy as np
import pytest

from accelsim.config.loader import load_document
from accelsim.simulation.event_run import EventRun
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare
from accelsim.workload.stream import chunks


def setup(chip, seed=0, architecture=(), **workload):
    settings = [f"{key}={value}" for key, value in workload.items()]
    return prepare(
        load_document(chip, "architecture", overrides=list(architecture)),
        load_document(f"{chip}_digits", "workload", overrides=settings),
        seed,
    )


@pytest.fixture(scope="module")
def learnt():
    return run(setup("odin", epochs=1, training_samples=500, test_samples=200))


def test_digits_are_learnt(learnt):
    frozen = run(setup("odin", epochs=1, training_samples=0, test_samples=200))
    assert learnt.accuracy_test > frozen.accuracy_test + 0.4


def test_every_event_is_served_or_withdrawn(learnt):
    assert learnt.events == learnt.events_served + learnt.events_withdrawn
    assert learnt.events_withdrawn == learnt.pushes_dropped == 0


def test_cycles_by_state_are_all_cycles(learnt):
    cycles = sum(count for counter, count in learnt.counters.items() if counter.kind == "cycles")
    assert cycles == learnt.cycles == 500 * 2 * 37_500 + 200 * 6 * 37_500


def test_synaptic_operations_are_updates_by_events(learnt):
    executions = {c.phase: n for c, n in learnt.counters.items() if (c.kind, c.target) == ("run", "update")}
    assert executions["tref_all"] == 256 * 2 * 700
    assert learnt.sop == executions["pop_neuron"] + executions["pop_virtual"]
    assert executions["pop_virtual"] == 34 * 500
    assert learnt.energy_per_learning_event_pj > 0


def test_queues_and_links_are_charged_for_what_passes_them(learnt):
    charged = {(row["component"], row["action"]): row for row in learnt.tables["energy"]}
    assert charged["main", "push"]["count"] == learnt.pushes
    assert charged["main", "pop"]["count"] == learnt.pops
    assert charged["burst", "push"]["count"] == charged["burst", "pop"]["count"] == 0
    assert charged["input_link", "packet"]["count"] == learnt.events_served
    assert charged["output_link", "packet"]["count"] == learnt.packets
    for key in (("main", "push"), ("main", "pop"), ("main", "clock"), ("burst", "clock"), ("burst", "leakage"),
                ("input_link", "packet"), ("output_link", "packet")):  # fmt: skip
        assert 0 < charged[key]["energy_pj_low"] < charged[key]["energy_pj"] < charged[key]["energy_pj_high"], key
    told = learnt.explain("energy.main.push")
    assert "push actions of main in the run" in told
    assert "gate-level NanGate45 flip-flop FIFOs" in told
    assert "side of the area" in learnt.explain("energy.output_link.packet")


def test_a_stalled_link_loses_events_and_accuracy(learnt):
    fast = {"epochs": 1, "training_samples": 500, "test_samples": 200}
    hurried = run(setup("odin", **fast, **{"task.tick": "20 us"}))
    assert hurried.events_withdrawn > hurried.events / 2
    assert hurried.latency_event_us > 10 * learnt.latency_event_us
    assert hurried.accuracy_test < learnt.accuracy_test - 0.1


@pytest.mark.slow
def test_a_queue_that_is_too_short_drops_spikes_and_one_that_is_too_long_serves_them_too_late():
    found = {
        (tick, depth): run(
            setup("tinyodin", architecture=[f"core.queues.main.depth={depth}"], test_samples=60, **{"task.tick": tick})
        )
        for tick, depth in (("500 us", 128), ("500 us", 1), ("100 us", 8), ("100 us", 128))
    }
    easy, narrow, hurried, late = found.values()
    assert easy.pushes_dropped == 0 < narrow.pushes_dropped
    assert hurried.pushes_dropped > 0
    assert easy.accuracy_test > narrow.accuracy_test
    assert easy.accuracy_test > hurried.accuracy_test > late.accuracy_test + 0.3


def test_a_network_rounded_to_few_bits_keeps_its_answers():
    result = run(setup("tinyodin", test_samples=500))
    assert result.accuracy_test >= result.accuracy_float - 0.03


@pytest.mark.parametrize(
    ("chip", "sizes"), [("odin", {"training_samples": 3, "test_samples": 2}), ("tinyodin", {"test_samples": 2})]
)
def test_both_engines_give_the_same_run(chip, sizes):
    found = []
    for engine in ("compiled", "simpy"):
        prepared = setup(chip, epochs=1, **sizes)
        result = run(prepared, engine=engine)
        found.append((dict(result.counters), result.tables["epochs"], prepared.controller.state.synapses.copy()))
        assert result.about["engines_agree"]
    assert found[0][:2] == found[1][:2]
    assert np.array_equal(found[0][2], found[1][2])


def test_inference_changes_no_weight():
    prepared = setup("odin", epochs=1, training_samples=0, test_samples=20)
    before = prepared.controller.weights()["w"]
    run(prepared)
    assert np.array_equal(before, prepared.controller.weights()["w"])


def test_the_window_leaves_the_run_as_it_was():
    counted = []
    for window in (range(0), range(2, 5)):
        prepared = setup("odin", epochs=1, training_samples=4, test_samples=0)
        runner = EventRun(prepared, "compiled")
        (chunk,) = chunks(prepared.workload, 0)
        counted.append(runner.run(chunk, window, 0).counted)
    assert np.array_equal(*counted)
