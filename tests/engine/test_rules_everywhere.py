"""Every plasticity rule on one core and on a mesh: both engines agree, and what the rule costs is in the tables."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.datapath.component import bits_of
from accelsim.datapath.words import Word
from accelsim.plasticity import rules
from accelsim.plasticity.settling import SettlingRule
from accelsim.report.facts import identity
from accelsim.simulation.kinds import described_for
from accelsim.simulation.result import Result
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare

QUICK = ("eprop",)
"""Rules that the quick tests look at."""
SETTLING = [name for name in rules.names() if issubclass(rules.get(name), SettlingRule)]
TICKING = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in rules.names()
    if name not in SETTLING
]
CORES = {
    1: ("cores=1", "interconnect={topology: mesh, width: 1, height: 1}"),
    4: ("cores=4", "interconnect={topology: mesh, width: 2, height: 2}"),
    16: ("cores=16", "interconnect={topology: mesh, width: 4, height: 4}"),
}
CHIPS = {"single_core": (), "mesh": CORES[4], "mac_array": ()}
NEURON = {False: ("core.neuron=lif",), True: ("core.neuron=lif-fixed", "core.options.output_rule=delta-fixed")}
TINY = (
    "task.cues=1", "task.cue_duration=10 ms", "task.cue_spacing=12 ms", "task.delay=3 ms", "task.recall_duration=10 ms",
    "task.cue_rate=300 Hz", "task.recall_rate=300 Hz", "task.noise_rate=50 Hz", "task.group_size=2",
    "network.input=8", "network.recurrent=20", "epochs=1", "training_samples=2", "test_samples=1",
    "settings.tick.output_parameters={}", "settings.tick.rules={}", "settings.tick.neuron={decay: 0.97}",
)  # fmt: skip
DENSE = (
    "network={input: 64, hidden1: 12, output: 10}", "epochs=1", "training_samples=3", "test_samples=2",
    "learning.parameters={}",
)  # fmt: skip
MATRICES = ("winp", "wrec", "wout")


class Ran(NamedTuple):
    """What a run gave."""

    setup: Setup
    before: dict[str, NDArray[Any]]
    after: dict[str, NDArray[Any]]
    result: Result


def ran(chip, rule, *overrides, engine="compiled", workload=()):
    """A run of a few samples."""
    dense = rule in SETTLING
    chosen = [f"learning.rule={rule}", *(DENSE if dense else TINY)]
    task = load_document("pc_seq_digits" if dense else "cue_accumulation", "workload", overrides=chosen)
    task = task.with_overrides(workload)
    neuron = () if dense else NEURON[isinstance(rules.get(rule)().synapse_state["w"], Word)]
    base = load_document(chip, "architecture", overrides=[*neuron, *(overrides or CHIPS[chip])])
    setup = prepare(described_for(base, task), task, seed=1)
    before = {name: weights.copy() for name, weights in setup.controller.weights().items()}
    result = run(setup, engine=engine)
    return Ran(setup, before, dict(setup.controller.weights()), result)


once = cache(ran)


def same(one, other):
    """Whether two sets of weights are equal word for word."""
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def check(found, reference, units):
    """Both engines gave the same, weights have changed, and the units of the rule are in every table."""
    assert found.result.metrics == reference.result.metrics
    assert found.result.counters == reference.result.counters
    assert found.result.about["engines_agree"] in (True, None)
    assert same(found.after, reference.after)
    assert not same(found.before, found.after)
    tables = found.result.tables
    energy, area, datapaths = (
        [row for row in tables[name] if row["component"].startswith(units)] for name in ("energy", "area", "datapaths")
    )
    assert any(row["count"] and row["energy_pj"] > 0 for row in energy if row["action"] == "update")
    assert any(row["area_um2"] > 0 for row in area)
    assert any(row["operations"] > 0 and row["energy_per_update_pj"] > 0 for row in datapaths)


def check_memories(found, kept):
    """Memories of state that a rule keeps are as large as it needs, used in the run, and priced."""
    tables, about = found.result.tables, found.result.about
    areas = {row["component"]: row["area_um2"] for row in tables["area"]}
    energies = {(row["component"], row["action"]): row["energy_pj"] for row in tables["energy"]}
    for memory in kept:
        assert 0 < about["memory_words_used"][memory] <= about["memory_words"][memory], memory
        assert areas[memory] > 0, memory
        assert energies[memory, "read"] > 0, memory
        assert energies[memory, "write"] > 0, memory


@pytest.mark.parametrize("chip", ["single_core", "mesh"])
@pytest.mark.parametrize("rule", TICKING)
def test_spiking_rules(rule, chip):
    found, reference = once(chip, rule), ran(chip, rule, engine="simpy")
    check(found, reference, "plasticity.")
    own = found.setup.controller.path.rule
    kept = ["winp", "wrec", "wout", "neurons"]
    if bits_of(own.synapse_state) > own.synapse_state["w"].bits:
        kept += ["winp_traces", "wrec_traces"]
    if own.presynaptic_state:
        kept += ["input_traces", "recurrent_traces"]
    check_memories(found, kept)
    if chip == "mesh":
        assert dict(identity(found.result))["architecture"].startswith("alif-mesh, for workloads that learn on mesh,")
        assert len(found.result.tables["cores"]) > 1
        assert same(found.after, once("single_core", rule).after)


@pytest.mark.slow
@pytest.mark.parametrize("rule", SETTLING)
def test_settling_rules(rule):
    found, reference = ran("mac_array", rule), ran("mac_array", rule, engine="simpy")
    check(found, reference, "array.update")
    check_memories(found, ["weights", "activities", "errors"])


@pytest.mark.parametrize("rule", SETTLING)
def test_settling_rules_do_not_run_on_spiking_cores(rule):
    task = load_document("cue_accumulation", "workload", overrides=[f"learning.rule={rule}"])
    for chip in ("single_core", "mesh"):
        with pytest.raises(ConfigError) as caught:
            prepare(described_for(load_document(chip, "architecture"), task), task, seed=0)
        (problem,) = caught.value.problems
        assert problem.path == "learning.rule"
        assert problem.message.startswith(f"rule `{rule}` has stages on ")
        assert "controller `tick` runs stages on: time step" in problem.message


@pytest.mark.slow
@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_the_mapping_changes_no_fixed_point_weight(rounding):
    """Random words belong to synapses, not to the cores that they lie on."""
    workload = [f"learning.parameters={{rounding: {rounding}, rate_shift: 3}}"]
    alone = ran("single_core", "eprop-fixed", workload=workload)
    assert not same(alone.before, alone.after)
    for cores, overrides in CORES.items():
        found = ran("mesh", "eprop-fixed", *overrides, workload=workload)
        assert found.setup.mesh.slices.cores == min(cores, 5)
        assert same(alone.after, found.after), cores


@pytest.mark.parametrize("update", ["online", pytest.param("end of sample", marks=pytest.mark.slow)])
def test_a_learning_rate_of_zero_changes_and_writes_nothing(update):
    """Where a memory writes only words that change, no weight is written, and writing costs nothing."""
    sparing = [f"core.memories.{name}.write_back=changed" for name in MATRICES]
    for rate in (0.0, 1e-3):
        given = f"={{rate: {rate}, update: {update}}}"
        workload = [f"learning.parameters{given}", f"settings.tick.output_parameters{given}"]
        found = ran("single_core", "eprop", *sparing, workload=workload)
        assert same(found.before, found.after) == (rate == 0)
        for name in MATRICES:
            counts = found.result.counters.items()
            written = sum(n for counter, n in counts if (counter.kind, counter.target) == ("write", name))
            energies = [row for row in found.result.tables["energy"] if row["component"] == name]
            energy = sum(row["energy_pj"] for row in energies if row["action"] == "write")
            assert (written > 0) == (energy > 0) == (rate > 0), name
