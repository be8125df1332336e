"""What one iteration of an event-driven phase asks for: the layout of the array `out` that `work` fills in.

The event loop clears the counts before each iteration; `work` leaves what it does not use.
"""

from __future__ import annotations

CODE = 0
"""Spike code, 0 without a spike."""
NEURON = 1
"""Neuron that spiked."""
PACKETS = 2
"""Packets for the output link, at most three, from :data:`PACKET0` on."""
PACKET0 = 3
PUSHES = 6
"""Queue pushes, pairs of queue and entry from :data:`PUSH0` on."""
PUSH0 = 7
POP = 40
"""Queue whose head is taken away, after the pushes; -1 for none."""
CHANGES = 41
"""Changed words, four entries each from :data:`CHANGE0` on: memory, address, old and new content."""
CHANGE0 = 42
OUT_SIZE = 64

BIG = 1 << 62
"""A cycle that never comes."""
