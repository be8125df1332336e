"""Datapaths held against the cycles that the phase table gives them."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.engine.program import lower
from accelsim.simulation.pacing import Pace, paces
from accelsim.simulation.setup import Setup, prepare

WORKLOADS = {
    "reckon": "cue_accumulation",
    "odin": "odin_digits",
    "tinyodin": "tinyodin_digits",
    "single_core": "cue_accumulation",
    "sdsp_ticks": "sdsp_cues",
}


def prepared(chip: str, *overrides: str) -> Setup:
    architecture = load_document(chip, "architecture", overrides=overrides)
    return prepare(architecture, load_document(WORKLOADS[chip], "workload"), seed=0)


@pytest.mark.parametrize("chip", WORKLOADS)
def test_shipped_chips_keep_pace_without_registers(chip: str) -> None:
    parts = [part for part in prepared(chip).costs.components.values() if part.kind == "logic"]
    assert parts
    assert not any(part.warnings for part in parts)
    placed = [part.schedule for part in parts if part.schedule is not None]
    assert len(placed) == len(parts)
    assert all((each.stages, each.initiation_interval, each.register_bits) == (1, 1, 0) for each in placed)


def test_shared_operators_that_are_too_slow() -> None:
    costs = prepared("odin", "core.units.soma.operators={add: 1, sub: 1}").costs
    assert costs.warnings == (
        "soma.update: starts every 2 cycles in phases tref_all, tref_one, synapse, pop_neuron, pop_virtual, "
        "but its operators allow one every 3",
    )


def test_a_pipeline_that_is_too_deep() -> None:
    """ODIN reads a word in the first cycle of an iteration and has the second one for the update."""
    assert prepared("odin", "clock=500 MHz").costs.warnings == ()
    costs = prepared("odin", "clock=2 GHz").costs
    assert costs.components["soma.update"].warnings == (
        "takes 2 cycles in phases tref_all, tref_one, synapse, pop_neuron, pop_virtual, "
        "but the phase table leaves it 1",
    )


def test_more_items_than_lanes() -> None:
    """ReckOn adds a weight to both outputs in one cycle."""
    costs = prepared("reckon", "core.units.readout.lanes=1").costs
    assert costs.warnings == (
        "readout.accumulate_output: starts 2 times every cycle on each lane in phase propagate, "
        "but its operators allow one every cycle",
    )


def test_what_the_tables_of_a_chip_ask_for() -> None:
    """Word after word every two cycles, the second for the update; what happens beside them has no time of its own."""
    setup = prepared("reckon")
    asked = {pace.component: pace for pace in paces(setup.program)}
    assert asked["soma.leak"] == Pace("soma.leak", ("step",), 1, 2, 1)
    assert asked["plasticity.update_input"] == Pace("plasticity.update_input", ("learn",), 1, 2, 1)
    assert asked["postsynaptic.post_state"].phases == ("learn", "learn_output")
    assert "readout.leak_output" not in asked


@pytest.mark.parametrize(
    ("conditions", "starts"),
    [("", 2), ("when: [stepped]", 2), ("when: [not learning]", 1)],
)
def test_runs_that_never_meet_do_not_share_an_iteration(conditions: str, starts: int) -> None:
    entry = f"{{stage: sweep, {conditions}}}" if conditions else "sweep"
    body = f"[{{steps: [{{cycles: 3, runs: [{{stage: sweep, when: [learning]}}, {entry}]}}]}}]"
    setup = prepared("reckon", f"core.phases.classify.body={body}")
    asked = [pace for pace in paces(setup.program) if "classify" in pace.phases]
    assert [(pace.starts, pace.every_cycles, pace.left_cycles) for pace in asked] == [(starts, 3, 3)]


def test_mistakes_in_operators_are_told_at_their_place() -> None:
    with pytest.raises(ConfigError) as error:
        prepared("odin", "core.units.plasticity.operators={ad: 1, sub: 0}")
    assert "core.units.plasticity.operators.sub: 0 is not > 0" in str(error.value)
    with pytest.raises(ConfigError) as error:
        prepared("odin", "core.units.plasticity.operators={addd: 1}")
    assert str(error.value) == (
        "--set core.units.plasticity.operators={addd: 1}  core.units.plasticity.operators.addd: "
        "there is no operator `addd` (did you mean `add`?)"
    )


def test_the_program_of_a_changed_table_asks_for_something_else() -> None:
    setup = prepared("odin")
    slower = prepared("odin", "core.phases.pop_neuron.body.0.steps.1.cycles=4")
    program = lower(slower.architecture, slower.placement, slower.controller.vocabulary)
    assert Pace("soma.update", ("pop_neuron",), 1, 5, 4) in paces(program)
    assert all(pace.every_cycles == 2 for pace in paces(setup.program))
