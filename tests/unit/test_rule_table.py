"""The page of costs of all rules, and every rule on the core that it is about."""

from pathlib import Path

import numpy as np
import pytest

from accelsim.config.loader import load_document
from accelsim.datapath.probe import Probe
from accelsim.datapath.words import Float, Word
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.reference import ReferenceEngine
from accelsim.plasticity import rules
from accelsim.plasticity.settling import SettlingRule
from accelsim.simulation.rule_table import rule_table
from accelsim.simulation.setup import prepare
from accelsim.workload.stream import chunks

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
FIXED = ["core.neuron=lif-fixed", "core.options.output_rule=delta-fixed"]
TINY = [
    "task.cues=1", "task.cue_duration=10 ms", "task.cue_spacing=12 ms", "task.delay=3 ms", "task.recall_duration=10 ms",
    "task.cue_rate=300 Hz", "task.recall_rate=300 Hz", "task.noise_rate=50 Hz", "task.group_size=2",
    "network.input=8", "network.recurrent=18", "epochs=1", "training_samples=2", "test_samples=1",
    "settings.tick.output_parameters={}", "settings.tick.neuron={decay: 0.97}",
]  # fmt: skip


def _ticking():
    return [name for name in rules.names() if not issubclass(rules.get(name), SettlingRule)]


@pytest.fixture(scope="module")
def page():
    return rule_table(load_document("single_core", "architecture"), load_document("cue_accumulation", "workload"))


def test_the_page_in_the_documentation_is_current(page):
    assert page == PAGE.read_text(encoding="utf-8"), "run: accelsim describe rules > docs/rules.md"


def _row(page, name):
    line = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_rows_hold_what_the_rule_declares(page):
    row = _row(page, "superspike")
    assert row[1:6] == ["3: 96 b", "2: 64 b", "-", "time step", "5"]
    assert row[-1] == "125"  # two cycles for 16 synapses: one port reads and writes
    assert _row(page, "stdp-fixed")[1:5] == ["1: 8 b", "1: 8 b", "1: 8 b", "presynaptic spike"]
    assert _row(page, "backprop")[-1] == "-"
    energy = float(_row(page, "stdp-fixed")[6].split()[0])
    assert 0 < energy < float(_row(page, "stdp")[6].split()[0])


@pytest.mark.parametrize("name", _ticking())
def test_every_rule_runs_on_the_generic_core(name):
    rule = rules.get(name)()
    rule.check()
    assert any(each.graph().operations for each in rule.programs().values())
    weight = rule.synapse_state["w"]
    assert isinstance(weight, (Float, Word))
    core = load_document("single_core", "architecture", overrides=FIXED if isinstance(weight, Word) else [])
    setup = prepare(core, load_document("cue_accumulation", "workload", overrides=[*TINY, f"learning.rule={name}"]), 0)
    plasticity = {part: cost for part, cost in setup.costs.components.items() if part.startswith("plasticity.")}
    assert all(np.isfinite(cost.energy_j["update"].high) for cost in plasticity.values())
    assert any(cost.energy_j["update"].nominal > 0 for cost in plasticity.values())
    samples = next(chunks(setup.workload, 0)).samples
    before = setup.controller.weights()["winp"].copy()
    loop = setup.controller._loop
    setup.controller._loop = lambda *arguments: Probe({}).run(loop, *arguments)  # interpreted: compiling takes longer
    activity = setup.controller.run(samples, masks=range(samples.ticks)).activity
    assert not np.array_equal(setup.controller.weights()["winp"], before)
    log = compiled_engine(setup.program).run(activity)
    reference = ReferenceEngine(setup.architecture, setup.placement, setup.controller.vocabulary).run(activity).log
    assert reference.first_difference(log) is None
