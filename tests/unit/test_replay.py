"""Replay memory: which samples are kept, in how many bits, and when they are shown again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lifelong_runs import WORKLOAD

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.controllers.samples import Samples
from accelsim.lifelong.replay import Replay, ReplaySettings, regular
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare

TICKS = 19


def sample(label: int, events: int = 0, *, ends: bool = False) -> Samples:
    """A sample of ten time steps and four inputs."""
    rng = np.random.default_rng(events)
    return Samples(
        length=np.array([10], np.int32),
        event_tick=np.sort(rng.integers(0, 10, events)),
        event_address=rng.integers(0, 4, events).astype(np.int32),
        label=np.array([label], np.int32),
        label_tick=np.array([-1], np.int32),
        target_valid=np.ones(10, np.uint8),
        infer=np.ones(10, np.uint8),
        targets=np.zeros((0, 0), np.int32),
        training=np.array([True]),
        task_end=np.array([ends]),
    )


def buffer(seed: int = 0, **settings: Any) -> Replay:
    return Replay(ReplaySettings(**settings), 40, seed)


def numbers(replay: Replay) -> list[int]:
    return [int(kept.label[0]) for kept in replay.kept]


class TestPolicies:
    """Which samples are kept."""

    def test_a_reservoir_keeps_all_alike(self) -> None:
        seeds, stream, capacity = 600, 20, 5
        kept: Counter[int] = Counter()
        for seed in range(seeds):
            replay = buffer(seed, capacity=capacity)
            for number in range(stream):
                replay.offer(sample(number))
            kept.update(numbers(replay))
        expected = seeds * capacity / stream
        # Draws are without replacement: the statistic is chi-squared once divided by 1 - capacity / stream.
        chi = sum((kept[number] - expected) ** 2 / expected for number in range(stream)) / (1 - capacity / stream)
        assert 6.8 < chi < 43.8  # 0.5 % and 99.9 % of chi-squared with 19 degrees of freedom

    def test_classes_stay_balanced(self) -> None:
        replay = buffer(capacity=12, policy="balanced")
        for number in range(300):
            replay.offer(sample(0 if number % 30 else 1 + number // 30 % 2))
        assert Counter(numbers(replay)) == {0: 4, 1: 4, 2: 4} or max(Counter(numbers(replay)).values()) <= 5

    def test_a_full_class_is_a_reservoir(self) -> None:
        seeds, stream, capacity = 600, 16, 4
        kept: Counter[int] = Counter()
        for seed in range(seeds):
            replay = buffer(seed, capacity=capacity, policy="balanced")
            for events in range(stream):  # all of one class, told apart by their number of events
                replay.offer(sample(0, events))
            kept.update(each.event_tick.size for each in replay.kept)
        expected = seeds * capacity / stream
        chi = sum((kept[number] - expected) ** 2 / expected for number in range(stream)) / (1 - capacity / stream)
        assert 4.6 < chi < 37.7  # 0.5 % and 99.9 % of chi-squared with 15 degrees of freedom

    def test_a_ring_keeps_the_last(self) -> None:
        replay = buffer(capacity=3, policy="fifo")
        for number in range(8):
            assert replay.offer(sample(number))
        assert sorted(numbers(replay)) == [5, 6, 7]

    def test_tasks_do_not_end_again(self) -> None:
        replay = buffer(capacity=3)
        replay.offer(sample(0, ends=True))
        assert not replay.kept[0].ends_task.any()

    def test_kept_samples_own_their_arrays(self) -> None:
        replay = buffer(capacity=3)
        given = sample(0, 9)
        replay.offer(given.part(0, 1))
        assert not np.shares_memory(replay.kept[0].event_tick, given.event_tick)
        assert np.array_equal(replay.kept[0].event_address, given.event_address)


class TestBits:
    """Samples as numbers of spikes."""

    def test_spikes_are_regular(self) -> None:
        given = sample(1, 25)
        made = regular(given, 15)
        assert np.array_equal(
            np.bincount(made.event_address, minlength=4), np.bincount(given.event_address, minlength=4)
        )
        assert np.all(np.diff(made.event_tick) >= 0)
        assert made.event_tick.max() < 10
        for address in range(4):
            ticks = np.sort(made.event_tick[made.event_address == address])
            assert np.ptp(np.diff(ticks)) <= 1

    def test_large_numbers_are_cut_off(self) -> None:
        made = regular(sample(1, 40), 3)
        assert np.bincount(made.event_address).max() == 3

    def test_no_spikes(self) -> None:
        assert regular(sample(1, 0), 3).event_tick.size == 0

    @pytest.mark.parametrize(
        ("bits", "regression", "expected"), [(None, False, 401), (3, False, 121), (None, True, 400 + 320)]
    )
    def test_bits_of_a_sample(self, bits: int | None, regression: bool, expected: int) -> None:
        assert ReplaySettings(bits=bits).sample_bits(40, 10, 2, regression) == expected


def tiny(tmp_path: Path, replay: Mapping[str, Any] | None, *overrides: str, **workload: Any) -> Setup:
    path = tmp_path / "tiny.yaml"
    capabilities = {} if replay is None else {"capabilities": {"replay": replay}}
    path.write_text(json.dumps(WORKLOAD | capabilities | workload))
    chip = load_document("single_core", "architecture", overrides=overrides)
    return prepare(chip, load_document(path, "workload"), 0)


class TestRuns:
    """Replay on a core."""

    def test_off_is_as_without(self, tmp_path: Path) -> None:
        assert run(tiny(tmp_path, {"on": False})).metrics == run(tiny(tmp_path, None)).metrics

    def test_engines_agree(self, tmp_path: Path) -> None:
        replay = {"capacity": 3, "every": 3, "samples": 2, "bits": 3, "policy": "balanced"}
        results = [run(tiny(tmp_path, replay), engine=engine) for engine in ("compiled", "simpy")]
        assert results[0].tables["counters"] == results[1].tables["counters"]
        assert results[0].metrics == results[1].metrics

    def test_words_by_bits(self, tmp_path: Path) -> None:
        raw, coarse = (
            tiny(tmp_path, {"capacity": 4, **bits}).placement.used_words["replay"] for bits in ({}, {"bits": 4})
        )
        assert raw == 4 * -(-(40 * TICKS + 1) // 64)
        assert coarse == 4 * -(-(40 * 4 + 1) // 64)

    def test_idle_time_is_a_limit(self, tmp_path: Path) -> None:
        replay = {"capacity": 4, "every": 2, "samples": 4}
        always = run(tiny(tmp_path, replay)).metrics
        slow = run(tiny(tmp_path, replay | {"when": "idle"})).metrics
        assert slow["replay_replayed_samples"] == always["replay_replayed_samples"] > 0
        assert slow["replay_unused_us"] > 0
        # At 250 kHz there is time for one more sample in that of two.
        busy = run(tiny(tmp_path, replay | {"when": "idle"}, "clock=250 kHz")).metrics
        assert busy["replay_replayed_samples"] == 4
        none = run(tiny(tmp_path, replay | {"when": "idle"}, "clock=100 kHz")).metrics
        assert none["replay_replayed_samples"] == 0

    def test_off_chip(self, tmp_path: Path) -> None:
        replay = {"capacity": 4, "every": 2, "samples": 2}
        result = run(tiny(tmp_path, replay, "core.memories.replay.kind=lpddr4"))
        areas = {row["component"]: row["area_um2"] for row in result.tables["area"]}
        assert areas["replay"] == 0
        spent = [row for row in result.tables["energy"] if row["component"] == "replay" and row["count"]]
        each = {row["action"]: row["energy_pj"] / row["count"] for row in spent}
        assert each["read"] == each["write"] == pytest.approx(5 * 64, rel=0.5)

    def test_memory_of_another_use(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="has another use"):
            tiny(tmp_path, {"memory": "wrec"})
