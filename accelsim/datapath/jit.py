"""Importing this module lets numba compile calls of the intrinsics: each runs its own Python body."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from accelsim.datapath import intrinsics


def _register(function: Callable[..., Any]) -> None:
    body = function.__wrapped__  # type: ignore[attr-defined]  # the plain body under the tracing wrapper

    @wraps(body)  # numba compares the argument names of this function with those of the body
    def implementation(*_: Any) -> Callable[..., Any]:
        return body

    overload(function)(implementation)


_OWN_BODY = {"lookup", "recip", "sigmoid"}
for _name in intrinsics.__all__:
    if _name not in _OWN_BODY:
        _register(getattr(intrinsics, _name))


@overload(intrinsics.lookup)
def _lookup(table: Any, i: Any) -> Callable[..., Any]:
    def implementation(table: Any, i: Any) -> Any:
        # an unsigned index spares numba's test for negative ones
        return table[np.uint64(intrinsics.clip(i, 0, len(table) - 1))]

    return implementation


# The two bodies with float literals: a literal is float64 to numba and would widen a float32 argument.


@overload(intrinsics.recip, jit_options={"error_model": "numpy"})  # no test for zero, which would end SIMD
def _recip(x: Any) -> Callable[..., Any]:
    one = np.float32(1) if x is types.float32 else 1.0

    def implementation(x: Any) -> Any:
        return one / x

    return implementation


@overload(intrinsics.sigmoid)
def _sigmoid(x: Any) -> Callable[..., Any]:
    half = np.float32(0.5) if x is types.float32 else 0.5

    def implementation(x: Any) -> Any:
        return half + half * intrinsics.tanh(half * x)

    return implementation
