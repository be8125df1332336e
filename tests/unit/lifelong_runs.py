"""Small streams of tasks with capabilities, for tests."""

from __future__ import annotations

from typing import Any

from accelsim.config.document import Document
from accelsim.config.loader import load_document

CAPABILITIES: dict[str, Any] = {
    "learning": {"on": True},
    "consolidation": {"on": True},
    "replay": {"capacity": 6, "every": 5, "samples": 2},
    "checkpoint": {"every": "task"},
}


def small_stream(*overrides: str, capabilities: dict[str, Any] | None = None) -> Document:
    """`lifelong_digits` with few samples, time steps and neurons."""
    data = load_document("lifelong_digits", "workload").data
    data["task"] |= {"length": 6, "spikes_per_tick": 1.0}
    data["tasks"] |= {"groups": [[0, 1], [2, 3]], "training_samples": 12, "test_samples": 5}
    data["network"] |= {"recurrent": 16}
    data["capabilities"] = CAPABILITIES if capabilities is None else capabilities
    return Document.of(data, "workload").with_overrides(overrides)
