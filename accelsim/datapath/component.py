"""What plasticity rules and neuron models share: validated parameters, stages, and their description."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict

from accelsim.config.model import Model
from accelsim.datapath.stages import Program, Stage, declared_stages, widest_float
from accelsim.datapath.trace import critical_path_depth, describe_graph
from accelsim.datapath.words import Format


class Component(Model):
    """A part of a chip that is a program of stages; its fields are its parameters.

    A stage sees float parameters as registers that are set when the chip is configured, integers and flags
    as constants that shape the hardware. Other parameters (texts) it does not see.
    """

    model_config = ConfigDict(ignored_types=(Stage, dict))

    name: ClassVar[str] = ""
    """The name under which it is registered."""

    @property
    def derived(self) -> Mapping[str, float]:
        """Further numbers that stages may read, computed from the parameters."""
        return {}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages, in the order of execution."""
        return declared_stages(type(self))

    @property
    def registers(self) -> dict[str, float]:
        """The float parameters and derived numbers by name."""
        return {name: value for name, value in self._numbers().items() if isinstance(value, float)}

    def parameter_words(self, formats: Collection[Any]) -> dict[str, Any]:
        """Parameters as words for `chain`: floats in the widest float format there is, integers as they are."""
        format = widest_float(formats)
        return {name: format if isinstance(value, float) else value for name, value in self._numbers().items()}

    def _numbers(self) -> dict[str, float]:
        numbers = {**dict(self), **self.derived}
        return {name: value for name, value in numbers.items() if isinstance(value, (bool, int, float))}


def bits_of(words: Mapping[str, Format]) -> int:
    """Bits that words occupy together."""
    return sum(format.bits for format in words.values())


def describe_state(owner: str, words: Mapping[str, Format]) -> str:
    """One line: ``per synapse: 24 bits (w: signed 8 bits; trace: unsigned 16 bits)``."""
    listed = "; ".join(f"{name}: {format}" for name, format in words.items())
    return f"per {owner}: {bits_of(words)} bits" + (f" ({listed})" if words else "")


def describe_program(title: str, program: Program) -> list[str]:
    """A heading with counts, then one line per operation and per result."""
    graph = program.graph()
    lines = [f"{title}: {len(graph.operations)} operations, depth {critical_path_depth(graph)}"]
    lines += [f"  {line}" for line in describe_graph(graph)]
    ends = iter(graph.outputs)
    for name, value in program.writes.items():
        if isinstance(value, (int, float)):
            source = str(value)
        else:
            end = next(ends)
            source = f"%{end}" if end >= 0 else graph.inputs[-1 - end][0]
        lines.append(f"  {name} <- {source}")
    return lines
