"""Arrays of the network on chip for packets of one flit; see :mod:`accelsim.engine.stepped.flits`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SLOTS = 1 << 12
"""Slots of the timing wheel; an event further away stays in its slot for more rounds."""
NONE = -1
TO_ROUTER = 2
"""Cycles between a core and its router, for flits and credits."""


class Delays(NamedTuple):
    """Cycles, and sizes."""

    routing: int
    crossbar: int
    credit: int
    """Of credits from a core to its router, the way included."""
    buffer: int
    queue: int
    ports: int
    cores_per_router: int


class Tables(NamedTuple):
    """The network; N channels (a channel is an input, or the output, of a port of a router), C cores."""

    x: Any  # int64[routers]
    y: Any  # int64[routers]
    ahead: Any  # int64[N]: input that an output leads to
    flight: Any  # int64[N]: cycles to there
    credit: Any  # int64[N]: cycles of a credit from an input to the output, or core, that feeds it


class State(NamedTuple):
    """What changes."""

    packet: Any  # int64[N, buffer]: packets in an input's buffer or on the way there
    arrives: Any  # int64[N, buffer]
    vacant: Any  # int64[N, buffer]: when the credit of a place comes back
    head: Any  # int64[N]
    fill: Any  # int64[N]
    front: Any  # int64[N]: first cycle in which the next packet may be at the front
    waiting: Any  # int64[N]: inputs that request an output
    pointer: Any  # int64[N]: round robin
    free: Any  # int64[N]: cycle from which an output may grant
    granted: Any  # int64[N]: cycle of a grant that waits for a place
    owner: Any  # int64[N]: input with that grant
    queue_vacant: Any  # int64[C, queue]
    queue_place: Any  # int64[C]
    core_free: Any  # int64[C]
    next_packet: Any  # int64[C]
    end_packet: Any  # int64[C]
    last_sent: Any  # int64[C]
    slot: Any  # int64[SLOTS]: first event; inputs come first, then outputs
    after: Any  # int64[2N]: next event of the slot
    time: Any  # int64[2N]
    filled: Any  # int64[SLOTS / 32]: slots with events
    outputs: Any  # int64[N]: outputs to grant in this cycle
    listed: Any  # int64[N]: cycle for which an output is in that list
    pending: Any  # int64[2]: events, end of everything


class Served(NamedTuple):
    """Cycles from the begin of the step, per packet."""

    ready: NDArray[np.int64]
    sent: NDArray[np.int64]
    arrived: NDArray[np.int64]
    done: NDArray[np.int64]
