"""Perfetto traces: TrackEvent packets in protobuf's wire format, for ui.perfetto.dev; one microsecond is one cycle.

Field numbers are those of `protos/perfetto/trace` in Perfetto's repository (TracePacket, TrackEvent, TrackDescriptor,
InternedData, DebugAnnotation), which are stable.  Names are interned: an event holds their numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from accelsim.formats.timeline import Timeline

CYCLE_NS = 1000
SEQUENCE = 1
CLEARED, NEEDED = 1, 2
"""Flags of a packet: names begin anew; names that came before are needed."""
BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
"""Types of TrackEvent."""


def varint(value: int) -> bytes:
    """An integer in base 128, least digit first; a negative one as 64 bits."""
    value &= (1 << 64) - 1
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def number(field: int, value: int) -> bytes:
    """A field with an integer."""
    return varint(field << 3) + varint(value)


def fixed64(field: int, value: int) -> bytes:
    """A field with an integer of eight bytes."""
    return varint(field << 3 | 1) + struct.pack("<Q", value)


def block(field: int, content: bytes | str) -> bytes:
    """A field with text or a message."""
    data = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(data)) + data


def perfetto_trace(timeline: Timeline) -> bytes:
    """A timeline as a Perfetto trace.

    Returns
    -------
    bytes
        A `Trace` message: a track per component and per counter, a slice per action, flow ids at the ends of arrows.
    """
    return b"".join(block(1, packet) for packet in _packets(timeline))


def _packets(timeline: Timeline) -> Iterator[bytes]:
    """Bodies of the packets in order of time."""
    names = {name: i + 1 for i, name in enumerate(dict.fromkeys(each.name for each in timeline.slices))}
    keys = dict.fromkeys(key for each in timeline.slices for key in each.arguments)
    arguments = {key: i + 1 for i, key in enumerate(keys)}
    interned = block(12, _interned(2, names) + _interned(3, arguments))
    yield number(10, SEQUENCE) + number(13, CLEARED) + interned
    first_counter = len(timeline.tracks) + 1
    for i, name in enumerate(timeline.tracks):
        yield number(10, SEQUENCE) + block(60, number(1, i + 1) + block(2, name))
    for i, name in enumerate(timeline.counters):
        yield number(10, SEQUENCE) + block(60, number(1, first_counter + i) + block(2, name) + block(8, b""))
    steps = first_counter + len(timeline.counters)
    yield number(10, SEQUENCE) + block(60, number(1, steps) + block(2, "time steps"))

    leaving: dict[int, list[int]] = {}
    arriving: dict[int, list[int]] = {}
    for arrow, (source, target) in enumerate(timeline.arrows):
        leaving.setdefault(source, []).append(arrow + 1)
        arriving.setdefault(target, []).append(arrow + 1)
    events: list[tuple[int, bytes]] = []
    for time, name in timeline.instants:
        events.append((time, _event(INSTANT, steps, block(23, name))))
    for i, values in enumerate(timeline.counters.values()):
        events += [(time, _event(COUNTER, first_counter + i, number(30, value))) for time, value in values]
    for time, which, begins in timeline.edges():
        each = timeline.slices[which]
        if not begins:
            events.append((time, _event(END, each.track + 1)))
            continue
        content = number(10, names[each.name])
        for key, value in each.arguments.items():
            content += block(4, number(1, arguments[key]) + number(4, value))
        content += b"".join(fixed64(47, flow) for flow in leaving.get(which, ()))
        content += b"".join(fixed64(48, flow) for flow in arriving.get(which, ()))
        events.append((time, _event(BEGIN, each.track + 1, content)))
    for time, event in sorted(events, key=lambda each: each[0]):
        yield number(8, time * CYCLE_NS) + number(10, SEQUENCE) + number(13, NEEDED) + event


def _interned(field: int, names: dict[str, int]) -> bytes:
    entries: Iterable[bytes] = (block(field, number(1, iid) + block(2, name)) for name, iid in names.items())
    return b"".join(entries)


def _event(kind: int, track: int, content: bytes = b"") -> bytes:
    return block(11, number(9, kind) + number(11, track) + content)
