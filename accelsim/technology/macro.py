"""The configuration of the memory table that stands for a memory of any size, and what that departs from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from accelsim.technology.sram_table import BANKS, EDRAM_RANGE, MIN_WORDS_PER_BANK, SIZE_BYTES, WORD_BITS


@dataclass(frozen=True)
class Limits:
    """The range of the runs of one kind of cell."""

    kind: str
    size_bytes: tuple[float, float]
    word_bits: tuple[float, float]
    banks: tuple[int, ...]


SRAM_LIMITS = Limits("SRAM", SIZE_BYTES, WORD_BITS, BANKS)
EDRAM_LIMITS = Limits("eDRAM", EDRAM_RANGE["size_bytes"], EDRAM_RANGE["word_bits"], BANKS[:1])


@dataclass(frozen=True)
class Macro:
    """The table configuration that stands for a memory, and how many of it make the memory.

    `parallel` macros share each word; of the `stacked` ones only one is accessed at a time; `larger` is the
    capacity over the largest run.
    """

    words: int
    bits: float
    banks: int
    parallel: int = 1
    stacked: int = 1
    larger: float = 1.0
    below_table: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def copies(self) -> int:
        """Number of macros."""
        return self.parallel * self.stacked

    @property
    def table_bytes(self) -> float:
        """Capacity of the configuration in the table."""
        return self.words * self.bits / 8 / self.larger


def macro(words: int, bits: int, banks: int, limits: Limits = SRAM_LIMITS) -> Macro:
    """Return the table configuration for `words` words of `bits` bits in `banks` banks."""
    warnings = []
    table = f"the {limits.kind} table"
    narrowest, widest = limits.word_bits
    parallel = math.ceil(bits / widest)
    if parallel > 1:
        warnings.append(f"{bits} b words exceed {table} ({widest:g} b): priced as {parallel} parallel macros")
    stacked, banks_each = 1, banks
    if banks not in limits.banks:
        stacked = math.ceil(banks / max(limits.banks))
        banks_each = next(count for count in limits.banks if count * stacked >= banks)
        warnings.append(f"{banks} banks are not in {table}: priced as {stacked} macros of {banks_each} banks")
    width = max(bits / parallel, float(narrowest))
    needed = math.ceil(words * bits / parallel / stacked / width)
    depth = max(needed, MIN_WORDS_PER_BANK * banks_each, math.ceil(limits.size_bytes[0] * 8 / width))
    below = depth > needed
    if below:
        warnings.append(f"{words} x {bits} b is below {table}: priced as a macro of {depth} x {width:g} b")
    elif bits < narrowest:
        warnings.append(f"{bits} b words are below {table}: priced as {narrowest:g} b words of the same capacity")
    largest = limits.size_bytes[1]
    larger = max(1.0, depth * width / 8 / largest)
    if larger > 1:
        warnings.append(f"{words} x {bits} b exceeds {table} ({int(largest) >> 20} MiB): extended by power laws")
    return Macro(depth, width, banks_each, parallel, stacked, larger, below, tuple(warnings))
