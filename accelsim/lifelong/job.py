"""Jobs between samples: words that a chip moves to keep learning, such as a checkpoint or a sample to be replayed.

A job is work of the same phase tables as time steps are: `core.upkeep` lists the phases, in each of which the
condition of a job's purpose holds, and in which memories are read and written as often as the job says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from accelsim.architecture.schema import Core
from accelsim.controllers.activity import Activity
from accelsim.controllers.vocabulary import Vocabulary

PURPOSES = ("storing", "recalling", "saving", "restoring", "rewiring", "moving")
"""Samples kept and shown again, checkpoints written and read, synapses exchanged, a network moved."""
CAPABILITY_OF = {
    **dict.fromkeys(("storing", "recalling"), "replay"),
    **dict.fromkeys(("saving", "restoring"), "checkpoint"),
    "rewiring": "structure",
    "moving": "tenants",
}
"""Which capability has a purpose."""
READS, WRITES = "reads_", "writes_"


@dataclass(frozen=True)
class Job:
    """Words moved for a purpose.

    Attributes
    ----------
    purpose : str
        One of :data:`PURPOSES`.
    reads, writes : mapping of str to int
        Words of each memory, of all cores together.
    """

    purpose: str
    reads: Mapping[str, int] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> int:
        """Words read and written."""
        return sum(self.reads.values()) + sum(self.writes.values())

    def share(self, share: float) -> Job:
        """A beginning of it."""
        reads, writes = ({name: int(n * share) for name, n in each.items()} for each in (self.reads, self.writes))
        return Job(self.purpose, reads, writes)


def vocabulary(core: Core) -> Vocabulary:
    """What phases of upkeep may name: a condition for each purpose, and counts of words for each memory."""
    counts = tuple(f"{way}{memory}" for memory in core.memories for way in (READS, WRITES))
    return Vocabulary(PURPOSES, {}, counts)


def activity(job: Job, words: Vocabulary) -> Activity:
    """A job as one row of activity."""
    row = np.zeros((1, len(words.columns)), np.int64)
    row[0, words.column(job.purpose)] = 1
    for way, accesses in ((READS, job.reads), (WRITES, job.writes)):
        for memory, count in accesses.items():
            row[0, words.column(f"{way}{memory}")] = count
    return Activity(row, {}, range(1))
