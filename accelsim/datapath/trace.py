"""Trace a scalar function once with symbolic words into the operations a datapath performs."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from accelsim.config.errors import ConfigError, Problem
from accelsim.datapath.intervals import Interval
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.symbols import Symbol
from accelsim.datapath.words import Float, Format
from accelsim.technology.operations import Operation, OperationGraph

FREE = frozenset({"shift_const", "random_bits"})
"""Kinds that add nothing to the depth of a pipeline: wires, and words drawn beforehand."""

_INTEGER_KINDS = {
    "lt": "compare", "le": "compare", "eq": "compare", "ne": "compare",
    "where": "select", "wrap": "shift_const",
}  # fmt: skip
_FLOAT_KINDS = {
    "add": ("fadd",), "sub": ("fadd",), "mul": ("fmul",), "div": ("fdiv",), "recip": ("fdiv",),
    "neg": ("fneg",), "abs": ("fneg",), "sqrt": ("fsqrt",), "exp": ("fexp",), "tanh": ("ftanh",),
    "trunc": ("convert",),
    "lt": ("fcompare",), "le": ("fcompare",), "eq": ("fcompare",), "ne": ("fcompare",),
    "min": ("fcompare", "select"), "max": ("fcompare", "select"),
}  # fmt: skip


def trace(function: Callable[..., Any], arguments: Mapping[str, Any]) -> OperationGraph:
    """The operations of a scalar function.

    Parameters
    ----------
    function : plain Python function of words; returns one word or a tuple of words.
    arguments : for each argument its `Word` or `Float` format, a range ``(low, high)`` of integers, or a
        plain number that is fixed in the hardware.

    Raises
    ------
    ConfigError
        If the function branches on a word or does something else hardware has no operation for.
    """
    recorder = Recorder()
    _, results = record(recorder, function, arguments)
    return operation_graph(recorder, results)


def record(
    recorder: Recorder, function: Callable[..., Any], arguments: Mapping[str, Any]
) -> tuple[dict[str, Symbol], tuple[Any, ...]]:
    """Run a scalar function on symbols: its inputs by name, and its results (see `trace`)."""
    values = {name: symbolic(recorder, name, argument) for name, argument in arguments.items()}
    inputs = {name: value for name, value in values.items() if isinstance(value, Symbol)}
    return inputs, call(function, values)


def symbolic(recorder: Recorder, name: str, argument: Any) -> Any:
    """An input symbol for a format or range; a number is returned as it is."""
    if isinstance(argument, tuple):
        return recorder.input(name, Interval(*argument))
    return recorder.input(name, argument) if isinstance(argument, Format) else argument


def call(function: Callable[..., Any], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Call a scalar function; what goes wrong in it becomes one located problem."""
    try:
        result = function(**values)
    except ConfigError:
        raise
    except Exception as error:
        function = inspect.unwrap(function)
        file = inspect.getsourcefile(function)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        line = frames[-1].lineno if frames else function.__code__.co_firstlineno
        message = f"{function.__name__} cannot be traced: {type(error).__name__}: {error}"
        raise ConfigError(Problem(file or "", line, message=message)) from error
    return result if isinstance(result, tuple) else (result,)


def reachable(outputs: Iterable[Any]) -> list[Symbol]:
    """The symbols that outputs depend on, inputs included, every producer before its users."""
    found: dict[int, Symbol] = {}
    waiting = [x for x in outputs if isinstance(x, Symbol)]
    while waiting:
        symbol = waiting.pop()
        if symbol.index not in found:
            found[symbol.index] = symbol
            waiting += [x for x in symbol.operands if isinstance(x, Symbol)]
    return [found[index] for index in sorted(found)]


def operation_graph(recorder: Recorder, outputs: Sequence[Any], random: frozenset[str] = frozenset()) -> OperationGraph:
    """What was recorded and reaches an output, as operations to be priced.

    Parameters
    ----------
    recorder : where the outputs were recorded.
    outputs : results; plain numbers among them need no operation and are left out.
    random : names of inputs that are drawn from a random-number generator.
    """
    operations: list[Operation] = []
    place: dict[int, int] = {}
    names: list[tuple[str, int]] = []
    for symbol in recorder.symbols:
        if symbol.kind == "input" and symbol.detail not in random:
            names.append((symbol.detail, symbol.value.bits))
            place[symbol.index] = -len(names)
    for symbol in reachable(outputs):
        if symbol.index in place:
            continue
        if symbol.kind == "input":
            operations.append(Operation("random_bits", (), symbol.value.bits, signed=False))
        for kind in _kinds(symbol):
            operations.append(_operation(kind, symbol, place, last=len(operations) - 1))
        place[symbol.index] = len(operations) - 1
    ends = tuple(place[x.index] for x in outputs if isinstance(x, Symbol))
    return OperationGraph(tuple(operations), tuple(names), ends)


def operation_symbols(outputs: Iterable[Any], random: frozenset[str] = frozenset()) -> list[Symbol]:
    """For each operation of `operation_graph` the recorded one that it comes from."""
    found: list[Symbol] = []
    for symbol in reachable(outputs):
        drawn = symbol.kind == "input" and symbol.detail in random
        found += [symbol] * (1 if drawn else len(_kinds(symbol)))
    return found


def _kinds(symbol: Symbol) -> tuple[str, ...]:
    """The priced operations a recorded one consists of."""
    if symbol.kind == "input":
        return ()
    if symbol.kind in ("shl", "shr"):
        return ("shift_var",) if isinstance(symbol.operands[1], Symbol) else ("shift_const",)
    if symbol.kind == "and" and any(isinstance(x, int) for x in symbol.operands):
        return ("shift_const",)  # a constant mask is wires
    operands = [x for x in symbol.operands if isinstance(x, Symbol)]
    if symbol.kind in _FLOAT_KINDS and any(isinstance(x.value, Float) for x in operands):
        return _FLOAT_KINDS[symbol.kind]
    return (_INTEGER_KINDS.get(symbol.kind, symbol.kind),)


def _operation(kind: str, symbol: Symbol, place: Mapping[int, int], last: int) -> Operation:
    operands = symbol.operands
    if kind in ("clip", "shift_const"):
        operands = tuple(x for x in operands if isinstance(x, Symbol))
    elif kind != "shift_var":
        operands = tuple(sorted(operands, key=lambda x: not isinstance(x, Symbol)))  # constants last
    widths = tuple(_bits(x, symbol) for x in operands)
    sources = tuple(place[x.index] for x in operands if isinstance(x, Symbol))
    if kind == "select" and symbol.kind in ("min", "max"):  # behind the float comparison just appended
        widths, sources = (1, *widths), (last, *sources)
    bits = 1 if kind == "fcompare" else symbol.value.bits
    signed = any(_signed(x) for x in (*operands, symbol))
    return Operation(kind, widths, bits, signed, sources)


def _bits(x: Any, user: Symbol) -> int:
    if isinstance(x, Symbol):
        return x.value.bits
    if isinstance(x, int):
        return Interval(x, x).bits
    words = (y.value for y in (user, *user.operands) if isinstance(y, Symbol))
    return next(value.bits for value in words if isinstance(value, Float))


def _signed(x: Any) -> bool:
    if isinstance(x, Symbol):
        return isinstance(x.value, Float) or x.value.signed
    return x < 0


def critical_path_depth(graph: OperationGraph) -> int:
    """Operations on the longest path from an input to an output, wires not counted."""
    depth: list[int] = []
    for operation in graph.operations:
        before = max((depth[source] for source in operation.inputs if source >= 0), default=0)
        depth.append(before + (operation.kind not in FREE))
    return max((depth[end] for end in graph.outputs if end >= 0), default=0)


def describe_graph(graph: OperationGraph) -> list[str]:
    """One line per operation: ``%3 = mul(%1: 8, trace: 12) -> 20 bits``."""

    def name(source: int) -> str:
        return f"%{source}" if source >= 0 else graph.inputs[-1 - source][0]

    lines = []
    for index, operation in enumerate(graph.operations):
        known = list(map(name, operation.inputs))
        known += ["constant"] * (len(operation.bits_in) - len(known))
        operands = ", ".join(f"{x}: {bits}" for x, bits in zip(known, operation.bits_in, strict=True))
        lines.append(f"%{index} = {operation.kind}({operands}) -> {operation.bits_out} bits")
    return lines
