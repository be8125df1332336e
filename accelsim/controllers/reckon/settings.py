"""What a workload may set on a ReckOn core, and what an architecture may choose of its function."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from accelsim.config.errors import did_you_mean
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.controllers.initial import InitialWeights
from accelsim.controllers.reckon.registers import WIDTHS


class ReckonOptions(Model):
    """Oddities of the released RTL; switched off they give the clean design."""

    skip_odd_tail: bool = True
    """A half-filled last neuron word is read but never written: its neuron neither leaks nor fires."""
    stale_neuron_word: bool = True
    """Lanes beyond the last neuron word use the word read before; otherwise zeros."""
    overflow_update: bool = True
    """A large positive update whose scaled bit 31 is set becomes a certain decrement."""


class ReckonSettings(Model):
    """Programming of the core: registers, neuron words and initial weights."""

    registers: dict[str, int] = Field(default_factory=dict)
    """Raw register values by name (documentation of the open RTL); signed fields also as negative numbers. Those not
    given keep their reset value; seeds not given are drawn. Network sizes follow from the network."""
    threshold: int = Field(default=614, ge=-32768, le=32767)
    """Firing threshold of every neuron, 16-bit signed."""
    alpha_lsb: int = Field(default=4079, ge=0, le=4095)
    """Low 12 bits of every neuron's leak factor; ALPHA_CONF selects the high ones."""
    input_weights: InitialWeights = InitialWeights()
    recurrent_weights: InitialWeights = InitialWeights()
    output_weights: InitialWeights = InitialWeights()

    @model_validator(mode="after")
    def _known_registers(self) -> Self:
        problems = []
        for name, value in self.registers.items():
            at = ("registers", name)
            if name.startswith("NUM_"):
                problems.append(PathError(at, "follows from the network and cannot be set"))
            elif name not in WIDTHS:
                problems.append(PathError(at, f"unknown register{did_you_mean(name, list(WIDTHS))}"))
            elif not -(1 << (WIDTHS[name] - 1)) <= value < 1 << WIDTHS[name]:
                problems.append(PathError(at, _too_wide(value, WIDTHS[name])))
        if self.registers.get("LOCAL_TICK"):
            problems.append(PathError(("registers", "LOCAL_TICK"), "1 never starts a sample in the released design"))
        if problems:
            raise PathErrors(problems)
        return self


def _too_wide(value: int, bits: int) -> str:
    low, high = -(1 << (bits - 1)), (1 << bits) - 1
    return f"{value} does not fit the register's {bits} bits, {low} to {high}"
