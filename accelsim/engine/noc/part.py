"""Parts of the cycle loop: compiled into it and never by themselves."""

from __future__ import annotations

from typing import Any

import numba
from numba.cpython.unsafe import numbers

_njit: Any = numba.njit  # its stubs do not know every option
part = _njit(error_model="numpy", _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""A function that is always inlined: a call that hands many arrays on costs more than its body.

Neither stored nor callable from Python: with wrappers of their own the parts take twice as long to compile."""

lowest: Any = numbers.trailing_zeros
"""Place of the lowest member of a set that is not empty."""
