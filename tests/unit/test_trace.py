import inspect
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.datapath import intrinsics
from accelsim.datapath.emit import emit, word
from accelsim.datapath.intrinsics import exp, lookup, minimum, saturate, where, wrap
from accelsim.datapath.recorder import Recorder
from accelsim.datapath.trace import call, critical_path_depth, describe_graph, reachable, trace
from accelsim.datapath.words import BIT, Float, Word


def kinds(graph):
    return [operation.kind for operation in graph.operations]


def test_widths_follow_from_value_ranges():
    graph = trace(lambda a, b: a * b + 1, {"a": Word(8), "b": Word(4, signed=False)})
    product, total = graph.operations
    assert (product.kind, product.bits_in, product.bits_out, product.signed) == ("mul", (8, 4), 12, True)
    assert (total.kind, total.bits_out) == ("add", 12)  # -128*15 .. 127*15 + 1
    assert graph.inputs == (("a", 8), ("b", 4))
    assert graph.outputs == (1,)


def test_a_range_may_replace_a_word():
    assert trace(lambda a: a + a, {"a": (0, 9)}).operations[0].bits_out == 5


def test_constants_fold_and_idle_operations_vanish():
    graph = trace(lambda a: ((a + 0) * 1 << 0) & 255, {"a": Word(8, signed=False)})
    assert graph.operations == ()
    assert graph.outputs == (-1,)
    assert trace(lambda a: saturate(a, 8), {"a": Word(8)}).operations == ()
    assert trace(lambda a: where(a > 200, 1, 2), {"a": Word(8)}).outputs == ()  # always 2


def test_equal_operations_merge_and_unused_ones_are_not_there():
    def function(a, b):
        unused = a * a * b  # noqa: F841
        return (a + b) * (b + a)

    assert kinds(trace(function, {"a": Word(8), "b": Word(8)})) == ["add", "mul"]


def test_wires_are_free():
    graph = trace(lambda a: wrap((a << 3) + (a >> 1) & 63, 5), {"a": Word(8)})
    assert kinds(graph).count("add") == 1
    assert set(kinds(graph)) == {"add", "shift_const"}
    assert critical_path_depth(graph) == 1
    assert kinds(trace(lambda a: a * 8, {"a": Word(8)})) == ["shift_const"]


def test_float_operations():
    graph = trace(lambda x, n: minimum(exp(-x) * n, 2.0) > 1, {"x": Float(32), "n": Word(5)})
    assert kinds(graph) == ["fneg", "fexp", "convert", "fmul", "fcompare", "select", "fcompare"]
    assert graph.operations[5].inputs[0] == 4  # the multiplexer is driven by the comparison
    assert critical_path_depth(graph) == 6


def test_conditions_and_tables():
    graph = trace(lambda f, i: where(f & (i > 3), lookup((1, -6, 3), i), 0), {"f": BIT, "i": Word(4)})
    assert kinds(graph) == ["compare", "and", "clip", "lookup", "select"]
    assert graph.operations[3].bits_in == (2,)
    assert graph.operations[3].bits_out == 4
    assert describe_graph(graph)[4] == "%4 = select(%1: 1, %3: 4, constant: 1) -> 4 bits"


def _square(a):
    return a**2


def _branch(a):
    if a > 0:
        return a
    return 0


def _chained(a):
    return 0 < a < 3


def _call_math(a):
    return math.exp(a)


def _numpy(a):
    return np.exp(a)


def _attribute(a):
    return a.real


def _wide(a):
    return a * a * a * a * a


def _shift(a):
    return 1 << a


def _divide(a):
    return 1 / a


def _transcendental(a):
    return exp(a)


def _constant(a):
    return a & 0xFFFF_FFFF_FFFF_FFFF


def _negate(a):
    return ~(a > 0)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_square, "** of a word is not supported: multiply, shift, or use exp"),
        (_branch, "a branch on a word (if, while, and, or, not, min, max, a < b < c): hardware computes"),
        (_chained, "a branch on a word"),
        (_call_math, "float() of a word is not supported: use exp, tanh, sqrt, recip or sigmoid of"),
        (_numpy, "_numpy cannot be traced: TypeError: operand 'Symbol' does not support ufuncs"),
        (_attribute, "_attribute cannot be traced: AttributeError: 'Symbol' object has no attribute 'real'"),
        (_wide, "a result needs 76 bits, more than 64: narrow its operands first"),
        (_shift, "the amount of a shift must be 0 to 63, found -32768 to 32767"),
        (_divide, "/ of integer words is not supported: shift with >>, or use a lookup table"),
        (_transcendental, "exp works on floats; for integer words use lookup(table, i)"),
        (_constant, "the constant 18446744073709551615 needs more than 64 bits"),
        (_negate, "~ of a condition is not its negation: use (condition) == 0"),
    ],
)
def test_errors_name_the_line(function, message):
    with pytest.raises(ConfigError) as caught:
        trace(function, {"a": Word(16)})
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert (problem.file, problem.line) == (__file__, inspect.getsourcelines(function)[1] + 1)


# Random programs: what is emitted must compute what Python computes, within the traced intervals.

_BINARY = ["+", "-", "*", "&", "|", "^", "<", "<=", "==", "!=", ">", ">="]


@st.composite
def programs(draw):
    """A list of statements over words a, b, c."""
    names, lines = ["a", "b", "c"], []
    for n in range(draw(st.integers(1, 8))):
        x, y = draw(st.sampled_from(names)), draw(st.sampled_from([*names, "3", "-7"]))
        shape = draw(st.integers(0, 5))
        if shape <= 1:
            line = f"{x} {draw(st.sampled_from(_BINARY))} {y}"
        elif shape == 2:
            line = f"{x} {draw(st.sampled_from(['<<', '>>']))} {draw(st.integers(0, 5))}"
        elif shape == 3:
            line = f"where({x}, {y}, {draw(st.sampled_from(names))})"
        elif shape == 4:
            calls = [f"minimum({x}, {y})", f"maximum({y}, {x})", f"-{x}", f"absolute({x})"]
            line = draw(st.sampled_from(calls))
        else:
            calls = [f"saturate({x}, 5)", f"wrap({x}, 6)", f"clip({x}, {y}, 9)", f"shift_round({x}, 2)"]
            line = draw(st.sampled_from(calls))
        lines.append(f"    t{n} = wrap({line}, 20) * 1")  # keeps widths in bounds
        names.append(f"t{n}")
    return "def program(a, b, c):\n" + "\n".join(lines) + f"\n    return {names[-1]}, {names[-2]}\n"


def _checked(bits):
    def convert(x):
        x = int(x)
        assert -(1 << (bits - 1)) <= x < 1 << (bits - 1), "a lane overflows"
        return x

    return convert


_inputs = st.tuples(st.integers(-128, 127), st.integers(0, 15), st.integers(0, 1))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(programs(), st.lists(_inputs, min_size=5, max_size=5))
def test_emitted_source_computes_what_python_computes(source, inputs):
    scope = {name: getattr(intrinsics, name) for name in intrinsics.__all__}
    exec(source, scope)
    recorder = Recorder()
    formats = {"a": Word(8), "b": Word(4, signed=False), "c": BIT}
    outputs = call(scope["program"], {name: recorder.input(name, format) for name, format in formats.items()})
    statements, tables = emit(reachable(outputs), "k")
    assert tables == []
    text = "\n".join([*statements, f"result = {word(outputs[0])}, {word(outputs[1])}"])
    for a, b, c in inputs:
        values = {"a_": a, "b_": b, "c_": c, "int32": _checked(32), "int64": _checked(64)}
        exec(text, values)
        expected = scope["program"](a, b, c)
        assert tuple(map(int, values["result"])) == tuple(map(int, expected))
        for value, output in zip(expected, outputs, strict=True):
            if not isinstance(output, int):
                assert output.value.low <= value <= output.value.high
