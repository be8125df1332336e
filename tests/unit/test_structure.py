"""Synapses and neurons that come and go, within a budget."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.connections import Connections, Presence
from accelsim.controllers.tick.rows import table_sizes
from accelsim.lifelong.connectivity import AddressTable
from accelsim.lifelong.structure import Structure, StructureSettings
from accelsim.simulation.mesh_run import MeshRun
from accelsim.simulation.run import simulate
from accelsim.simulation.setup import prepare
from accelsim.workload.stream import chunks
from tests.unit.tick_cores import FIXED, FIXED_SETTINGS, agree, build, delayed_cues

HALF = Presence(("winp", "wrec"), 0.5, None, spare=4, ends_at_zero=True, counts=True)
"""All that a core may keep of synapses, as in the whole runs below: one kernel for all."""


def present_of(controller):
    return {name: each.present != 0 for name, each in controller.connections().items()}


def test_all_synapses_present_are_as_good_as_none_with_a_bit():
    slow = {"rate": 1e-6}  # no weight crosses zero
    plain, *_ = build("eprop", slow)
    sparse, *_ = build("eprop", slow, presence=Presence(("winp", "wrec"), 1.0, None, ends_at_zero=True, counts=True))
    chunk = delayed_cues(5)
    assert np.array_equal(plain.run(chunk).answers, sparse.run(chunk).answers)
    for name, weights in plain.weights().items():
        assert np.array_equal(weights, sparse.weights()[name])
    assert sparse.state_bits()["synapse_trace"] == plain.state_bits()["synapse_trace"] + 1
    assert sparse.state_bits()["output_synapse_trace"] == plain.state_bits()["output_synapse_trace"]


@pytest.mark.parametrize("rule", ["eprop", pytest.param("eprop-fixed", marks=pytest.mark.slow)])
def test_absent_synapses_stay_at_zero_and_others_learn(rule):
    fixed = rule.endswith("fixed")
    settings, overrides = (FIXED_SETTINGS, FIXED) if fixed else (None, ())
    controller, architecture, placement = build(rule, settings=settings, overrides=overrides, presence=HALF)
    before = {name: weights.copy() for name, weights in controller.weights().items()}
    agree(controller, architecture, placement, delayed_cues(2))
    for name, present in present_of(controller).items():
        after = controller.weights()[name]
        assert (before[name][~present] == 0).all()
        assert (after[~present] == 0).all()
        assert (after != before[name])[present].any()


@pytest.mark.parametrize(
    ("matrices", "consolidation"),
    [
        (HALF.matrices, None),
        pytest.param((*HALF.matrices, "wout"), "metaplastic-binary", marks=pytest.mark.slow),
    ],
)
def test_a_synapse_that_crosses_zero_is_gone_and_spikes_are_counted(matrices, consolidation):
    """On binary synapses too, which transmit the sign of their weight: an absent one transmits nothing."""
    parameters = {"rate": 0.05, "trace_decay": 0.9}
    presence = replace(HALF, matrices=matrices)
    controller, architecture, placement = build("eprop", parameters, presence=presence, consolidation=consolidation)
    s = controller.state
    at_first = present_of(controller)
    assert not at_first["wrec"][-4:].any()
    assert not at_first["winp"][:, -4:].any()
    signs = {name: np.sign(weights) for name, weights in controller.weights().items()}
    chunk = delayed_cues(6)
    agree(controller, architecture, placement, chunk)
    gone = 0
    for name, present in present_of(controller).items():
        weights = controller.weights()[name]
        assert not (present & ~at_first[name]).any()
        assert (weights[~present] == 0).all()
        assert (np.sign(weights)[present] * signs[name][present] >= 0).all()
        gone += int((at_first[name] & ~present).sum())
    assert gone > 0
    counted = np.bincount(chunk.event_address, minlength=s.inp.w.shape[0])
    assert np.array_equal(s.inp.pre_activity, counted)
    assert s.inp.post_activity.sum() > 0
    assert (s.inp.post_activity[-4:] == 0).all()
    for each in controller.connections().values():
        each.present[:] = 0
        each.weights[:] = 0
    controller.state.inp.post_activity[:] = 0
    controller.run(chunk)
    assert (s.inp.post_activity == 0).all()


def test_what_a_core_cannot_do_is_refused():
    with pytest.raises(ConfigError, match="no synapses with memories `wnope`"):
        build("eprop", presence=Presence(("wnope",), 0.5, None))


# The exchange itself, on arrays without a core.


def synapses(rng, density, pre, post, loops):
    """Arrays of a matrix as a core has them."""
    present = (rng.random((pre, post)) < density).astype(np.uint8)
    if not loops:
        np.fill_diagonal(present, 0)
    return Connections(
        (rng.normal(size=(pre, post)) * present).astype(np.float32),
        present,
        (np.ones((pre, post), np.float32),),
        np.zeros((pre, post), np.uint32),
        loops,
        "input" if loops else "recurrent",
        "recurrent",
        rng.integers(0, 4, pre).astype(np.uint16),
        rng.integers(0, 3, post).astype(np.uint16),
        {},
    )


def attached(found, chosen, rows):
    """The capability on these arrays, in dense memories or in rows."""
    items = 4
    words = dict.fromkeys(("input_traces", "recurrent_traces", "neurons"), 100)
    matrices = {}
    for name, each in found.items():
        side = "input_traces" if name == "winp" else "recurrent_traces"
        memories = {"weights": name, "present": f"{name}_traces", "pre": side, "post": "neurons"}
        matrices[name] = Connections(**{**vars(each), "memories": memories})
        words |= {name: each.present.size // items, f"{name}_traces": each.present.size // items}
        if rows:
            _, words[f"{name}_links"] = table_sizes(each.present.shape, each.present.size, items)
            words |= {f"{name}_{table}": 1 for table in ("addresses", "rows")}
    memories = dict.fromkeys(words, SimpleNamespace(items_per_word=items))
    structure = Structure(chosen, seed=1)
    structure.attach(
        SimpleNamespace(controller=SimpleNamespace(connections=lambda: matrices), memories=memories, words=words)
    )
    return structure, matrices


@given(
    seed=st.integers(0, 1000),
    density=st.floats(0.05, 1.0),
    fraction=st.floats(0.0, 1.0),
    prune=st.sampled_from(["magnitude", "sign", "activity"]),
    grow=st.sampled_from(["random", "activity"]),
    spare=st.integers(-1, 4),
    rows=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_ledgers_hold_at_every_exchange(seed, density, fraction, prune, grow, spare, rows):
    rng = np.random.default_rng(seed)
    found = {"winp": synapses(rng, density, 6, 9, True), "wrec": synapses(rng, density, 9, 9, False)}
    for each in found.values():
        for words in (each.present, each.weights):
            words[:, 9 - max(spare, 0) :] = 0
            if not each.loops:
                words[9 - max(spare, 0) :] = 0
    live = sum(int(each.present.sum()) for each in found.values())
    possible = sum(int(each.allowed.sum()) for each in found.values())
    neurons = None if spare < 0 else {"spare": spare}
    chosen = StructureSettings(
        density=max(live / possible, 0.01), fraction=fraction, prune=prune, grow=grow, neurons=neurons
    )
    structure, matrices = attached(found, chosen, rows)
    budgets = {name: max(structure.budgets[name], int(each.present.sum())) for name, each in matrices.items()}
    for _ in range(4):
        before = structure.live
        if prune == "sign":  # as the core does
            for each in matrices.values():
                gone = rng.random(each.present.shape) < 0.2
                each.present[gone] = 0
                each.weights[gone] = 0
        job = structure._exchange()
        assert all(count > 0 for count in (*job.reads.values(), *job.writes.values()))
        row = structure.rows()["structure"][-1]
        assert sum(before.values()) - row["pruned"] + row["grown"] == row["live"] == sum(structure.live.values())
        for name, each in matrices.items():
            assert int(each.present.sum()) <= budgets[name]
            assert not (each.present != 0)[~each.allowed].any()
            assert (each.weights[each.present == 0] == 0).all()
            assert not each.present[:, structure.free].any()
            assert each.loops or not each.present[structure.free].any()
        assert len(set(structure.free)) == len(structure.free) == max(spare, 0)
        for name, table in structure.tables.items():
            assert np.array_equal(table.decode(), matrices[name].present != 0)
            assert np.array_equal(AddressTable.encode(table.decode(), 4, table.words).decode(), table.decode())
            taken = [word for row in table.taken for word in row]
            assert sorted([*taken, *table.free]) == list(range(table.words))
            for targets, words in zip(table.targets, table.taken, strict=True):
                assert len(words) == -(-len(targets) // 4)


def test_the_weakest_go_and_new_ones_come_between_active_neurons():
    rng = np.random.default_rng(0)
    found = {"winp": synapses(rng, 0.5, 40, 30, True)}
    chosen = StructureSettings(
        matrices=("winp",), budget=int(found["winp"].present.sum()), fraction=0.2, grow="activity"
    )
    structure, matrices = attached(found, chosen, False)
    each = matrices["winp"]
    each.pre_activity[:] = 0
    each.pre_activity[:10] = 5
    before, weights = each.present.copy(), np.abs(each.weights)
    structure._exchange()
    gone, new = (before == 1) & (each.present == 0), (before == 0) & (each.present == 1)
    assert gone.sum() == new.sum() == int(0.2 * before.sum())
    assert weights[gone].max() <= weights[(before == 1) & ~gone].min()
    assert not new[10:].any()
    assert (each.words[0][gone] == 0).all()


def test_silent_neurons_give_way_to_spare_ones():
    rng = np.random.default_rng(0)
    found = {"winp": synapses(rng, 0.5, 6, 9, True), "wrec": synapses(rng, 0.5, 9, 9, False)}
    for each in found.values():
        each.present[:, 7:] = 0
        each.post_activity[:] = 3
        each.post_activity[2] = 0
    found["wrec"].present[7:] = 0
    structure, matrices = attached(found, StructureSettings(density=0.5, neurons={"spare": 2}), False)
    structure._exchange()
    assert structure.figures()["neurons_freed"] == 1
    assert structure.free == [8, 2]
    assert not matrices["winp"].present[:, 2].any()
    assert matrices["winp"].present[:, 7].any()
    assert matrices["winp"].weights[:, 7].any()


# Whole runs.

SHORT = (
    "task.cues=1", "task.cue_duration=10 ms", "task.cue_spacing=12 ms", "task.delay=8 ms", "task.recall_duration=10 ms",
    "network.recurrent=30", "epochs=1", "training_samples=4", "test_samples=2",
    "settings.tick.rules.eprop.rate=1e-4",
)  # fmt: skip
STRUCTURE = "capabilities.structure={density: 0.2, every: 2, prune: sign, grow: activity, neurons: {spare: 4}}"


def documents(chip, *overrides, structure=STRUCTURE):
    workload = [*SHORT, *([structure] if structure else [])]
    return (
        load_document(chip, "architecture", overrides=list(overrides)),
        load_document("cue_accumulation", "workload", overrides=workload),
    )


@pytest.fixture(scope="module")
def runs():
    """Results of cores with presence bits and with rows."""
    return {chip: simulate(*documents(chip), seed=1) for chip in ("single_core", "sparse_core")}


@pytest.mark.parametrize("chip", ["single_core", "sparse_core"])
def test_engines_agree_and_energies_add_up(runs, chip):
    found = runs[chip]
    assert found.about["engines_agree"]
    other = simulate(*documents(chip), seed=1, engine="simpy")
    assert other.metrics == found.metrics
    assert other.tables["structure"] == found.tables["structure"]
    parts = [*(each.energy_j for each in found.cost_report.entries), *found.cost_report.leakage_j.values()]
    assert sum(part.nominal for part in parts) == pytest.approx(found.metrics["energy_total_pj"] * 1e-12, rel=1e-9)
    first, second = found.tables["structure"]
    assert first["pruned"] > 0
    assert second["samples"] == 4
    assert sum(counter.phase == "rewiring" and count > 0 for counter, count in found.counters.items()) > 5


def test_rows_cost_what_is_live(runs):
    dense, rows = runs["single_core"], runs["sparse_core"]
    assert dense.metrics["accuracy_test"] == rows.metrics["accuracy_test"]
    assert dense.tables["structure"] == rows.tables["structure"]
    assert rows.metrics["sop"] < 0.5 * dense.metrics["sop"]


def test_off_is_as_if_it_were_not_there():
    off = simulate(*documents("single_core", structure="capabilities.structure={on: false, density: 0.2}"), seed=1)
    without = simulate(*documents("single_core", structure=None), seed=1)
    assert off.metrics == without.metrics
    assert off.tables["counters"] == without.tables["counters"]


def test_spikes_go_only_to_cores_with_live_targets():
    """Fewer as soon as synapses are pruned, none when each core's neurons have targets on their own core alone."""
    size = ("cores=4", "interconnect.width=2", "interconnect.height=2")
    structure = "capabilities.structure={density: 1.0, every: 2, prune: sign, grow: activity}"
    setup = prepare(*documents("learning_mesh", *size, structure=structure), seed=1)
    mesh = MeshRun(setup, "compiled")
    chunk = next(chunks(setup.workload, setup.seed, setup.recording))
    live = setup.controller.connections()["wrec"]
    own = np.zeros(live.present.shape, bool)
    for core in range(4):
        neurons = setup.mesh.slices.neurons(core)
        own[neurons.start : neurons.stop, neurons.start : neurons.stop] = True
    share = []
    for kept in (live.allowed, own | (np.arange(own.shape[1]) < 4), own):
        live.present[~kept] = 0
        live.weights[~kept] = 0
        before = mesh.totals.messages[0], mesh.totals.spikes.sum(), mesh.totals.hops[0]
        part = mesh.run(chunk, range(8, 12), 0)
        assert part.window.difference is None
        messages, spikes, hops = mesh.totals.messages[0], mesh.totals.spikes.sum(), mesh.totals.hops[0]
        assert spikes > before[1]
        share.append(((messages - before[0]) / (spikes - before[1]), (hops - before[2]) / (spikes - before[1])))
    assert share[0][0] == 3
    assert 0 < share[1][0] < 1
    assert 0 < share[1][1] < share[0][1]
    assert share[2] == (0, 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{density: 0.5, budget: 10}", "give either `density` or `budget`"),
        ("{density: 0.5, every: 0}", "0 is not > 0"),
        ("{density: 0.5, matrices: [wrecc]}", "did you mean `wrec`"),
    ],
)
def test_wrong_settings_are_told(given, message):
    with pytest.raises(ConfigError, match=message):
        prepare(*documents("single_core", structure=f"capabilities.structure={given}"), seed=1)
