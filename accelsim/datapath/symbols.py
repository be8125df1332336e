"""Symbolic words: calling a scalar function with them records what it does.

A `Symbol` stands for every value an integer word may take (an `Interval`) or for a float. Operators and
intrinsics on symbols are handed to their `Recorder`. A branch or an unsupported operation is an error that
names the line of the offending source.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from accelsim.config.errors import ConfigError, Problem
from accelsim.datapath import intrinsics
from accelsim.datapath.intervals import Interval
from accelsim.datapath.words import Float

if TYPE_CHECKING:
    from accelsim.datapath.recorder import Recorder

_OWN_FILES = {__file__, intrinsics.__file__}
_OWN_FILES |= {str(Path(__file__).with_name(f"{name}.py")) for name in ("recorder", "fixed_point")}


def fail(message: str) -> NoReturn:
    """Raise the error of a datapath function at the line that is being executed in it."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename in _OWN_FILES and frame.f_back is not None:
        frame = frame.f_back
    raise ConfigError(Problem(frame.f_code.co_filename, frame.f_lineno, message=message))


class Symbol:
    """A word whose value is not known: an input or the result of a recorded operation.

    Attributes
    ----------
    kind : ``input`` or the operation: ``add sub mul div neg abs shl shr and or xor not lt le eq ne where min
        max clip wrap lookup convert recip sqrt exp tanh trunc``.
    operands : symbols and plain numbers.
    value : `Interval` of an integer word, or `Float`.
    detail : the name of an input, the entries of a table, the width of a wrap.
    """

    __slots__ = ("detail", "index", "kind", "operands", "recorder", "value")
    __array_ufunc__ = None  # NumPy functions refuse symbols
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, recorder: Recorder, kind: str, operands: tuple[Any, ...], value: Interval | Float, detail: Any
    ) -> None:
        self.recorder = recorder
        self.index = len(recorder.symbols)
        self.kind = kind
        self.operands = operands
        self.value = value
        self.detail = detail

    def record_intrinsic(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Record a call of an intrinsic of which this symbol is an argument."""
        special = getattr(self.recorder, name, None)
        if special is not None:
            return special(*arguments)
        return getattr(intrinsics, name).__wrapped__(*arguments)  # an intrinsic made of simpler ones

    def __bool__(self) -> bool:
        fail(
            "a branch on a word (if, while, and, or, not, min, max, a < b < c): hardware computes both "
            "sides, use where(condition, a, b), & and |, minimum, maximum"
        )

    def __neg__(self) -> Any:
        return self.recorder.unary("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.recorder.unary("abs", self)

    def __invert__(self) -> Any:
        if isinstance(self.value, Interval) and self.value.condition:
            fail("~ of a condition is not its negation: use (condition) == 0")
        return self.recorder.unary("not", self)


def _binary(kind: str, reflected: bool = False) -> Any:
    def operator(self: Symbol, other: Any) -> Any:
        return self.recorder.binary(kind, *((other, self) if reflected else (self, other)))

    return operator


def _unsupported(what: str, instead: str) -> Any:
    def operator(self: Symbol, *_: Any) -> Any:
        fail(f"{what} of a word is not supported: {instead}")

    return operator


for _name, _kind in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div",
    "lshift": "shl", "rshift": "shr", "and": "and", "or": "or", "xor": "xor",
}.items():  # fmt: skip
    setattr(Symbol, f"__{_name}__", _binary(_kind))
    setattr(Symbol, f"__r{_name}__", _binary(_kind, reflected=True))
for _name, _kind, _reflected in [
    ("lt", "lt", False), ("le", "le", False), ("gt", "lt", True), ("ge", "le", True),
    ("eq", "eq", False), ("ne", "ne", False),
]:  # fmt: skip
    setattr(Symbol, f"__{_name}__", _binary(_kind, _reflected))
for _names, _what, _instead in [
    ("floordiv rfloordiv", "//", "shift with >>, or multiply floats by recip(x)"),
    ("mod rmod divmod rdivmod", "%", "mask with & or use wrap_unsigned"),
    ("pow rpow", "**", "multiply, shift, or use exp"),
    ("matmul rmatmul", "@", "a stage sees single words"),
    ("float complex", "float()", "use exp, tanh, sqrt, recip or sigmoid of accelsim.datapath.intrinsics"),
    ("int index round trunc floor ceil", "int(), round() or an index", "use lookup(table, i) or >>"),
    ("len iter getitem contains call", "taking elements", "a stage sees single words"),
]:
    for _name in _names.split():
        setattr(Symbol, f"__{_name}__", _unsupported(_what, _instead))
