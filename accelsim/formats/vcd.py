"""Value change dumps (IEEE 1364, clause 18): timelines for GTKWave, Surfer and other waveform viewers.

A scope per track, in it a signal per kind of slice: high while a state lasts, else how many happen in a cycle (the
sum of their `count`).  One microsecond is one cycle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from accelsim.formats.timeline import Timeline

FIRST, DIGITS = 33, 94
"""Printable characters that name signals."""
BITS = 64
"""Of integers."""
STATE = "active"
COUNTERS = "counters"


def vcd(timeline: Timeline) -> str:
    """A timeline as a value change dump.

    Returns
    -------
    str
        Signals `<track>.active` (one bit) of slices called like their track, `<track>.<name>` of others, and
        `counters.<name>`; a value holds from its cycle on.
    """
    *scopes, _ = distinct([*timeline.tracks, COUNTERS])
    signals: dict[str, dict[str, dict[int, int]]] = {scope: {} for scope in scopes}
    for (track, name), steps in sorted(_steps(timeline).items()):
        value = 0
        signals[scopes[track]][name] = {time: (value := value + steps[time]) for time in sorted(steps)}
    labels = distinct(timeline.counters)
    signals[COUNTERS] = {label: dict(values) for label, values in zip(labels, timeline.counters.values(), strict=True)}
    lines = ["$version accelsim $end", "$comment one microsecond is one cycle $end", "$timescale 1 us $end"]
    dump: dict[int, list[str]] = {}
    number = 0
    for scope, variables in signals.items():
        if not variables:
            continue
        lines.append(f"$scope module {scope} $end")
        for name, values in variables.items():
            code = _code(number)
            number += 1
            lines.append(
                f"$var wire 1 {code} {name} $end" if name == STATE else f"$var integer {BITS} {code} {name} $end"
            )
            before = None
            for time, value in values.items():
                if value != before:
                    shown = f"{value}{code}" if name == STATE else f"b{value:b} {code}"
                    dump.setdefault(time, []).append(shown)
                before = value
        lines.append("$upscope $end")
    lines.append("$enddefinitions $end")
    for time in sorted(dump):
        lines += [f"#{time}", *dump[time]]
    return "\n".join(lines) + "\n"


def _steps(timeline: Timeline) -> dict[tuple[int, str], dict[int, int]]:
    """By track and signal, how much its value changes at which cycle."""
    found: dict[tuple[int, str], dict[int, int]] = {}
    for each in timeline.slices:
        if each.length:
            name = STATE if each.name == timeline.tracks[each.track] else _plain(each.name)
            count = each.arguments.get("count", 1)
            steps = found.setdefault((each.track, name), {0: 0})
            steps[each.start] = steps.get(each.start, 0) + count
            steps[each.stop] = steps.get(each.stop, 0) - count
    return found


def distinct(names: Iterable[str]) -> list[str]:
    """Names as they may stand in a dump, no two alike: a state may be called like a stage."""
    found: list[str] = []
    for name in names:
        plain = _plain(name)
        while plain in found:
            plain += "_"
        found.append(plain)
    return found


def _plain(name: str) -> str:
    """A name without characters that end one."""
    return re.sub(r"\W+", "_", name)


def _code(number: int) -> str:
    """Short code of a signal."""
    code = ""
    while True:
        number, digit = divmod(number, DIGITS)
        code += chr(FIRST + digit)
        if not number:
            return code
