"""What plasticity rules and neuron models share: validated parameters, stages, and their description."""

from __future__ import annotations

import inspect
import sys
import traceback
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, ValidationError

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.config.registry import Registry
from accelsim.datapath.kernels import RESERVED
from accelsim.datapath.stages import Program, Stage, declared_stages, widest_float
from accelsim.datapath.trace import critical_path_depth, describe_graph
from accelsim.datapath.words import Float, Format, Word


class Component(Model):
    """A part of a chip that is a program of stages; its fields are its parameters.

    A stage sees float parameters as registers that are set when the chip is configured, integers and flags
    as constants that shape the hardware. Other parameters (texts) it does not see.
    """

    # besides stages, formats, dicts of formats and tuples of names in a class body are no parameters
    model_config = ConfigDict(ignored_types=(Stage, Word, Float, dict, tuple), validate_default=True)

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
        """Parameters as words for `chain`: floats in the widest of the formats, integers as they are."""
        format = widest_float(formats)
        return {name: format if isinstance(x, float) else x for name, x in self._numbers().items()}

    @abstractmethod
    def describe(self) -> str:
        """The state it keeps, its parameters, and the operations of its stages."""

    @abstractmethod
    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run."""

    def problem(self, message: str) -> ConfigError:
        """An error located at the class."""
        return _problem(type(self), message)

    def _numbers(self) -> dict[str, float]:
        numbers = {**dict(self), **self.derived}
        return {name: value for name, value in numbers.items() if isinstance(value, (bool, int, float))}


C = TypeVar("C", bound=type[Component])
T = TypeVar("T", bound=Component)


def register_component(registry: Registry[Any], name: str, base: type[Component]) -> Callable[[C], C]:
    """A class decorator that registers a component; one that cannot be run with its defaults is refused."""

    def add(cls: C) -> C:
        if not (isinstance(cls, type) and issubclass(cls, base)):
            raise TypeError(f"@register({name!r}) expects a class derived from {base.__name__}")
        cls.name = name
        try:
            cls().check()
        except ValidationError as error:
            wrong = [item for item in error.errors() if item["type"] != "missing"]
            if wrong:  # parameters without a default are checked when they are known
                raise _problem(cls, f"default of {wrong[0]['loc'][0]}: {wrong[0]['msg']}") from error
        registry.register(name)(cls)
        return cls

    return add


def _problem(cls: type, message: str) -> ConfigError:
    try:
        line: int | None = inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        line = None
    return ConfigError(Problem(_file(cls), line, message=f"{cls.__name__}: {message}"))


def _file(cls: type) -> str:
    return getattr(sys.modules[cls.__module__], "__file__", None) or cls.__module__


def check_words(component: Component, name: str, words: Any) -> None:
    """Raise `ConfigError` if something is no mapping from words to formats; `name` is what declares it."""
    if not isinstance(words, Mapping):
        raise component.problem(f"{name} is no mapping from words to formats")
    for word, format in words.items():
        if word in RESERVED:
            raise component.problem(f"{name}: no word can be called `{word}`, a name that kernels use themselves")
        if not isinstance(format, Format):
            raise component.problem(f"{name}: `{word}` is {format!r}; a format is Float(32), Float(64) or Word(bits)")


def checked(component: T) -> T:
    """A component that can be run.

    Raises
    ------
    ConfigError
        If it cannot, or if its own code fails with these parameters.
    """
    try:
        component.check()
    except ConfigError:
        raise
    except Exception as error:  # whatever foreign code does
        file = _file(type(component))
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        line = frames[-1].lineno if frames else None
        message = f"{type(component).__name__}: {type(error).__name__}: {error}"
        raise ConfigError(Problem(file, line, message=message)) from error
    return component


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
