"""What a datapath does, as a list of word operations: the meeting point of tracing and costing.

The tracer writes an `OperationGraph`; `technology.logic` prices each `Operation` in energy, area and delay.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS: dict[str, str] = {
    "add": "sum",
    "sub": "difference",
    "neg": "two's-complement negation",
    "abs": "absolute value",
    "mul": "product",
    "mac": "product of two operands plus a third",
    "shift_const": "shift by a constant: wires only",
    "shift_var": "barrel shift; the second operand is the amount",
    "compare": "ordering or equality, one bit out",
    "select": "two-way multiplexer; the first operand is the one-bit condition",
    "min": "smaller of two",
    "max": "larger of two",
    "clip": "saturation to a range fixed at design time",
    "and": "bitwise and",
    "or": "bitwise or",
    "xor": "bitwise exclusive or",
    "not": "bitwise complement",
    "lookup": "constant table of 2**bits_in[0] entries of bits_out bits",
    "random_bits": "bits drawn from a linear-feedback shift register",
    "recip": "reciprocal",
    "div": "quotient",
    "mod": "remainder",
    "sqrt": "square root",
    "exp": "exponential",
    "tanh": "hyperbolic tangent",
    "fadd": "floating-point sum or difference",
    "fneg": "floating-point sign change or absolute value",
    "fmul": "floating-point product",
    "fdiv": "floating-point quotient",
    "fsqrt": "floating-point square root",
    "fexp": "floating-point exponential",
    "ftanh": "floating-point hyperbolic tangent",
    "fcompare": "floating-point ordering or equality, one bit out",
    "convert": "between integer and floating point",
    "register": "clocked word with its share of the clock",
}
"""Every kind of operation that can be priced, with its meaning."""


@dataclass(frozen=True)
class Operation:
    """One word operation.

    Parameters
    ----------
    kind : one of `KINDS`.
    bits_in : width of each operand in bits, in operand order.
    bits_out : width of the result in bits.
    signed : whether operands and result are two's complement.
    inputs : where the operands come from: index of the producing operation in the graph, or ``-1 - k`` for
        the graph's input number k. Operands that are constants may be left out.
    """

    kind: str
    bits_in: tuple[int, ...]
    bits_out: int
    signed: bool = True
    inputs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown operation kind {self.kind!r}; kinds: {', '.join(KINDS)}")
        if self.bits_out < 1 or any(bits < 1 for bits in self.bits_in):
            raise ValueError(f"{self.kind}: widths must be at least 1 bit, found {self.bits_in} -> {self.bits_out}")


@dataclass(frozen=True)
class OperationGraph:
    """Operations in an order in which every producer comes before its users.

    Parameters
    ----------
    operations : the operations.
    inputs : name and width in bits of each graph input.
    outputs : indices of the operations (or ``-1 - k`` for an input passed through) that are results.
    """

    operations: tuple[Operation, ...]
    inputs: tuple[tuple[str, int], ...] = ()
    outputs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for index, operation in enumerate(self.operations):
            for source in operation.inputs:
                if source >= index or source < -len(self.inputs):
                    raise ValueError(f"operation {index} ({operation.kind}) reads {source}, which is not before it")
        for output in self.outputs:
            if output >= len(self.operations) or output < -len(self.inputs):
                raise ValueError(f"output {output} names no operation or input")
