"""Stages: scalar functions with a trigger, chained into a program by the names of the words they exchange."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any

from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.datapath.intervals import Interval
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.symbols import Symbol
from accelsim.datapath.trace import call, operation_graph, operation_symbols, record, symbolic
from accelsim.datapath.words import Float, Format
from accelsim.technology.operations import OperationGraph

TRIGGERS = (
    "time step",
    "presynaptic spike",
    "postsynaptic spike",
    "learning signal",
    "every K steps",
    "settling iteration",
    "end of settling",
    "end of sample",
    "task boundary",
    "replay pass",
)
"""When a stage may run."""

MOVES = ("modulate", "after commit", "transmit")
"""What a stage of a consolidation takes part in instead: a proposed change, its commit, what the synapse transmits."""

INDEX_SETS = ("synapse", "presynaptic neuron", "postsynaptic neuron", "neuron", "weight matrix")
"""What a stage may run once for."""


@dataclass(frozen=True)
class Stage:
    """A scalar function, when it runs and for what.

    Parameters
    ----------
    function : plain scalar function; its argument names say which words it reads.
    on : one of `TRIGGERS` or `MOVES`.
    per : one of `INDEX_SETS`.
    writes : the words its results go to, in order.
    reduces : whether it gathers all indices into one word each of what it writes (see `reduction`).
    """

    function: Callable[..., Any]
    on: str
    per: str
    writes: tuple[str, ...]
    reduces: bool = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run the function on numbers."""
        return self.function(*arguments, **named)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def reads(self) -> tuple[str, ...]:
        """The words it reads."""
        return tuple(inspect.signature(self.function).parameters)

    def wrapped(self, function: Callable[..., Any], reads: Iterable[str], writes: Iterable[str] | None = None) -> Stage:
        """This stage with a function around its own that takes `reads` by name; errors are located as before."""
        around = wraps(self.function)(function)
        keyword = inspect.Parameter.KEYWORD_ONLY
        signature = inspect.Signature([inspect.Parameter(name, keyword) for name in reads])
        around.__signature__ = signature  # type: ignore[attr-defined]
        return replace(self, function=around, writes=self.writes if writes is None else tuple(writes))

    def renamed(self, names: Mapping[str, str]) -> Stage:
        """This stage with other names for words that it reads or writes."""
        reads = {names.get(name, name): name for name in self.reads}

        def function(**values: Any) -> Any:
            return self.function(**{reads[name]: value for name, value in values.items()})

        return self.wrapped(function, reads, [names.get(name, name) for name in self.writes])

    def problem(self, message: str) -> ConfigError:
        """An error located at the function."""
        code = inspect.unwrap(self.function).__code__
        message = f"stage {self.name}: {message}"
        return ConfigError(Problem(code.co_filename, code.co_firstlineno, message=message))


def stage(*, on: str, per: str, writes: tuple[str, ...]) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a scalar function in a class body as a stage; see `Stage` for the parameters."""

    def declare(function: Callable[..., Any]) -> Stage:
        return _known(Stage(function, on, per, (writes,) if isinstance(writes, str) else tuple(writes)))

    return declare


def reduction(*, on: str, per: str, into: str) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a scalar function as a reduction over an index set: a sum, a maximum, a mean of absolutes.

    The function takes the word `into`, of which there is one for the whole index set, among its arguments, and
    returns it with one more index taken in. Its start value is what a stage of the owner of the word leaves in it.
    """

    def declare(function: Callable[..., Any]) -> Stage:
        declared = _known(Stage(function, on, per, (into,), reduces=True))
        if into not in declared.reads:
            raise declared.problem(f"reduces into `{into}`, which is not among its arguments")
        return declared

    return declare


def _known(declared: Stage) -> Stage:
    """Check the names of a declaration."""
    for what, value, known in (("trigger", declared.on, TRIGGERS), ("index set", declared.per, INDEX_SETS)):
        if value not in known and not (what == "trigger" and value in MOVES):
            hint = did_you_mean(str(value), known)
            raise declared.problem(f"unknown {what} {value!r}{hint}; there are: {', '.join(known)}")
    return declared


def declared_stages(cls: type) -> tuple[Stage, ...]:
    """The stages of a class in the order of their declaration; a derived class may replace one by name."""
    found: dict[str, Stage] = {}
    for base in reversed(cls.__mro__):
        found |= {name: thing for name, thing in vars(base).items() if isinstance(thing, Stage)}
    return tuple(found.values())


@dataclass
class Program:
    """What a chain of stages does to the words of one index (one synapse, one neuron).

    Attributes
    ----------
    reads : the words that come from outside, as input symbols.
    writes : the words that change, and their new values.
    drawn : words that a random-number generator of the datapath draws.
    """

    recorder: Recorder
    reads: dict[str, Symbol] = field(default_factory=dict)
    writes: dict[str, Any] = field(default_factory=dict)
    drawn: frozenset[str] = frozenset({"random"})

    def graph(self) -> OperationGraph:
        """The operations, to be priced."""
        return operation_graph(self.recorder, list(self.writes.values()), self.drawn)

    def operation_symbols(self) -> list[Symbol]:
        """For each operation of the graph the recorded one that it comes from."""
        return operation_symbols(self.writes.values(), self.drawn)


def program_of(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Program:
    """A scalar function as a program of its own; its results have numbers for names (see `trace`)."""
    recorder = Recorder()
    reads, results = record(recorder, function, arguments)
    return Program(recorder, reads, {str(i): result for i, result in enumerate(results)}, drawn=frozenset())


def chain(
    stages: Iterable[Stage], words: Mapping[str, Any], stored: Iterable[str], passed: Iterable[str] = ()
) -> Program:
    """Record stages one after the other; each sees what the ones before it wrote.

    Parameters
    ----------
    stages : in the order of execution.
    words : every word a stage may name, with its format, range, or (if fixed in hardware) its value.
    stored : the words a stage may write.
    passed : words that one stage hands to the next without storing them.

    Raises
    ------
    ConfigError
        If a stage names an unknown word, or a result does not fit the word it is written to.
    """
    stored, passed = set(stored), set(passed)
    program = Program(Recorder(widest_float(words.values())))
    current: dict[str, Any] = {}
    for each in stages:
        for name in each.reads:
            if name in current:
                continue
            if name not in words:
                hint = did_you_mean(name, words)
                readable = ", ".join(sorted(words))
                raise each.problem(f"unknown argument `{name}`{hint}; it may read: {readable}")
            if name in passed:
                raise each.problem(f"reads `{name}` before a stage wrote it")
            current[name] = symbolic(program.recorder, name, words[name])
            if isinstance(current[name], Symbol):
                program.reads[name] = current[name]
        results = call(each.function, {name: current[name] for name in each.reads})
        if len(results) != len(each.writes):
            raise each.problem(f"returns {len(results)} words but declares writes={each.writes}")
        for name, result in zip(each.writes, results, strict=True):
            if name not in stored | passed:
                hint = did_you_mean(name, stored | passed)
                raise each.problem(f"writes `{name}`, which is no state word of a {each.per}{hint}")
            current[name] = _fit(each, name, result, words[name], program.recorder)
            if name in stored:
                program.writes[name] = current[name]
    return program


def widest_float(formats: Iterable[Any]) -> Float:
    """The format of float literals and parameters among words of these formats."""
    floats = [format for format in formats if isinstance(format, Float)]
    return max(floats, key=lambda format: format.bits, default=Float(32))


def _fit(stage: Stage, name: str, result: Any, format: Format, recorder: Recorder) -> Any:
    """A result as the word it is written to holds it; integers must be narrowed by the stage itself."""
    if isinstance(format, Float):
        return recorder.convert(result, format)
    value = result.value if isinstance(result, Symbol) else result
    if isinstance(value, (Float, float)):
        raise stage.problem(f"writes a float to `{name}`, a word of {format}")
    bounds = value if isinstance(value, Interval) else Interval(int(value), int(value))
    if not bounds.within(format):
        raise stage.problem(
            f"writes values {bounds.low} to {bounds.high} to `{name}`, which holds {format.low} to "
            f"{format.high}: narrow them with saturate or wrap"
        )
    return result
