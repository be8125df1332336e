"""A chip that keeps a weight and its metaplasticity at one address."""

from __future__ import annotations

import numpy as np
import pytest
from lifelong_runs import small_stream

from accelsim import load_architecture
from accelsim.config.errors import ConfigError
from accelsim.controllers.tick.controller import Tick
from accelsim.lifelong.settings import Capabilities
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare

COUNT_BITS = 9  # of 5 << 6
META = (
    "learning.consolidation=activity-dependent",
    "learning.consolidation_parameters={interval_bits: 6, largest_shift: 5}",
)


def _setup(*overrides: str, architecture: str = "genesis_like", chip: tuple[str, ...] = ()) -> Setup:
    return prepare(load_architecture(architecture).with_overrides(chip), small_stream(*META, *overrides), 0)


def test_words_hold_weight_and_metaplasticity() -> None:
    with_meta, without = _setup(), _setup("capabilities.consolidation.on=false")
    for name, items in (("winp", 4), ("wrec", 4), ("wout", 2)):
        assert with_meta.architecture.core.memories[name].bits == items * (8 + COUNT_BITS)
        assert without.architecture.core.memories[name].bits == items * 8
        assert f"{name}_traces" not in with_meta.architecture.core.memories


def test_what_outlives_a_sample_is_in_that_word() -> None:
    controller = _setup().controller
    assert isinstance(controller, Tick)
    lasting = controller.lasting()
    assert lasting["winp"].item_bits == 8 + COUNT_BITS
    assert not [name for name in lasting if name.startswith(("winp_", "wrec_", "wout_"))]
    bits = controller.learning_bits()
    assert bits.synaptic == bits.synapses * (8 + COUNT_BITS)
    assert bits.everything - bits.weights > COUNT_BITS * bits.weights / 8


@pytest.mark.slow
def test_a_learning_step_takes_one_access_a_word() -> None:
    counted = run(_setup("capabilities.replay.on=false", "capabilities.checkpoint.on=false")).counters
    reads = {counter.target: n for counter, n in counted.items() if (counter.kind, counter.phase) == ("read", "learn")}
    writes = {
        counter.target: n for counter, n in counted.items() if (counter.kind, counter.phase) == ("write", "learn")
    }
    visits = 2 * 12 * 6 * 4  # training samples x time steps x words of a row
    assert reads["winp"] == 64 * visits
    assert reads["wrec"] == 16 * visits
    assert 0 < writes["winp"] < reads["winp"]  # only words in which a weight moved


def test_e_prop_is_run_in_the_integers_of_the_chip() -> None:
    asked = _setup().controller
    assert isinstance(asked, Tick)
    assert asked.path.rule.name.startswith("eprop-fixed")
    assert asked.path.output_rule.name.startswith("delta-fixed")
    other = ("core.neuron=lif-fixed", "core.options={output_rule: delta-fixed}")
    same = _setup("learning.rule=eprop-fixed", architecture="single_core", chip=other)
    one, two = run(_setup()), run(same)
    assert one.tables["task_matrix"] == two.tables["task_matrix"]
    for name, weights in same.controller.weights().items():
        assert np.any(weights), name


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("learning.rule=sdsp", "this core learns with `eprop-fixed`, not with `sdsp`"),
        ("learning.parameters.eligibility_filter=true", "no phase of this core runs"),
        ("learning.consolidation=l2-anchor", "this core consolidates with `activity-dependent`"),
        ("learning.parameters.rate=3", "3 is no learning rate"),
    ],
)
def test_what_the_chip_cannot_run_is_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        prepare(load_architecture("genesis_like"), small_stream(override), 0)


def test_engines_agree_on_the_whole_stream() -> None:
    short = ("task.length=3", "tasks.training_samples=2", "tasks.test_samples=1")
    compiled, simpy = (run(_setup(*short), engine=engine) for engine in ("compiled", "simpy"))
    assert compiled.counters == simpy.counters
    assert compiled.about["engines_agree"]


@pytest.mark.slow
def test_capabilities_of_the_study_fit_the_chip() -> None:
    names = set(Capabilities.model_fields) - {"learning", "consolidation"}
    assert {"replay", "structure", "checkpoint"} <= names
    setup = prepare(
        load_architecture("genesis_like"),
        small_stream(
            *META,
            capabilities={
                "replay": {"capacity": 4},
                "structure": {"density": 0.5, "every": 10},
                "checkpoint": {"every": "task"},
            },
        ),
        0,
    )
    result = run(setup)
    rewired = next(row for row in result.tables["capabilities"] if row["activity"] == "rewiring")
    assert rewired["energy_uj"] > 0
    assert result.synapses_live <= 0.5 * (64 * 16 + 16 * 15)
