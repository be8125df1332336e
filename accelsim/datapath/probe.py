"""What the stages of a datapath see in a run: compiled kernels once more, interpreted and listened to.

An interpreted copy of a kernel runs its Python source on the same arrays; every kernel that it calls is replaced by
an interpreted copy, down to the scalar functions. `Tap`s tell where the operands of a stage come by. Integers are
Python's, without bounds, and wrap where kernels convert or store them; intermediates of a datapath are exact, so
nothing differs from the compiled code. It is slow and runs for some time steps only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.toggles import Operands

EVALUATIONS = 2048
"""Evaluations of a stage that are listened to: enough for some dozens on each of up to 32 lanes (assumed)."""


class Inside(NamedTuple):
    """Only while a kernel runs, if `argument` is given with that value."""

    kernel: Any
    argument: str = ""
    value: Any = None


class Tap(NamedTuple):
    """Where an operand of a stage comes by: an argument of a kernel, in every `every`-th call from number `first`."""

    kernel: Any
    argument: str
    inside: Inside | None = None
    first: int = 0
    every: int = 1


Taps = Mapping[str, Mapping[str, Tap]]
"""Of each stage, of each of its operands."""


def taps_of(kernel: Any, inside: Inside | None = None, **renamed: str) -> dict[str, Tap]:
    """Taps of the arguments of a kernel, under their names or the new ones given (``argument=operand``)."""
    names = inspect.signature(kernel.py_func).parameters
    return {renamed.get(name, name): Tap(kernel, name, inside) for name in names}


class _Complete(Exception):
    """What comes by at all was heard often enough."""


@dataclass
class _Ear:
    """Arguments of the calls of a kernel in one context."""

    kernel: Any
    inside: Inside | None
    limit: int
    calls: list[tuple[Any, ...]]

    def column(self, tap: Tap) -> NDArray[Any]:
        """Values of an argument, call by call."""
        at = list(inspect.signature(self.kernel.py_func).parameters).index(tap.argument)
        return np.array([call[at] for call in self.calls[tap.first :: tap.every]])


class Probe:
    """Interpreted copies of kernels that note the operands of stages.

    Parameters
    ----------
    taps : where operands come by.
    spares : kernels that tell whether the simulation can leave work out that the hardware does all the same, with the
        stages that the work consists of; while these are listened to, nothing is left out.
    rows : evaluations in a row of a stage, with which its first lane takes its turn again; else one goes on after the
        other.
    hooks : functions that are called with the arguments of a kernel before it runs (arrays as attribute `array`); if
        one returns False the kernel is left out and gives 0.
    """

    def __init__(
        self,
        taps: Taps,
        spares: Mapping[Any, tuple[str, ...]] | None = None,
        rows: Mapping[str, int] | None = None,
        hooks: Mapping[Any, Callable[..., bool]] | None = None,
    ) -> None:
        self.taps = taps
        self.rows = rows or {}
        self.spares = {id(kernel): stages for kernel, stages in (spares or {}).items()}
        self.hooks = {id(kernel): hook for kernel, hook in (hooks or {}).items()}
        self._ears: dict[tuple[int, Inside | None], _Ear] = {}
        for tap in (tap for operands in taps.values() for tap in operands.values()):
            ear = self._ears.setdefault((id(tap.kernel), tap.inside), _Ear(tap.kernel, tap.inside, 0, []))
            ear.limit = max(ear.limit, EVALUATIONS * tap.every)
        self._open = 0
        self._contexts = {id(inside.kernel) for _, inside in self._ears if inside is not None}
        self._running: dict[int, Mapping[str, Any]] = {}
        self._copies: dict[int, Callable[..., Any]] = {}
        self._namespaces: dict[int, dict[str, Any]] = {}

    def run(self, kernel: Any, *arguments: Any) -> Any:
        """Call the interpreted copy of a kernel; None if it ended early, what comes by at all heard often enough."""
        try:
            return self.copy(kernel)(*map(_open_up, arguments))
        except _Complete:
            return None

    def operands(self) -> dict[str, Operands]:
        """What was heard of each stage; an operand that never came by stood still."""
        found = {}
        for stage, taps in self.taps.items():
            heard = {name: self._ears[id(tap.kernel), tap.inside].column(tap) for name, tap in taps.items()}
            evaluations = min((column.size for column in heard.values() if column.size), default=0)
            if evaluations:
                none = np.zeros(evaluations, np.int64)
                words = {name: column[:evaluations] if column.size else none for name, column in heard.items()}
                found[stage] = Operands(words, np.arange(evaluations) % self.rows.get(stage, evaluations))
        return found

    def copy(self, kernel: Any) -> Callable[..., Any]:
        """The interpreted copy of a kernel."""
        if id(kernel) not in self._copies:
            source = kernel.py_func
            names = self._namespace(source.__globals__)
            plain = FunctionType(source.__code__, names, source.__name__, source.__defaults__, source.__closure__)
            stages = self.spares.get(id(kernel))
            self._copies[id(kernel)] = self._heard(kernel, plain) if stages is None else self._unspared(stages, plain)
        return self._copies[id(kernel)]

    def _namespace(self, names: dict[str, Any]) -> dict[str, Any]:
        """Global names of a module with interpreted kernels in place of the compiled ones."""
        if id(names) not in self._namespaces:
            inside = self._namespaces[id(names)] = dict(names)
            for name, thing in names.items():
                if _is_kernel(thing):
                    inside[name] = self._deferred(thing)
                elif thing is np:
                    inside[name] = _NUMBERS
                elif hasattr(thing, "cast_python_value"):  # a type of numba's
                    inside[name] = getattr(_NUMBERS, thing.name)
                elif isinstance(thing, ModuleType) and any(map(_is_kernel, vars(thing).values())):
                    inside[name] = SimpleNamespace(**self._namespace(vars(thing)))
        return self._namespaces[id(names)]

    def _deferred(self, kernel: Any) -> Callable[..., Any]:
        """The interpreted copy, made when it is first called."""

        def call(*arguments: Any) -> Any:
            return self.copy(kernel)(*arguments)

        return call

    def _heard(self, kernel: Any, plain: Callable[..., Any]) -> Callable[..., Any]:
        """A copy that notes its arguments, or that it runs, if a tap asks for that."""
        ears = [ear for ear in self._ears.values() if ear.kernel is kernel]
        names = tuple(inspect.signature(kernel.py_func).parameters)
        context = id(kernel) in self._contexts
        hook = self.hooks.get(id(kernel))
        if hook is not None:
            return lambda *arguments: plain(*arguments) if hook(*arguments) else 0

        def call(*arguments: Any) -> Any:
            for ear in ears:
                self._note(ear, arguments)
            if not context:
                return plain(*arguments)
            self._running[id(kernel)] = dict(zip(names, arguments, strict=True))
            try:
                return plain(*arguments)
            finally:
                del self._running[id(kernel)]

        return call if ears or context else plain

    def _unspared(self, stages: tuple[str, ...], plain: Callable[..., Any]) -> Callable[..., Any]:
        """A copy that leaves nothing out while there is more of some stages to hear."""
        ears = [self._ears[id(tap.kernel), tap.inside] for stage in stages for tap in self.taps[stage].values()]

        def call(*arguments: Any) -> Any:
            return any(len(ear.calls) < ear.limit for ear in ears) or plain(*arguments)

        return call

    def _note(self, ear: _Ear, arguments: tuple[Any, ...]) -> None:
        if len(ear.calls) >= ear.limit:
            return
        if ear.inside is not None:
            running = self._running.get(id(ear.inside.kernel))
            if running is None or (ear.inside.argument and running[ear.inside.argument] != ear.inside.value):
                return
        self._open += not ear.calls
        ear.calls.append(arguments)
        if len(ear.calls) == ear.limit:
            self._open -= 1
            if not self._open:
                raise _Complete


def _is_kernel(thing: Any) -> bool:
    """Whether something is a function compiled by numba."""
    return isinstance(getattr(thing, "py_func", None), FunctionType)


class _Words:
    """An array whose integers are Python's; what is stored wraps."""

    __slots__ = ("array",)

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __getitem__(self, at: Any) -> Any:
        found = self.array[at]
        if isinstance(found, np.ndarray):
            return _Words(found)
        return int(found) if self.array.dtype.kind in "iub" else found

    def __setitem__(self, at: Any, value: Any) -> None:
        try:
            self.array[at] = value
        except OverflowError:
            self.array[at] = np.uint64(int(value) & 0xFFFFFFFFFFFFFFFF).astype(self.array.dtype)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.array, name)


def _open_up(thing: Any) -> Any:
    """An argument of a kernel as its interpreted copy takes it."""
    if isinstance(thing, np.ndarray):
        return _Words(thing)
    if isinstance(thing, tuple):
        inside = [_open_up(each) for each in thing]
        return type(thing)(*inside) if hasattr(thing, "_fields") else tuple(inside)
    return int(thing) if isinstance(thing, np.integer) else thing


class _Bits(int):
    """An integer of some width, whose bits can be seen as those of another type."""

    dtype: np.dtype[Any]

    def view(self, kind: Any) -> Any:
        return np.array(int(self), self.dtype).view(kind)[()]


class _Wrapping:
    """A conversion to an integer type that drops the bits beyond its width; also names the type."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        bits = 8 * dtype.itemsize
        self._mask, self._half = (1 << bits) - 1, (1 << bits - 1) if dtype.kind == "i" else 0

    def __call__(self, x: Any) -> _Bits:
        word = _Bits(((int(x) + self._half) & self._mask) - self._half)
        word.dtype = self.dtype
        return word


class _Numbers:
    """NumPy as kernels use it: conversions to integers wrap."""

    def __init__(self) -> None:
        for bits in (8, 16, 32, 64):
            for name in (f"int{bits}", f"uint{bits}"):
                setattr(self, name, _Wrapping(np.dtype(name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


_NUMBERS = _Numbers()


@contextmanager
def untouched(state: Any) -> Iterator[None]:
    """Put the arrays of a state (nested tuples or dataclasses) back to their contents afterwards."""
    kept = [(array, array.copy()) for array in arrays_of(state)]
    try:
        yield
    finally:
        for array, contents in kept:
            array[...] = contents


def arrays_of(thing: Any) -> Iterator[NDArray[Any]]:
    """Every array of a state (nested tuples or dataclasses)."""
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, tuple):
        for each in thing:
            yield from arrays_of(each)
    elif is_dataclass(thing):
        for each in fields(thing):
            yield from arrays_of(getattr(thing, each.name))
