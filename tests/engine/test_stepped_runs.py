"""Whole runs of chips of many cores: sums, bounds, sizes, mappings, and mistakes with their places."""

import json

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.engine.stepped.costs import Grid
from accelsim.report import report
from accelsim.simulation.run import simulate


def run(chip="loihi", workload="recurrent_1k", settings=(), steps=20, **kinds):
    return simulate(
        load_document(chip, "architecture", overrides=list(settings)),
        load_document(workload, "workload", overrides=[f"steps={steps}", *(f"{k}={v}" for k, v in kinds.items())]),
    )


@pytest.fixture(scope="module")
def result():
    return run()


def test_energies_of_parts_are_the_whole(result):
    parts = sum(row["energy_pj"] for row in result.tables["energy"])
    assert parts == pytest.approx(result.energy_total_pj, rel=1e-12)
    hops = sum(row["energy_pj"] for row in result.tables["energy"] if row["component"] == "network")
    cores = sum(row["energy_pj"] for row in result.tables["cores"])
    assert cores + hops == pytest.approx(result.energy_dynamic_pj, rel=1e-12)


def test_counts_of_steps_cores_and_links_are_those_of_the_run(result):
    for name in ("fired", "updated", "synops", "messages", "hops"):
        assert sum(row[name] for row in result.tables["steps"]) == result.metrics[name]
    assert sum(row["neurons"] for row in result.tables["cores"]) == result.neurons
    assert sum(row["synapses"] for row in result.tables["cores"]) == result.synapses
    assert sum(row["messages"] for row in result.tables["links"]) == result.hops
    counted = {(row["component"], row["action"]): row["count"] for row in result.tables["energy"]}
    assert counted["synapse", "operation"] == result.synops
    assert counted["axon_in", "message"] == counted["axon_out", "message"] == result.messages
    assert counted["soma", "access"] == result.neurons * result.steps


def test_links_are_busy_for_a_cycle_of_each_message(result):
    messages = [row["messages"] for row in result.tables["links"]]
    assert result.link_messages_max == max(messages)
    cycles = result.time_total_us * 1e-6 / 1e-9
    links = 2 * (7 * 4 + 8 * 3)  # a mesh of 8 x 4 routers
    assert result.link_busy_share == pytest.approx(result.hops / links / cycles)
    assert result.link_busy_share_max == pytest.approx(max(messages) / cycles)
    alone = run("mesh", settings=["cores=1", "interconnect.width=1", "interconnect.height=1"], mapping="{policy: fill}")
    assert (alone.link_messages_max, alone.link_busy_share) == (0, None)


@pytest.mark.parametrize(("width", "height", "torus", "links"), [(1, 1, True, 0), (4, 2, False, 20), (4, 2, True, 32)])
def test_links_of_a_grid(width, height, torus, links):
    assert Grid(width, height, torus=torus).links == links


def test_no_step_is_faster_than_its_bound(result):
    assert all(row["time_us"] >= row["bound_us"] for row in result.tables["steps"])
    assert result.time_total_us == pytest.approx(sum(row["time_us"] for row in result.tables["steps"]))


def test_leakage_is_power_times_time(result):
    assert result.energy_leakage_pj == pytest.approx(0.104 * result.time_total_us * 1e6)


@pytest.mark.parametrize("noc", ["ideal", "transaction", "cycle"])
def test_the_network_s_fidelity_changes_times_alone(noc, result):
    other = run(settings=[f"interconnect.noc={noc}"])
    assert (other.synops, other.hops, other.energy_dynamic_pj) == (result.synops, result.hops, result.energy_dynamic_pj)
    assert other.time_total_us == pytest.approx(result.time_total_us, rel=0.1)


@pytest.mark.parametrize("noc", ["ideal", "transaction", "cycle"])
def test_both_engines_give_the_same_run(noc):
    documents = (
        load_document("mesh", "architecture", overrides=[f"interconnect.noc={noc}"]),
        load_document("recurrent_1k", "workload", overrides=["steps=3", "mapping.neurons_per_core=32"]),
    )
    compiled, reference = (simulate(*documents, engine=engine) for engine in ("compiled", "simpy"))
    assert compiled.metrics == reference.metrics
    assert compiled.tables == reference.tables


def test_the_router_of_the_architecture_counts():
    times = [
        run("mesh", settings=settings, **{"mapping.neurons_per_core": 16}).time_total_us
        for settings in (
            [],
            ["interconnect.router.routing_cycles=3"],  # taken from the links' share of a hop as long as there is any
            ["interconnect.router.link_cycles_x=40", "interconnect.router.link_cycles_y=40"],
            ["interconnect.router.buffer_flits=1", "core.pipeline.receive_queue=1"],
            ["interconnect.topology=torus", "interconnect.router.virtual_channels=2"],
        )
    ]
    assert times[2] > times[0]
    assert times[3] > times[0]
    assert len(set(times)) >= 4


@pytest.mark.parametrize("side", [1, 2, 4])
def test_a_mesh_of_any_size_computes_the_same(side):
    sizes = [f"cores={side * side}", f"interconnect.width={side}", f"interconnect.height={side}"]
    found = run("mesh", settings=[*sizes, "core.limits={}"], **{"mapping.neurons_per_core": 1024 // side**2})
    assert found.cores_used == side * side
    assert (found.fired, found.synops) == (run().fired, run().synops)


def test_more_cores_take_less_time():
    times = [
        run(settings=["barrier=[]"], **{"mapping.neurons_per_core": per_core}).time_total_us
        for per_core in (512, 128, 16)
    ]
    assert times[0] > times[1] > times[2]


@pytest.mark.parametrize("policy", ["fill", "balance", "minimise-traffic"])
def test_policies(policy):
    found = run(**{"mapping.policy": policy})
    assert found.fired == run().fired
    assert found.messages <= run().messages or policy == "balance"


def test_a_fixed_tick_sets_the_pace_and_late_steps_are_told():
    relaxed, hurried = (run(settings=[f"tick={tick}"]) for tick in ("1 ms", "1 us"))
    assert relaxed.time_total_us == pytest.approx(20_000)
    assert (relaxed.steps_late, hurried.steps_late) == (0, 20)
    assert any("not done within their tick" in text for text in hurried.about["warnings"])


def test_a_network_from_a_file(tmp_path):
    rng = np.random.default_rng(3)
    n = 60
    np.savez(
        tmp_path / "net.npz",
        src=rng.integers(0, n, 500), dst=rng.integers(0, n, 500), w=rng.integers(-3, 8, 500),
        threshold=np.full(n, 32.0), bias=np.full(n, 6.0), core=np.arange(n) % 7,
    )  # fmt: skip
    text = "workload: mine\nnetwork: {kind: file, path: net.npz}\nmapping: {policy: given}\nsteps: 30\n"
    (tmp_path / "mine.yaml").write_text(text)
    found = simulate("loihi", tmp_path / "mine.yaml")
    assert (found.cores_used, found.tiles_used) == (7, 2)
    assert found.fired > 0


def test_what_does_not_fit_is_told_with_amounts():
    with pytest.raises(ConfigError) as caught:
        run("mesh", settings=["cores=4", "interconnect.width=2", "interconnect.height=2"])
    message = str(caught.value)
    assert "mapping" in message
    assert "512 of 1024 neurons are left when 4 cores are full" in message


@pytest.mark.parametrize(("chip", "workload"), [("loihi", "cue_accumulation"), ("reckon", "recurrent_1k")])
def test_a_workload_of_the_other_kind(chip, workload):
    with pytest.raises(ConfigError, match="network"):
        simulate(chip, workload)


def test_the_report_shows_tiles_steps_and_critical_cores(result, tmp_path):
    result.save(tmp_path / "run")
    files = {path.name for path in report(tmp_path / "run")}
    assert {"report.html", "tiles.svg", "timeline.svg", "energy.svg"} <= files
    page = (tmp_path / "run/report.html").read_text()
    assert "Critical cores" in page
    assert "analytic bound" in page
    assert json.loads((tmp_path / "run/result.json").read_text())["metrics"]["synops"] == result.synops


def test_the_same_seed_gives_the_same_run(result):
    again = run()
    assert again.metrics == result.metrics
    assert again.tables == result.tables
