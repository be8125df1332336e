"""What one iteration of an event-driven phase asks for: the layout of the array `out` that `work` fills in.

The event loop clears the counts before each iteration; `work` leaves what it does not use. A unit with several lanes
updates several neurons in one iteration, so everything comes in lists.
"""

from __future__ import annotations

MAX_LANES = 64
"""Neurons that one iteration may update."""
MAX_PUSHES = 8
"""Queue pushes of one neuron: its spike, and seven further ones of a burst."""

SPIKES = 0
"""Neurons that spiked, three entries each from :data:`SPIKE0` on: neuron, code, which push of the list enters its
spike into queue 0 (-1 for none)."""
PACKETS = 1
"""Packets for the output link from :data:`PACKET0` on."""
PUSHES = 2
"""Queue pushes, pairs of queue and entry from :data:`PUSH0` on."""
POP = 3
"""Queue whose head is taken away, after the pushes; -1 for none."""
CHANGES = 4
"""Changed words, four entries each from :data:`CHANGE0` on: memory, address, old and new content."""

SPIKE0 = 8
PACKET0 = SPIKE0 + 3 * MAX_LANES
PUSH0 = PACKET0 + MAX_LANES + 3
CHANGE0 = PUSH0 + 2 * MAX_LANES * MAX_PUSHES
OUT_SIZE = CHANGE0 + 4 * (2 * MAX_LANES)

BIG = 1 << 62
"""A cycle that never comes."""
