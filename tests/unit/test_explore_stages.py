"""Runs through the stage cache give what plain runs give, however much of them is cached."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.explore.cache import StageCache
from accelsim.explore.stages import run_stages
from accelsim.simulation import simulate

SHORT = [
    "epochs=1", "training_samples=2", "test_samples=1", "network.recurrent=32", "task.cues=1",
    "task.cue_duration=20 ms", "task.cue_spacing=30 ms", "task.delay=10 ms", "task.recall_duration=20 ms",
]  # fmt: skip


@pytest.fixture
def cache(tmp_path):
    return StageCache(tmp_path)


def chip(*settings, name="reckon"):
    return load_document(name, "architecture", overrides=settings)


@pytest.fixture(scope="module")
def work():
    return load_document("cue_accumulation", "workload", overrides=SHORT)


def test_every_stage_is_reused_where_it_can_be(cache, work):
    steps = [
        ([], ""),
        ([], "timing"),
        (["voltage=0.7 V", "technology=22nm", "core.memories.winp.banks=4"], "timing"),
        (["core.units.plasticity.measured={update_energy: 1 pJ}"], "timing"),
        (["core.memories.winp.ports=2RW"], "activity"),
        (["core.memories.winp.kind=flash"], "activity"),
        (["clock=20 MHz"], "activity"),
        (["core.units.plasticity.lanes=8"], ""),
        (["core.learn_every=2"], ""),
    ]
    for settings, reused in steps:
        fresh = StageCache(cache.folder)  # nothing of it in memory
        found = run_stages(chip(*settings), work, fresh)
        assert (settings, found.reused) == (settings, reused)
        plain = simulate(chip(*settings), work).metrics
        assert {name: found.metrics[name] for name in plain} == dict(plain), settings
        assert set(found.metrics) == set(plain)
        assert run_stages(chip(*settings), work, fresh) == run_stages(chip(*settings), work, cache)


def test_a_mission_is_worked_out_of_a_kept_run(cache, work):
    wearable = load_document("wearable_keyword", "workload").data["mission"]
    carried = load_document("cue_accumulation", "workload", overrides=SHORT).with_overrides([])
    assert "mission_time_h" not in run_stages(chip(), carried, cache).metrics
    data = {**carried.data, "mission": wearable}
    on_wrist = type(carried).of(data, "workload")
    found = run_stages(chip("voltage=0.9 V"), on_wrist, cache)
    assert found.reused == "timing"
    plain = simulate(chip("voltage=0.9 V"), on_wrist).metrics
    assert dict(found.metrics) == {name: plain[name] for name in found.metrics}
    assert set(found.metrics) == set(plain)


@pytest.mark.parametrize("stage", ["activity", "timing"])
def test_damage_is_told_once_and_repaired(cache, work, stage):
    first = run_stages(chip(), work, cache)
    for path in cache.folder.glob("timing/*/*.zip"):
        path.unlink() if stage == "activity" else path.write_bytes(b"spoilt")
    for path in cache.folder.glob("activity/*/*.zip") if stage == "activity" else ():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes(content)
    again = StageCache(cache.folder)
    found = run_stages(chip(), work, again)
    assert found.metrics == first.metrics
    assert len(again.notes) == 1
    assert "damaged" in again.notes[0]
    healthy = StageCache(cache.folder)
    assert run_stages(chip(), work, healthy).reused == "timing"
    assert healthy.notes == []


def test_cells_that_are_not_ideal_are_replayed(cache, work):
    devices = ["core.devices={technology: rram}"]
    run_stages(chip(*devices), work, cache)
    faster = [*devices, "clock=20 MHz"]
    found = run_stages(chip(*faster), work, cache)
    plain = simulate(chip(*faster), work).metrics
    assert found.reused == "activity"
    assert {name: found.metrics[name] for name in plain} == dict(plain)
    assert found.metrics["programming_error_pct"] is not None


def test_a_point_that_cannot_be_priced_is_an_error_from_the_cache_too(cache, work):
    run_stages(chip(), work, cache)
    with pytest.raises(ConfigError, match=r"voltage: 3 V"):
        run_stages(chip("voltage=3 V"), work, cache)
