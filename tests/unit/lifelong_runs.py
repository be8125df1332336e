"""Small workloads for tests of capabilities."""

from __future__ import annotations

from typing import Any

from accelsim.config.document import Document
from accelsim.config.loader import load_document

WORKLOAD: dict[str, Any] = {
    "workload": "tiny",
    "task": {"kind": "cue-accumulation", "cues": 3, "cue_duration": "3 ms", "cue_spacing": "4 ms", "delay": "4 ms",
             "recall_duration": "3 ms", "cue_rate": "300 Hz", "recall_rate": "300 Hz", "noise_rate": "50 Hz"},
    "network": {"input": 40, "recurrent": 12, "output": 2},
    "training_samples": 8,
    "test_samples": 2,
    "learning": {"rule": "eprop", "parameters": {"rate": 0.05}, "consolidation": "synaptic-intelligence"},
    "settings": {"tick": {"neuron": {"decay": 0.9}, "readout_decay": 0.9, "input_weights": {"scale": 2.5}}},
}  # fmt: skip
"""Short cue accumulation with a consolidation."""
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
