"""Ask the memory for an array's element before it is needed: rows of synapses lie far apart."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_READ, _KEEP, _DATA = 0, 3, 1


def _prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Start to load the cache line of ``array[index]``; the index (unsigned) may lie outside."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte = cgutils.voidptr_t
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        number = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        )
        builder.call(function, [pointer, number(_READ), number(_KEEP), number(_DATA)])
        return context.get_dummy_value()

    return types.void(array, types.uint64), generate


prefetch: Any = intrinsic(_prefetch)
"""``prefetch(array, index)``, for compiled code only."""
