"""Interpreted copies of kernels, and the operands that come by."""

import numpy as np

from accelsim.config.loader import load_document
from accelsim.controllers.odin import kernels as odin
from accelsim.controllers.odin.sweep import sweep
from accelsim.controllers.reckon import kernels, learning
from accelsim.datapath.probe import Inside, Probe, Tap, taps_of, untouched
from accelsim.neurons.odin_lif import LIF
from accelsim.simulation.setup import prepare


def contents(state):
    return {name: array.copy() for name, array in state._asdict().items() if isinstance(array, np.ndarray)}


def test_interpreted_kernels_compute_the_same_words():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 1 << 32, 50, np.uint64)
    probe = Probe({})
    interpreted = probe.copy(odin.sdsp_word)
    for word in words:
        up, down = (int(x) for x in rng.integers(0, 256, 2))
        assert interpreted(int(word), up, down, 1, 4, 8) == int(odin.sdsp_word(word, up, down, 1, 4, 8))


def test_interpreted_sweep_leaves_the_same_arrays():
    setup = prepare(load_document("odin", "architecture"), load_document("odin_digits", "workload"), seed=0)
    control = setup.controller
    control.set_learning(True)
    arguments = (*(np.zeros((s, 5), np.int64) for s in (256, 512)), False)
    probe = Probe({"update": taps_of(odin.lif_update)})
    with untouched(control.state):
        sweep(control.state, 64, 0, *arguments)
        expected = contents(control.state)
    before = contents(control.state)
    with untouched(control.state):
        probe.run(sweep, control.state, 64, 0, *arguments)
        np.testing.assert_equal(contents(control.state), expected)
    np.testing.assert_equal(contents(control.state), before)
    heard = probe.operands()["update"]
    assert heard.evaluations == 256
    assert set(heard.words["thr"]) == {255, control.settings.neuron.thr}
    assert heard.words["core"].max() <= LIF.core.high


def test_taps_choose_calls_by_turn_and_by_caller():
    every_other = {"first": {"trace": Tap(kernels.leak_trace, "trace", every=2)}}
    probe = Probe(every_other)
    leak = probe.copy(kernels.leak_trace)
    for trace in (5, 6, 7, 8):
        leak(trace, 0x7000, 0, 0)
    assert list(probe.operands()["first"].words["trace"]) == [5, 7]
    inside = Probe({"none": taps_of(learning.propose, Inside(learning.update_row, "recurrent", True))})
    inside.copy(learning.propose)(1, 2, 3, 0, 16, 0)
    assert inside.operands() == {}
