"""Widths that follow from what runs on a core: `item_bits: weight` becomes the bits of the rule's weight."""

from __future__ import annotations

from collections.abc import Mapping

from accelsim.architecture.check import name_problems
from accelsim.architecture.schema import Core, Layout, Memory
from accelsim.config.errors import Problem, check, did_you_mean
from accelsim.config.model import Path, PathError

BITS = ("replay_item", "checkpoint_item", "tenants_item", "address", "link", "row")
"""Bits of what the capabilities of a workload keep; 0 without."""


def with_state_bits(core: Core, bits: Mapping[str, int]) -> Core:
    """A core in which every width is a number.

    Parameters
    ----------
    core : Core
    bits : mapping of str to int
        Bits of each part of the state, by the names that `item_bits` may use; 0 for a part that the rule or
        neuron model does not have: a memory for it has no words.

    Raises
    ------
    ConfigError
        If a name is unknown, or a word cannot hold an item; problem paths are `core.<key>`.
    """
    bits = {**dict.fromkeys(BITS, 0), **bits}
    memories: dict[str, Memory] = {}
    problems: list[Problem] = []
    for name, memory in core.memories.items():
        memories[name] = memory
        wanted = memory.holds.item_bits
        if isinstance(wanted, int):
            continue
        at = ("core", "memories", name)
        if wanted not in bits:
            message = f"`{wanted}` is no state of controller `{core.controller}`{did_you_mean(wanted, list(bits))}"
            problems.append(_problem((*at, "holds", "item_bits"), f"{message}; it has: {', '.join(bits)}"))
            continue
        holds = Layout.model_construct(**dict(memory.holds) | {"item_bits": bits[wanted]})
        memories[name] = memory.model_copy(update={"holds": holds})
        try:
            memories[name].check_widths()
        except PathError as error:
            problems.append(_problem((*at, *error.path), str(error)))
    check(problems)
    resolved = core.model_copy(update={"memories": memories})
    check(_problem(("core", *error.path), str(error)) for error in name_problems(resolved))
    return resolved


def _problem(path: Path, message: str) -> Problem:
    return Problem(path=".".join(map(str, path)), message=message)
