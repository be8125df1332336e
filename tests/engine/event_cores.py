"""Event-driven cores of random size and state, on both engines."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from accelsim.architecture.schema import Architecture
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.odin import events as odin_events
from accelsim.controllers.odin import state as odin_state
from accelsim.controllers.tinyodin import events as tinyodin_events
from accelsim.controllers.tinyodin import state as tinyodin_state
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.event_driven import EventDrivenEngine, PhaseTable, phase_table
from accelsim.engine.event_reference import EventDrivenReference
from accelsim.engine.program import lower
from accelsim.mapping.placement import Placement, place

RECORDS = ("segments", "inputs", "fifo", "spikes", "outputs", "writes")
CHIPS = {"odin": (odin_events, odin_state), "tinyodin": (tinyodin_events, tinyodin_state)}


@dataclass
class Core:
    """A described core and its state."""

    chip: Any
    architecture: Architecture
    placement: Placement
    table: PhaseTable
    state: Any
    handshake: tuple[int, int, int, int]

    def compiled(self, recorded=True, sweeps=True):
        """The compiled engine on a copy of the state."""
        state = copy.deepcopy(self.state)
        return EventDrivenEngine(
            self.architecture.core, self.table, self.chip.__name__, state, self.handshake, recorded, sweeps
        )

    def reference(self, env=None):
        """The reference engine on a copy of the state."""
        state = copy.deepcopy(self.state)
        return EventDrivenReference(
            self.architecture, self.placement, self.chip.PHASES, self.chip, state, self.handshake, env
        )


def make(name, neurons, changes=(), handshake=(1, 1, 1, 1)):
    """A core with zeroed memories."""
    document = load_document(name, "architecture", overrides=list(changes))
    architecture = validate(document, Architecture)
    placement = place(architecture, {"recurrent": neurons}, document)
    chip, states = CHIPS[name]
    table = phase_table(lower(architecture, placement, Vocabulary((), {}, ()), document), chip.PHASES)
    return Core(chip, architecture, placement, table, states.allocate(architecture.core, neurons), handshake)


def assert_same(first, second):
    """Two timelines, row for row."""
    for record in RECORDS:
        np.testing.assert_array_equal(getattr(first, record), getattr(second, record), err_msg=record)


def stimulus_of(rng, events, words, spread):
    """Events at random times, so many cycles apart on average."""
    times = np.sort(rng.integers(0, max(1, events * spread), events))
    return np.stack([times, words], axis=1).astype(np.int64)


def random_odin(rng, neurons=256, changes=(), handshake=(1, 1, 1, 1), settings=None, lif=False):
    """An ODIN core of random words; of integrate-and-fire ones only, if `lif`."""
    core = make("odin", neurons, changes, handshake)
    state = core.state
    kinds = np.uint64(1) if lif else rng.integers(0, 2, neurons, dtype=np.uint64)
    state.low[:] = rng.integers(0, 2**63, neurons, dtype=np.uint64) | kinds
    state.high[:] = rng.integers(0, 2**63, neurons, dtype=np.uint64)
    state.synapses[:] = rng.integers(0, 2**32, state.synapses.size, dtype=np.uint64)
    for flags in (state.up, state.down, state.sign):
        flags[:] = rng.integers(0, 2, neurons)
    if settings is not None:
        state.config[:] = settings
    return core


def odin_words(rng, events, neurons):
    """Random input words of every kind for a core of at most 256 neurons."""
    address, post = rng.integers(0, neurons, (2, events))
    return np.choose(
        rng.integers(0, 6, events),
        [1 << 16 | address << 8 | post, address << 8 | 0xFF, np.full(events, 0x7F), address << 8 | 0x80,
         address << 8 | 0x07, address << 8 | (post | 1) & 0xFD],
    )  # fmt: skip
