"""Named bit fields of a memory word of up to 128 bits.

A layout is a ``NamedTuple`` class whose fields are `Field`s by default, and one instance of it. Words are Python
integers where memories are programmed or shown, and pairs of unsigned 64-bit halves in kernels, which compile `read`
and `write`: with a constant field these are a shift and a mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

HALF_BITS = 64


class Field(NamedTuple):
    """Position of a field: its lowest bit, its width, and 1 if it holds two's complement."""

    at: int
    bits: int
    signed: int = 0

    @property
    def low(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest value."""
        return (1 << (self.bits - self.signed)) - 1


def named_fields(layout: Any) -> Iterator[tuple[str, Field]]:
    """Names and positions of the fields of a layout."""
    return zip(layout._fields, layout, strict=True)


def pack(layout: Any, values: Mapping[str, int], word: int = 0) -> int:
    """A word with some of its fields replaced.

    Parameters
    ----------
    layout : the fields by name.
    values : new contents of fields.
    word : what the other bits hold.

    Raises
    ------
    ValueError
        If a field is unknown or a value does not fit; one line per problem.
    """
    known = dict(named_fields(layout))
    problems = [f"no field `{name}`; there are: {', '.join(known)}" for name in values if name not in known]
    for name, value in values.items():
        if name in known and not known[name].low <= value <= known[name].high:
            problems.append(f"{name}: {value} is not within {known[name].low} to {known[name].high}")
    if problems:
        raise ValueError("\n".join(problems))
    for name, value in values.items():
        at, mask = known[name].at, (1 << known[name].bits) - 1
        word = word & ~(mask << at) | (int(value) & mask) << at
    return word


def unpack(layout: Any, word: int) -> dict[str, int]:
    """The contents of every field of a word, by name."""
    raw = {name: (field, word >> field.at & ((1 << field.bits) - 1)) for name, field in named_fields(layout)}
    return {name: value - (1 << field.bits) * (value > field.high) for name, (field, value) in raw.items()}


def halves(word: int) -> tuple[np.uint64, np.uint64]:
    """Low and high 64 bits of a word."""
    return np.uint64(word & ((1 << HALF_BITS) - 1)), np.uint64(word >> HALF_BITS)


def whole(low: int, high: int) -> int:
    """The word of two halves."""
    return int(low) | int(high) << HALF_BITS


def read(low: np.uint64, high: np.uint64, field: Field) -> np.int64:
    """Contents of a field of a word in two halves."""
    at, bits = field.at, field.bits
    if at >= HALF_BITS:
        raw = high >> np.uint64(at - HALF_BITS)
    elif at + bits <= HALF_BITS:
        raw = low >> np.uint64(at)
    else:
        raw = (low >> np.uint64(at)) | (high << np.uint64(HALF_BITS - at))
    value = np.int64(raw & np.uint64((1 << bits) - 1))
    half = np.int64(field.signed) << (bits - 1)
    return (value ^ half) - half


def write(low: np.uint64, high: np.uint64, field: Field, value: int) -> tuple[np.uint64, np.uint64]:
    """Both halves with the low bits of `value` in a field."""
    at = field.at
    mask = np.uint64((1 << field.bits) - 1)
    raw = np.uint64(value) & mask
    if at >= HALF_BITS:
        up = np.uint64(at - HALF_BITS)
        return low, (high & ~(mask << up)) | (raw << up)
    up = np.uint64(at)
    low = (low & ~(mask << up)) | (raw << up)
    if at + field.bits > HALF_BITS:
        down = np.uint64(HALF_BITS - at)
        high = (high & ~(mask >> down)) | (raw >> down)
    return low, high
