"""Words of jobs that no phase of a chip moves are told before a run, and never dropped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from lifelong_runs import small_stream

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.lifelong.job import Job
from accelsim.simulation.job_phases import job_problems, moved, unmoved, upkeep_program
from accelsim.simulation.kinds import described_for
from accelsim.simulation.run import run
from accelsim.simulation.setup import Setup, prepare
from accelsim.simulation.upkeep import Upkeep

EVERYTHING: dict[str, Any] = {
    "consolidation": {"on": False},
    "replay": {"capacity": 6, "every": 5, "samples": 2},
    "structure": {"density": 0.5, "every": 4, "prune": "sign", "grow": "activity", "neurons": {"spare": 2}},
    "checkpoint": {"every": 6, "kind": "delta", "power_cuts": [30_000]},
}
SHARED: dict[str, Any] = {"tenants": {"tasks": [[0], [1]]}, "checkpoint": {"every": 6}}
PHASE = "core.phases.saving.body=[{repeat: reads_winp, steps: [{reads: [wrec, winp]}]}]"


def programmed(chip: str, capabilities: dict[str, Any], *overrides: str) -> Setup:
    stream = small_stream(capabilities=capabilities)
    return prepare(described_for(load_document(chip, "architecture", overrides=overrides), stream), stream, 0)


@pytest.mark.parametrize("capabilities", [EVERYTHING, SHARED])
@pytest.mark.parametrize("chip", ["single_core", "sparse_core", "learning_mesh", "genesis_like"])
def test_chips_move_all_that_capabilities_may_ask(chip: str, capabilities: dict[str, Any]) -> None:
    setup = programmed(chip, capabilities)
    assert list(job_problems(setup)) == []
    jobs = [job for each in setup.wanted.capabilities for job in each.moves(setup.chip, setup.wanted.capabilities)]
    assert {job.purpose for job in jobs} == {name for each in setup.wanted.capabilities for name in each.purposes}
    assert all(job.words for job in jobs)


def test_a_chip_without_capabilities_needs_no_phases() -> None:
    digits = load_document("permuted_digits", "workload", overrides=["capabilities={}"])
    setup = prepare(described_for(load_document("mac_array", "architecture"), digits), digits, 0)
    assert list(job_problems(setup)) == []


def test_what_no_phase_moves_is_told_before_the_run() -> None:
    with pytest.raises(ConfigError) as caught:
        programmed("single_core", {"checkpoint": {"every": 6}}, PHASE)
    found = {problem.message: problem.path for problem in caught.value.problems}
    assert set(found.values()) == {"capabilities.checkpoint"}
    assert (
        "`saving` moves words of memory `wrec`, but no phase of `upkeep` with `when: [saving]` reads it "
        "(`repeat: reads_wrec`)"
    ) in found  # it is read as often as there are words of another memory
    assert not any("`winp`" in message for message in found)
    assert any("`checkpoint`" in message and "writes it" in message for message in found)


def test_a_job_is_not_dropped() -> None:
    setup = programmed("single_core", {"replay": EVERYTHING["replay"]})
    still: Any = SimpleNamespace(columns=(), counters=())
    upkeep = Upkeep(still, setup, "compiled")
    assert upkeep.charge(Job("storing", writes={"replay": 7})).cycles == 7
    assert upkeep.charge(Job("storing", writes={"replay": 7, "winp": 0})).cycles == 7
    with pytest.raises(ConfigError, match=r"core.upkeep: `storing` moves .* `winp`, but no phase .* writes it"):
        upkeep.charge(Job("storing", writes={"replay": 7, "winp": 3}))
    with pytest.raises(ConfigError, match="`recalling` moves words of memory `neurons`"):
        upkeep.charge(Job("recalling", reads={"neurons": 1}))


def test_phases_of_one_purpose_serve_no_other() -> None:
    phases = moved(upkeep_program(programmed("single_core", {"replay": EVERYTHING["replay"]}))[1])
    assert ("storing", "write", "replay") in phases
    assert list(unmoved(Job("storing", writes={"replay": 1}), phases)) == []
    assert len(list(unmoved(Job("storing", reads={"replay": 1}), phases))) == 1
    assert len(list(unmoved(Job("recalling", writes={"replay": 1}), phases))) == 1


def test_jobs_are_those_that_were_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What capabilities say they may move is all that they move."""
    setup = programmed("single_core", EVERYTHING)
    told = [job for each in setup.wanted.capabilities for job in each.moves(setup.chip, setup.wanted.capabilities)]
    ways = {(job.purpose, memory, way) for job in told for way in ("reads", "writes") for memory in getattr(job, way)}
    done: set[tuple[str, str, str]] = set()
    charge = Upkeep.charge

    def noted(self: Upkeep, job: Job) -> Any:
        done.update((job.purpose, memory, way) for way in ("reads", "writes") for memory in getattr(job, way))
        return charge(self, job)

    monkeypatch.setattr(Upkeep, "charge", noted)
    result = run(setup)
    assert np.isfinite(result.metrics["energy_total_pj"])
    assert done <= ways
    assert {purpose for purpose, _, _ in done} >= {"storing", "recalling", "rewiring", "saving", "restoring"}
