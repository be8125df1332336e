"""A network that learns on several cores: the mapping changes what it costs, not what it learns."""

import numpy as np
import pytest

from accelsim.architecture.partition import KINDS
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.tick.partition import PART_VOCABULARY, RECEIVED, part_activity
from accelsim.controllers.tick.vocabulary import MASKS, VOCABULARY
from accelsim.cost.account import CLOCK
from accelsim.engine.stepped.exchange import ExchangeWork, exchange
from accelsim.engine.stepped.messages import TAIL
from accelsim.report import facts
from accelsim.report.page import run_page
from accelsim.report.summary import summary_lines
from accelsim.simulation.mesh_costs import LINK, ROUTER
from accelsim.simulation.mesh_run import MeshRun
from accelsim.simulation.mesh_window import cut
from accelsim.simulation.run import run, simulate
from accelsim.simulation.setup import prepare
from accelsim.simulation.tick_run import TickRun
from accelsim.workload.stream import chunks

SHORT = (
    "task.cues=1", "task.cue_duration=10 ms", "task.cue_spacing=12 ms", "task.delay=8 ms", "task.recall_duration=10 ms",
    "network.recurrent=30", "epochs=1", "training_samples=3", "test_samples=2",
    "settings.tick.rules.eprop.rate=1e-4",
)  # fmt: skip
SIZES = {1: (), 4: ("interconnect.width=2", "interconnect.height=2"), 16: ()}
SMALL = tuple(f"core.memories.{name}.items=4" for name in ("currents", "winp", "wrec", "winp_traces", "wrec_traces"))
LIKE_MESH = ("core.units.dendrite.lanes=4", "core.units.plasticity.lanes=4", *SMALL)


def programmed(cores, *overrides, chip="learning_mesh", workload=()):
    changes = (f"cores={cores}", *SIZES[cores], *overrides) if cores else overrides
    return prepare(
        load_document(chip, "architecture", overrides=changes),
        load_document("cue_accumulation", "workload", overrides=[*SHORT, *workload]),
        seed=1,
    )


def first_chunk(setup):
    return next(chunks(setup.workload, setup.seed, setup.recording))


@pytest.fixture(scope="module")
def runs():
    """A setup that has run, and its result, by number of cores."""
    found = {}
    for cores in SIZES:
        setup = programmed(cores)
        found[cores] = setup, run(setup)
    return found


@pytest.fixture(scope="module")
def whole():
    """Activity of some samples with all masks, and a run of them on four cores."""
    setup = programmed(4)
    samples = first_chunk(setup).samples
    return MeshRun(setup, "compiled"), setup.controller.run(samples, masks=range(samples.ticks)).activity


def test_mapping_does_not_change_what_is_learnt(runs):
    one, alone = runs[1]
    initial = programmed(1).controller.weights()
    assert any(np.any(initial[name] != weights) for name, weights in one.controller.weights().items())
    for cores in (4, 16):
        setup, result = runs[cores]
        assert setup.mesh.slices.cores == min(cores, 8)
        for name, weights in one.controller.weights().items():
            assert np.array_equal(weights, setup.controller.weights()[name]), name
        for metric in ("accuracy_test", "accuracy_train_last", "ticks", "sop"):
            assert result.metrics[metric] == alone.metrics[metric]
        assert result.metrics["cycles"] < alone.metrics["cycles"]


@pytest.mark.parametrize("rule", ["eprop", "stdp"])
def test_one_core_is_the_single_core(rule):
    overrides = ("learning.rule=" + rule,)
    single, mesh = programmed(0, *LIKE_MESH, chip="single_core", workload=overrides), programmed(1, workload=overrides)
    chunk = first_chunk(single)
    runners = TickRun(single, "compiled"), MeshRun(mesh, "compiled")
    parts = [runner.run(chunk, range(0), 0) for runner in runners]
    sums = []
    for runner, part in zip(runners, parts, strict=True):
        found = {}  # phases differ: the mesh has one for the errors
        for counter, count in zip(runner.counters, part.counted.tolist(), strict=True):
            if counter.kind != "cycles" and count:
                found[counter.kind, counter.target] = found.get((counter.kind, counter.target), 0) + count
        sums.append(found)
    assert sums[0] == sums[1]
    assert np.array_equal(parts[0].pieces.cycles, parts[1].pieces.cycles)
    assert np.array_equal(parts[0].latency_cycles, parts[1].latency_cycles)


def test_parts_make_up_the_whole(whole):
    mesh, activity = whole
    none = dict.fromkeys(RECEIVED, np.zeros(len(activity), np.int64))
    slices = mesh.slices
    parts = [
        part_activity(activity, slices.neurons(core), slices.blocks(core), core == 0, none)
        for core in range(slices.cores)
    ]
    checked = 0
    for name, axes in MASKS.items():
        if {"block", "recurrent"} & set(axes) and name in activity.masks:
            summed = sum(part.counts[:, PART_VOCABULARY.column(name)] for part in parts)
            assert np.array_equal(summed, activity.counts[:, VOCABULARY.column(name)]), name
            checked += summed.any()
    assert checked > 5


def test_traffic_is_that_of_the_spikes(whole):
    mesh, activity = whole
    steps = mesh.steps(activity)
    starts, cores = mesh.slices.start, mesh.slices.cores
    place = [divmod(core, 2) for core in range(cores)]
    spikes, hops = np.zeros(3, int), np.zeros(3, int)
    for t in range(len(activity)):
        target = activity.counts[t, VOCABULARY.column("target")]
        for core in range(cores):
            fired = int(activity.masks["fired"][t, starts[core] : starts[core + 1]].sum())
            for other in range(cores):
                far = abs(place[core][0] - place[other][0]) + abs(place[core][1] - place[other][1])
                sent = np.array([fired, 2 * (fired > 0 and other == 0), 2 * int(target) * (core == 0)])
                if core != other:
                    spikes += sent
                    hops += far * sent
    assert all(spikes)
    counted = dict(zip(mesh.counters, steps.counted.sum(axis=0), strict=True))
    by_part = {(counter.kind, counter.target): count for counter, count in counted.items()}
    assert [by_part[kind, LINK] for kind in KINDS] == hops.tolist()
    assert [by_part[kind, ROUTER] for kind in KINDS] == (hops + spikes).tolist()
    assert steps.times.link_messages.sum() == hops.sum()
    assert (steps.times.messages.destination != TAIL).sum() == spikes.sum()


@pytest.mark.parametrize(
    "overrides",
    [
        ("partition.policy=fill", "partition.neurons_per_core=12", "partition.readout=2"),
        ("interconnect.topology=torus", "interconnect.router.virtual_channels=2"),
        (
            "interconnect.cores_per_router=4",
            "interconnect.width=2",
            "interconnect.height=2",
            "interconnect.order=column",
        ),
        ("interconnect.networks=2", "interconnect.noc=transaction"),
    ],
)
def test_hops_are_those_of_the_schedule(overrides):
    setup = programmed(16, *overrides)
    mesh = MeshRun(setup, "compiled")
    samples = first_chunk(setup).samples
    steps = mesh.steps(mesh.controller.run(samples, masks=range(samples.ticks)).activity)
    on_links = steps.counted[:, [counter.target == LINK for counter in mesh.counters]].sum(axis=1)
    assert np.array_equal(np.add.reduceat(steps.times.link_messages.sum(axis=1), steps.first_round[:-1]), on_links)
    assert on_links.any()
    is_cycles = [counter.kind == "cycles" for counter in mesh.counters]
    assert steps.counted[:, is_cycles].sum() == steps.times.time.sum()


def test_counted_cycles_are_the_time(whole):
    mesh, activity = whole
    steps = mesh.steps(activity)
    is_cycles = [counter.kind == "cycles" for counter in mesh.counters]
    passed = np.add.reduceat(steps.times.time, steps.first_round[:-1])
    assert np.array_equal(steps.counted[:, is_cycles].sum(axis=1), passed)
    network = steps.counted[:, [counter.target == "network" for counter in mesh.counters]].sum(axis=1)
    rounds = np.diff(steps.first_round)
    assert (network >= mesh.partition.barrier_cycles * rounds).all()
    assert set(rounds) == {1, 3}


@pytest.mark.parametrize("noc", ["cycle", "transaction", "ideal"])
def test_engines_agree(noc):
    found = []
    for engine in ("compiled", "simpy"):
        setup = programmed(
            4,
            f"interconnect.noc={noc}",
        )
        samples = first_chunk(setup).samples.part(0, 1)
        mesh = MeshRun(setup, engine)
        activity = mesh.controller.run(samples, masks=range(samples.ticks)).activity
        found.append(mesh.steps(cut(activity, range(16, 24))))
    assert found[0].work.target.any()
    assert np.array_equal(found[0].counted, found[1].counted)
    assert np.array_equal(found[0].times.time, found[1].times.time)


def test_rounds_by_hand():
    """Two cores: a spike of core 1, its two sums for core 0, and in the second step a target."""
    cycles = np.array([[[10, 5, 3, 0, 20], [12, 6, 3, 0, 25]], [[10, 5, 3, 4, 20], [10, 4, 3, 0, 25]]])
    work = ExchangeWork(cycles, np.array([[0, 1], [0, 0]]), np.array([0, 1], np.uint8), np.array([0, 2]), 2)
    messages, first = exchange(work, 0, 1, (1, 2, 3))
    assert first.tolist() == [0, 1, 4]
    rows = list(zip(*(column.tolist() for column in messages[1:]), strict=True))
    assert rows[:5] == [(0, TAIL, 38, 0), (1, 0, 13, 1), (1, 0, 7, 2), (1, 0, 1, 2), (1, TAIL, 28, 0)]
    assert rows[5:7] == [(0, TAIL, 18, 0), (1, TAIL, 17, 0)]
    assert rows[7:11] == [(0, 1, 5, 3), (0, 1, 1, 3), (0, TAIL, 0, 0), (1, TAIL, 0, 0)]
    assert rows[11:] == [(0, TAIL, 20, 0), (1, TAIL, 25, 0)]
    assert messages.step_start.tolist() == [0, 5, 7, 11, 13]


def test_energies_add_up(runs):
    _, result = runs[16]
    _, alone = runs[1]
    entries = {(entry.component, entry.action): entry for entry in result.cost_report.entries}
    for kind in KINDS:
        assert entries[ROUTER, kind].count == result.metrics[f"hops_{kind}"] + result.metrics[f"messages_{kind}"]
        assert entries[LINK, kind].count == result.metrics[f"hops_{kind}"]
        assert entries[LINK, kind].energy_j.nominal > 0
    parts = [*(entry.energy_j for entry in result.cost_report.entries), *result.cost_report.leakage_j.values()]
    total = sum(part.nominal for part in parts)
    assert total == pytest.approx(result.metrics["energy_total_pj"] * 1e-12)
    areas = {row["component"]: row["area_um2"] for row in result.tables["area"]}
    assert sum(areas.values()) * 1e-6 < result.metrics["area_mm2"]
    lanes = {row["component"]: row["area_um2"] for row in alone.tables["area"]}
    assert areas["soma.soma"] == pytest.approx(16 * lanes["soma.soma"])
    assert areas[ROUTER] > 0
    assert result.costs.components["events"].energy_j[CLOCK].nominal == pytest.approx(
        16 * alone.costs.components["events"].energy_j[CLOCK].nominal
    )


def test_figures_of_cores(runs):
    _, result = runs[4]
    rows = result.tables["cores"]
    assert [row["neurons"] for row in rows] == [8, 8, 8, 6]
    work = [row["work_cycles"] for row in rows]
    assert result.metrics["core_busiest"] == int(np.argmax(work))
    assert 0 < result.metrics["network_time_share"] < 1
    sent = sum(row["messages_sent"] for row in rows)
    assert sent == sum(row["messages_received"] for row in rows) == sum(result.metrics[f"messages_{k}"] for k in KINDS)
    told = dict(facts.spread(result))
    assert told["cores with neurons"] == "4 of 4; core 0 reads out"
    assert told["spikes between cores"].startswith(f"{result.metrics['messages_spike']:,} messages")
    assert "Cores and the network between them" in summary_lines(result)
    assert "cores that hold neurons" in run_page(result, [])
    assert not facts.spread(runs[1][1])
    cheaper = result.recost(["voltage=0.7 V"])
    assert cheaper.metrics["energy_dynamic_pj"] < result.metrics["energy_dynamic_pj"]
    assert cheaper.metrics["cycles"] == result.metrics["cycles"]


def problems(chip, *overrides):
    with pytest.raises(ConfigError) as raised:
        programmed(0, *overrides, chip=chip)
    return [(problem.path, problem.message) for problem in raised.value.problems]


def test_what_cannot_be_spread():
    mesh = ["interconnect={topology: mesh, width: 2, height: 1}", "cores=2"]
    ((path, message),) = problems("single_core", *mesh)
    assert path == "cores"
    assert message.startswith("2 cores: a workload is placed on one core so far; several are linked by the engines")
    assert "`learning_mesh`" in message
    ((path, message),) = problems("learning_mesh", "cores=17")
    assert (path, message) == ("cores", "17 cores, but the routers have room for 16")
    ((path, message),) = problems("learning_mesh", "partition.readout=9")
    assert (path, message) == ("partition.readout", "core 9 holds no neurons; those of the network are on cores 0 to 7")
    ((path, message),) = problems("learning_mesh", "partition.policy=fill")
    assert path == "partition.neurons_per_core"
    ((path, message),) = problems("learning_mesh", "core.index_sets.sources.of=core")
    assert path == "core.index_sets.pre"
    ((path, message),) = problems("learning_mesh", "partition.sum.after=learn")
    assert message == "spikes, sums and errors must be sent after phases in this order"


def test_a_mesh_without_learning_names_the_one_with():
    with pytest.raises(ConfigError, match=r"`loihi` runs networks step by step.*`learning_mesh`"):
        simulate("loihi", "cue_accumulation")


def test_chips_with_a_sequence_of_their_own_keep_to_one_core():
    mesh = ["interconnect={topology: mesh, width: 2, height: 1}", "cores=2"]
    ((path, message),) = problems("reckon", *mesh)
    assert path == "cores"
    assert message == "2 cores: a workload is placed on one core so far; several are linked by the engines"


def test_events_of_all_cores_lie_in_their_time():
    setup = programmed(4)
    result = run(setup, window=(10, 34))
    window = result.window
    assert window.difference is None
    assert result.about["engines_agree"] is True
    assert len(window.log.tick_start) == 24
    log = window.log
    passed = log.tick_stop - log.tick_start
    cycles = [counter.kind == "cycles" for counter in window.counters]
    assert np.array_equal(passed, window.counted[:, cycles].sum(axis=1))
    assert (log.rows[:, 0] <= log.tick_stop[-1]).all()
    at = {name: number for number, name in enumerate(log.components)}
    errors = log.rows[log.rows[:, 1] == at["core 0: errors"]]
    computed = window.counted[:, [counter.target == "output_error" for counter in window.counters]]
    assert len(errors) == 2 * (computed.sum(axis=1) > 0).sum() > 0
    learn = [log.rows[(log.rows[:, 1] == at[f"core {core}: learn"]) & (log.rows[:, 2] == 0)] for core in range(4)]
    learning = [each[each[:, 0] > errors[-1, 0]][0, 0] for each in learn]
    assert len(set(learning)) == 1  # all cores begin to learn from the errors at once
    joins = log.rows[log.rows[:, 1] == at["core 0: join"]]
    assert len(joins) > 0
    elsewhere = [at[f"core {core}: errors"] for core in (1, 2, 3)]
    assert not np.isin(log.rows[:, 1], elsewhere).any()
