import inspect

import numpy as np
import pytest

from accelsim.controllers.odin import kernels
from accelsim.controllers.tinyodin import kernels as tiny_kernels
from accelsim.datapath.emit import emit, word
from accelsim.datapath.fields import halves, named_fields, pack, unpack, whole
from accelsim.datapath.intervals import Interval
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.trace import call, reachable
from accelsim.neurons import odin_izhikevich, odin_lif, tinyodin_lif
from accelsim.neurons.odin_izhikevich import IZHIKEVICH
from accelsim.neurons.odin_lif import LIF
from accelsim.neurons.tinyodin_lif import LIF as TINY

EVENT = {"tref": (0, 1), "inhibitory": (0, 1), "w": (0, 7), "burst_end": (0, 1)}


def update(layout, event, **values):
    """Changed fields, spike code and flags of one update of an ODIN word."""
    before = pack(layout, {"lif": int(layout is LIF), **values})
    operands = [event.get(name, 0) for name in EVENT]
    low, high, code, up, down = kernels.update_neuron(*halves(before), *operands)
    old, new = unpack(layout, before), unpack(layout, whole(low, high))
    return {name: value for name, value in new.items() if value != old[name]}, code, (up, down)


@pytest.mark.parametrize(
    ("event", "core", "expected"),
    [
        ({"w": 5}, 90, {"core": 95}),
        ({"w": 5}, 94, {"core": 99}),
        ({"w": 7, "inhibitory": 1}, 3, {"core": 0}),
        ({"tref": 1, "w": 7}, 50, {"core": 10}),
        ({"tref": 1}, 20, {"core": 0}),
    ],
)
def test_lif_below_threshold(event, core, expected):
    assert update(LIF, event, core=core, thr=100, leak_str=40, leak_en=1) == (expected, 0, (0, 0))


def test_lif_fires_and_resets():
    assert update(LIF, {"w": 5}, core=95, thr=100) == ({"core": 0}, 0x40, (0, 0))
    assert update(LIF, {"w": 5}, core=95, thr=100, disable=1) == ({"core": 0}, 0, (0, 0))
    assert update(LIF, {"w": 7}, core=252, thr=255) == ({"core": 0}, 0x40, (0, 0))  # saturates at 255
    assert update(LIF, {"tref": 1}, core=100, thr=100) == ({"core": 0}, 0x40, (0, 0))
    assert update(LIF, {}, thr=0) == ({}, 0x40, (0, 0))


def test_lif_calcium_and_flags():
    learns = {"ca_en": 1, "thr": 100, "thetamem": 50, "theta1": 1, "theta2": 3, "theta3": 5}
    assert update(LIF, {"w": 1}, core=49, calcium=4, **learns) == ({"core": 50}, 0, (1, 0))
    assert update(LIF, {"w": 1}, core=48, calcium=4, **learns) == ({"core": 49}, 0, (0, 0))
    assert update(LIF, {"w": 1}, core=48, calcium=2, **learns) == ({"core": 49}, 0, (0, 1))
    assert update(LIF, {"w": 1}, core=99, calcium=0, **learns) == ({"core": 0, "calcium": 1}, 0x40, (0, 1))
    leaks = {"caleak": 2, "caleak_cnt": 1, "calcium": 2}
    assert update(LIF, {"tref": 1}, **learns, **leaks) == ({"caleak_cnt": 0, "calcium": 1}, 0, (0, 1))
    assert update(LIF, {}, **learns, **leaks) == ({}, 0, (0, 1))
    both = update(LIF, {"tref": 1}, core=100, **learns, **leaks)
    assert both == ({"core": 0, "caleak_cnt": 0}, 0x40, (0, 1))


def test_izhikevich_steps_when_the_selected_bit_toggles():
    tonic = {"thr": 3, "fi_sel": 0, "leak_en": 1, "leak_str": 2}
    assert update(IZHIKEVICH, {"w": 5}, acc=2, **tonic)[0] == {"acc": 7}
    assert update(IZHIKEVICH, {"w": 6}, acc=2, **tonic)[0] == {"acc": 8, "core": 1, "st": 1}
    changed, code, _ = update(IZHIKEVICH, {"w": 6}, acc=2, core=2, rfr=4, **tonic)
    assert (changed, code) == ({"acc": 8, "core": -4, "refrac": 1, "st": 1, "sdone": 1}, 0x40)
    changed, code, _ = update(IZHIKEVICH, {"tref": 1}, core=-4, refrac=1, st=2, **tonic)
    assert (changed, code) == ({"acc": 2046, "core": -3, "ss": 2, "st": 0, "s0": 1, "ie": 1}, 0)
    assert update(IZHIKEVICH, {"w": 1, "inhibitory": 1}, core=2, **tonic)[0] == {"acc": 2047, "core": 1, "st": -1}


def test_a_zero_word_spikes_on_every_update():
    for event in ({}, {"w": 3}, {"tref": 1}, {"w": 1, "inhibitory": 1}):
        assert update(IZHIKEVICH, event)[1] == 0x40


def test_izhikevich_bursts():
    burst = {"thr": 1, "spk_ref": 3, "isi_ref": 2, "ca_en": 1, "burst_incr": 1}
    changed, code, _ = update(IZHIKEVICH, {"w": 1}, acc=7, **burst)
    assert (changed["bulock"], changed["calcium"], code) == (1, 4, 0x40 | 3 << 3 | 2)
    assert update(IZHIKEVICH, {"w": 1}, acc=7, mlock=1, **burst)[1] == 0x40
    assert update(IZHIKEVICH, {"burst_end": 1}, bulock=1, **burst)[0] == {"bulock": 0}


def test_resonator_rotates_and_resonates():
    resonator = {"reson_en": 1, "thr": 5, "stim_thr": 1}
    assert update(IZHIKEVICH, {"w": 1}, acc=7, core=3, rsign=0, **resonator)[0] == {"acc": 8, "core": 4, "st": 1}
    assert update(IZHIKEVICH, {"w": 1}, acc=7, core=3, rsign=3, **resonator)[0] == {"acc": 8, "core": 2, "st": 1}
    assert update(IZHIKEVICH, {"tref": 1}, core=3, rsign=0, **resonator)[0] == {"rsign": 3}
    assert update(IZHIKEVICH, {"tref": 1}, core=3, rsign=3, **resonator)[0] == {"core": 2, "rsign": 1}
    assert update(IZHIKEVICH, {"tref": 1}, core=1, rsign=3, **resonator)[0] == {"core": 0, "rsign": 0}


def test_accommodating_threshold():
    assert update(IZHIKEVICH, {"tref": 1}, acc_en=1, thr=4, st=2)[0]["tmod"] == 2
    assert update(IZHIKEVICH, {"tref": 1}, acc_en=1, thr=4, st=5)[0]["tmod"] == 3
    assert update(IZHIKEVICH, {"tref": 1}, acc_en=1, thr=4, st=-5)[0]["tmod"] == 13  # 1 - 4


@pytest.mark.parametrize(
    ("tref", "w", "core", "expected"),
    [
        (0, 7, 90, (97, 0)),
        (0, 7, 93, (0, 0x40)),
        (0, -8, -2045, (-2048, 0)),
        (1, 7, -3, (0, 0)),
        (1, 7, -50, (-40, 0)),
        (1, 7, 50, (40, 0)),
    ],
)
def test_tinyodin(tref, w, core, expected):
    before = np.uint32(pack(TINY, {"core": core, "thr": 100, "leak_str": 10}))
    after, code = tiny_kernels.update_neuron(before, tref, w)
    assert (unpack(TINY, int(after))["core"], code) == expected


def test_tinyodin_thresholds_at_the_ends():
    def core_after(w, **values):
        after, code = tiny_kernels.update_neuron(np.uint32(pack(TINY, values)), 0, w)
        return unpack(TINY, int(after))["core"], code

    assert core_after(7, core=2045, thr=2048) == (2047, 0)
    assert core_after(0, core=0, thr=0) == (0, 0x40)
    assert core_after(7, core=0, thr=7, disable=1) == (0, 0)
    assert [tiny_kernels.synapse_weight(np.uint64(0x0000007F), k, 4) for k in (0, 1, 2)] == [-1, 7, 0]
    assert [tiny_kernels.synapse_weight(np.uint64(0x7FFF80), k, 8) for k in (0, 1, 2)] == [-128, -1, 127]


@pytest.mark.parametrize(
    ("model", "layout", "weights"),
    [(odin_lif, LIF, (0, 7)), (odin_izhikevich, IZHIKEVICH, (0, 7)), (tinyodin_lif, TINY, (-8, 7))],
)
def test_what_is_traced_is_what_runs(model, layout, weights):
    """The recorded operations of an update, run as source, give the function's results within the fields."""
    ranges = EVENT | {"w": weights} | {name: (field.low, field.high) for name, field in named_fields(layout)}
    ranges = {name: ranges[name] for name in inspect.signature(model.update).parameters}
    recorder = Recorder()
    outputs = call(model.update, {name: recorder.input(name, Interval(*ends)) for name, ends in ranges.items()})
    statements, _ = emit(reachable(outputs), "k")
    text = "\n".join([*statements, f"result = {', '.join(map(word, outputs))}"])
    code = compile(text, "traced", "exec")
    rng = np.random.default_rng(1)
    for _ in range(300):
        values = {name: int(rng.integers(low, high + 1)) for name, (low, high) in ranges.items()}
        scope = {f"{name}_": value for name, value in values.items()} | {"int32": int, "int64": int}
        exec(code, scope)
        expected = model.update(**values)
        assert tuple(map(int, scope["result"])) == tuple(map(int, expected))
        for value, output in zip(expected, outputs, strict=True):
            assert output.value.low <= value <= output.value.high


def test_results_fit_their_fields():
    """Widths of the recorded state never exceed those of the word."""
    for model, layout, names in (
        (odin_lif, LIF, ["core", "calcium", "caleak_cnt"]),
        (odin_izhikevich, IZHIKEVICH, list(IZHIKEVICH._fields)[IZHIKEVICH._fields.index("acc") : -1]),
    ):
        recorder = Recorder()
        ranges = EVENT | {name: (field.low, field.high) for name, field in named_fields(layout)}
        arguments = inspect.signature(model.update).parameters
        outputs = call(model.update, {name: recorder.input(name, Interval(*ranges[name])) for name in arguments})
        for name, output in zip(names, outputs, strict=False):
            assert output.value.within(Interval(*ranges[name])), name
