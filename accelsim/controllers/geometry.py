"""What the memories and units of an event-driven crossbar core must be for its controller."""

from __future__ import annotations

from accelsim.architecture.schema import Core
from accelsim.config.errors import Problem
from accelsim.controllers.emissions import MAX_LANES

MAX_WORD_BITS = 64
"""Widest synapse word."""
ITEM_BITS = range(2, 17)
"""Widths of a synapse."""
ADDRESS_BITS = 8
"""Least width of a neuron address: input words hold an 8-bit code beside it."""


def address_bits(neurons: int) -> int:
    """Width of the addresses of so many neurons."""
    return max(ADDRESS_BITS, (neurons - 1).bit_length())


def core_problems(core: Core, neurons: int) -> list[Problem]:
    """What keeps a core from being a crossbar of so many neurons: its parts, word widths, lanes."""
    missing = [
        Problem(path=f"core.{group}.{name}", message="missing; the controller needs it")
        for group, name, held in (
            ("memories", "neurons", core.memories),
            ("memories", "synapses", core.memories),
            ("units", "soma", core.units),
            ("queues", "main", core.queues),
        )
        if name not in held
    ]
    if missing:
        return missing
    synapses, lanes = core.memories["synapses"], core.units["soma"].lanes
    checks = [
        (neurons > 0, "core.memories.neurons", f"{neurons} neurons; there must be one"),
        (
            list(core.memories)[:2] == ["neurons", "synapses"],
            "core.memories",
            "`neurons` and `synapses` must come first",
        ),
        (next(iter(core.queues)) == "main", "core.queues", "`main` must come first"),
        (
            synapses.item_bits in ITEM_BITS,
            "core.memories.synapses.holds.item_bits",
            f"a synapse has {ITEM_BITS[0]} to {ITEM_BITS[-1]} bits, not {synapses.item_bits}",
        ),
        (
            synapses.bits <= MAX_WORD_BITS,
            "core.memories.synapses.bits",
            f"a synapse word has at most {MAX_WORD_BITS} bits, not {synapses.bits}",
        ),
        (lanes <= MAX_LANES, "core.units.soma.lanes", f"at most {MAX_LANES} lanes, not {lanes}"),
    ]
    checks += [
        (
            memory.write_back == "always",
            f"core.memories.{name}.write_back",
            "an event-driven core writes every word that it visits: only `always` is possible",
        )
        for name, memory in core.memories.items()
    ]
    return [Problem(path=path, message=message) for holds, path, message in checks if not holds]
