import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.datapath.trace import critical_path_depth
from accelsim.datapath.words import Float, Word
from accelsim.plasticity import PlasticityRule, load_plugin, rules, stage
from accelsim.plasticity.delta import Delta
from accelsim.plasticity.eprop import EProp
from accelsim.plasticity.eprop_fixed import EPropFixed
from accelsim.plasticity.kernels import allocate, build_neuron_kernel, build_row_kernel, parameters

STEPS, INPUTS, NEURONS, OUTPUTS = 40, 9, 6, 2
ALPHA, KAPPA, THRESHOLD = 0.9, 0.8, 0.6


def _network():
    """Forward pass of a layer without recurrence: spikes in, surrogate, error, in double precision."""
    rng = np.random.default_rng(7)
    spikes = (rng.random((STEPS, INPUTS)) < 0.2).astype(float)
    w_in, w_out = rng.normal(0, 0.5, (INPUTS, NEURONS)), rng.normal(0, 1, (NEURONS, OUTPUTS))
    v, z, y = np.zeros(NEURONS), np.zeros(NEURONS), np.zeros(OUTPUTS)
    psi, error = np.zeros((STEPS, NEURONS)), np.zeros((STEPS, OUTPUTS))
    for t in range(STEPS):
        v = ALPHA * v + spikes[t] @ w_in - THRESHOLD * z
        z = (v > THRESHOLD).astype(float)
        psi[t] = 0.3 / THRESHOLD * np.maximum(0, 1 - np.abs(v - THRESHOLD) / THRESHOLD)
        y = KAPPA * y + z @ w_out
        error[t] = y - np.sin(t / 5)
    return spikes, psi, error, w_out


def _run(rule, spikes, psi, signal):
    """Final weights minus initial ones after a kernel run of the rule."""
    state = allocate(rule, spikes.shape[1], signal.shape[1])
    trace = build_neuron_kernel(rule, "presynaptic neuron", ["time step"])
    row = build_row_kernel(rule, ["time step", "learning signal"])
    formats, changed = rule.offered(), 0
    for t in range(len(spikes)):
        state.pre_spike[:] = spikes[t]
        state.surrogate[:] = formats["surrogate"].encode(psi[t])
        state.learning_signal[:] = formats["learning_signal"].encode(signal[t])
        trace(state, parameters(rule))
        for i in range(spikes.shape[1]):
            changed += row(i, state, parameters(rule))
    return rule.synapse_state["w"].decode(state.w), changed


def test_eprop_equals_backpropagation_through_time_without_recurrence():
    spikes, psi, error, w_out = _network()
    rule = EProp(rate=1.0, trace_decay=ALPHA, readout_decay=KAPPA)
    change, _ = _run(rule, spikes, psi, error @ w_out.T)
    gradient, dy, dv = np.zeros((INPUTS, NEURONS)), np.zeros(OUTPUTS), np.zeros(NEURONS)
    for t in reversed(range(STEPS)):  # the reset's own gradient path is blocked, as in the paper
        dy = error[t] + KAPPA * dy
        dv = psi[t] * (w_out @ dy) + ALPHA * dv
        gradient += np.outer(spikes[t], dv)
    np.testing.assert_allclose(change, -gradient, rtol=1e-5, atol=1e-6)


def test_fixed_point_eprop_follows_the_float_gradient():
    spikes, psi, error, w_out = _network()
    signal = np.clip(error @ w_out.T, -7, 7)
    exact, _ = _run(EProp(rate=2.0**-6, trace_decay=ALPHA, readout_decay=0.0), spikes, psi, signal)
    fine = {"weight_bits": 16, "weight_fraction": 14, "trace_bits": 12, "trace_fraction": 8}
    fine |= {"surrogate_bits": 8, "signal_bits": 16, "signal_fraction": 12}
    cosines = []
    for formats in (fine, {"weight_fraction": 7}):
        change, changed = _run(EPropFixed(rate_shift=6, trace_decay=ALPHA, **formats), spikes, psi, signal)
        assert 0 < changed <= STEPS * INPUTS * NEURONS
        cosines.append((change * exact).sum() / np.linalg.norm(change) / np.linalg.norm(exact))
    assert cosines[0] > 0.999
    assert cosines[0] > cosines[1] > 0.9


def test_delta_is_error_times_trace():
    rng = np.random.default_rng(0)
    spikes, error = (rng.random((5, 3)) < 0.5).astype(float), rng.normal(size=(5, 2))
    change, _ = _run(Delta(rate=0.1, readout_decay=0.5), spikes, np.zeros((5, 2)), error)
    trace, expected = np.zeros(3), np.zeros((3, 2))
    for t in range(5):
        trace = 0.5 * trace + spikes[t]
        expected -= 0.1 * np.outer(trace, error[t])
    np.testing.assert_allclose(change, expected, rtol=1e-5)


class Push(PlasticityRule):
    """Moves each weight by the learning signal, an integer with 4 bits after the weight's last."""

    synapse_state = {"w": Word(8)}  # noqa: RUF012
    quantities = {"learning_signal": Word(12, fraction=4)}  # noqa: RUF012
    change = Word(12, fraction=4)

    @stage(on="learning signal", per="synapse", writes=("change",))
    def push(learning_signal):
        return learning_signal


def _push(amount, lanes=4096, **options):
    rule = Push(**options)
    state = allocate(rule, 1, lanes)
    state.learning_signal[:] = amount
    changed = build_row_kernel(rule, ["learning signal"])(0, state, parameters(rule))
    return state.w[0].astype(int), changed


def test_commit_rounds_limits_and_counts_changes():
    assert set(_push(7)[0]) == {0}
    assert _push(7)[1] == 0
    assert set(_push(8)[0]) == {1}
    assert set(_push(-8)[0]) == {0}
    assert set(_push(2000)[0]) == {125}
    assert set(_push(2000, weight_limit=100.0)[0]) == {100}
    assert set(_push(-2000, weight_limit=100.0)[0]) == {-100}
    w, changed = _push(5, rounding="stochastic")
    assert changed == w.sum() == pytest.approx(4096 * 5 / 16, rel=0.1)


def test_stochastic_rounding_needs_enough_random_bits():
    class Short(Push):
        quantities = {"learning_signal": Word(12, fraction=4), "random": Word(3, signed=False)}  # noqa: RUF012

    with pytest.raises(ConfigError, match="Short: rounds off 4 bits with 3 random ones"):
        Short(rounding="stochastic").check()


def test_cost_follows_from_the_formats():
    def bits(**formats):
        graph = EPropFixed(**formats).program("synapse", ["learning signal"]).graph()
        return [op.bits_out for op in graph.operations if op.kind in ("mul", "random_bits")]

    assert bits() == [13, 25, 16]
    assert bits(trace_bits=6, rate_shift=8) == [11, 23, 18]
    program = EProp().program("synapse", ["time step"])
    assert (set(program.reads), set(program.writes)) == (
        {"eligibility", "surrogate", "pre_trace", "filter_factor"},
        {"eligibility"},
    )
    assert critical_path_depth(program.graph()) == 2


def test_description_shows_state_operations_and_graph():
    lines = rules.get("eprop-fixed")().describe().splitlines()
    assert lines[0].startswith("plasticity rule eprop-fixed: e-prop on integers, by default without eligibility filter")
    assert lines[1:4] == [
        "per synapse: 8 bits (w: signed 8 bits, 6 after the point)",
        "per presynaptic neuron: 8 bits (pre_trace: unsigned 8 bits, 3 after the point)",
        "per postsynaptic neuron: 0 bits",
    ]
    assert "per synapse on learning signal: 8 operations, depth 6" in lines
    assert "  %1 = mul(learning_signal: 12, %0: 13) -> 25 bits" in lines
    assert "  w <- %7" in lines


def test_built_in_rules_are_sound():
    for name in ("delta", "eprop", "eprop-fixed", "sdsp"):
        rule = rules.get(name)()
        rule.check()
        assert rule.name == name


HEADER = "from accelsim.plasticity import Float, PlasticityRule, Word, register, stage\n"
CLASS = HEADER + "@register('{name}')\nclass Mine(PlasticityRule):\n    synapse_state = {state}\n"
STAGE = "    @stage(on={on!r}, per='synapse', writes=('w',))\n    def f(w{more}):\n        return {result}\n"


def _plugin(name="mine", state="{'w': Float(32)}", on="time step", more="", result="w"):
    return CLASS.format(name=name, state=state) + STAGE.format(on=on, more=more, result=result)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("x = 1\n", None, "registers no plasticity rule or consolidation: decorate a class with @register(name)"),
        ("import nowhere_to_be_found\n", 1, "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("x = 1\nx = (\n", 2, "syntax error: '(' was never closed"),
        (_plugin(name="eprop"), 2, "the plasticity rule `eprop` is defined twice: by"),
        (_plugin(more=", learnin_signal"), 5, "stage f: unknown argument `learnin_signal` (did you mean"),
        (_plugin(result="w if w > 0 else -w"), 7, "a branch on a word"),
        (_plugin(result="w // 2"), 7, "// of a word is not supported: shift with >>"),
        (_plugin(state="{'v': Float(32)}"), 2, "Mine: synapse_state has no weight `w`"),
        (_plugin(state="{'w': Float(32), 'surrogate': Float(32)}"), 2, "Mine: `surrogate` names two things"),
        (_plugin(state="{'w': Float(32), 'changed': Float(32)}"), 2, "Mine: synapse_state: no word can be called"),
        (_plugin(on="replay pass"), 5, "stage f: no core runs stages on 'replay pass'; they run on:"),
        (_plugin(on="every K steps"), 5, "stage f: runs every K steps, but the rule has no `period`, which gives K"),
        (_plugin(on="spike"), 5, "stage f: unknown trigger 'spike'"),
        (_plugin(state="{'w': Word(8)}", result="w + 1"), 5, "stage f: writes values -127 to 128 to `w`"),
        (_plugin() + "    rate: float = 'fast'\n", 2, "Mine: default of rate: Input should be a valid"),
        (_plugin() + "    rate = 3\n", 3, "PydanticUserError: A non-annotated attribute was detected"),
        (HEADER + "@register('mine')\ndef f(): pass\n", 2, "TypeError: @register('mine') expects a class"),
    ],
)
def test_wrong_plugins_give_one_located_message(tmp_path, content, line, message):
    path = tmp_path / "plugin.py"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_plugin(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), line)
    assert problem.message.startswith(message)
    assert "mine" not in rules.names()


def test_a_missing_plugin(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the plug-in: No such file or directory"):
        load_plugin(tmp_path / "plugin.py")


def test_a_plugin_as_in_the_documentation(tmp_path):
    from accelsim import plasticity

    path = tmp_path / "plugin.py"
    example = plasticity.__doc__.split("``::\n\n")[1].split("\n\nA stage")[0]
    path.write_text("\n".join(line[4:] for line in example.splitlines()))
    assert load_plugin(path) == ["three-factor"] == load_plugin(path)
    rule = rules.get("three-factor")(rate=0.5)
    assert rule.synapse_state == {"w": Float(32), "trace": Float(32)}
    state = allocate(rule, 1, 3)
    state.pre_spike[:], state.learning_signal[:] = 1, [0, 1, -2]
    assert build_row_kernel(rule, ["time step", "learning signal"])(0, state, parameters(rule)) == 2
    assert state.w[0].tolist() == [0.0, 0.5, -1.0]
