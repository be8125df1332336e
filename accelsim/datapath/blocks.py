"""Datapaths whose synthesis is known: operators of a width, and the update functions of neurons and synapses.

Plain scalar functions like those of any rule or neuron model, so the cost model can be held against gate-level
data on exactly what it is used for. A block is named as in those data: ``mul_W16``, ``mac_W8_A24``, ``lif16``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from accelsim.datapath.intrinsics import clip, maximum, saturate, where, wrap, wrap_unsigned
from accelsim.datapath.trace import trace
from accelsim.datapath.words import BIT, Float, Word
from accelsim.technology.operations import Operation, OperationGraph

Datapath = tuple[Callable[..., Any], Mapping[str, Any]]
"""A scalar function and the formats of its arguments, as `accelsim.datapath.trace.trace` takes them."""


def lif8(v: Any, w: Any, inhibitory: Any, leaks: Any, leak: Any, threshold: Any) -> tuple[Any, Any]:
    """Unsigned leaky integrate-and-fire neuron: a leak event or a synaptic one moves the potential."""
    step = where(leaks, leak, w)
    candidate = clip(where(leaks | inhibitory, v - step, v + step), 0, 255)
    spike = candidate >= threshold
    return where(spike, 0, candidate), spike


def lif16(v: Any, i: Any, threshold: Any, k: Any) -> tuple[Any, Any]:
    """Leaky integrate-and-fire neuron that decays by a shift and resets by subtraction."""
    return fire(saturate(v - (v >> k) + i, 16), threshold)


def lifm16(v: Any, i: Any, threshold: Any, alpha: Any) -> tuple[Any, Any]:
    """Leaky integrate-and-fire neuron that decays by a product and resets by subtraction."""
    return fire(saturate(((v * alpha) >> 8) + i, 16), threshold)


def fire(candidate: Any, threshold: Any) -> tuple[Any, Any]:
    """Potential after the comparison with the threshold, and the spike."""
    spike = candidate >= threshold
    return where(spike, wrap(candidate - threshold, 16), candidate), spike


def sdsp(w: Any, v: Any, membrane: Any, calcium: Any, theta1: Any, theta2: Any, theta3: Any) -> Any:
    """Spike-driven synaptic plasticity of a 3-bit weight at a presynaptic spike."""
    learns, above = theta1 <= calcium, v >= membrane
    up = learns & above & (calcium < theta3)
    down = learns & (above == 0) & (calcium < theta2)
    return clip(w + where(up, 1, where(down, -1, 0)), 0, 7)


def stdp8(w: Any, x_pre: Any, x_post: Any, pre: Any, post: Any, k_potentiate: Any, k_depress: Any) -> Any:
    """Trace-based spike-timing-dependent plasticity of an 8-bit weight, with shifts for the learning rates."""
    return saturate(w + where(post, x_pre >> k_potentiate, 0) - where(pre, x_post >> k_depress, 0), 8)


def eprop(x_pre: Any, psi: Any, e: Any, k: Any, learning_signal: Any, g: Any) -> tuple[Any, Any]:
    """E-prop synapse: filtered eligibility trace, and the gradient it collects with the learning signal."""
    eligibility = saturate(e - (e >> k) + ((x_pre * psi) >> 1), 16)
    return eligibility, saturate(g + ((eligibility * learning_signal) >> 8), 16)


def srupd(w: Any, a: Any, random: Any) -> Any:
    """Update of an 8-bit weight by a stochastically rounded 16-bit change."""
    return saturate(w + ((a + random) >> 8), 8)


def metap(w: Any, dw: Any, m: Any) -> Any:
    """Metaplastic update of an 8-bit weight: a change that shrinks with the synapse's consolidation `m`."""
    return saturate(w + (dw >> m), 8)


def _u(bits: int) -> Word:
    return Word(bits, signed=False)


_S8, _S16 = Word(8), Word(16)
UPDATES: dict[str, Datapath] = {
    "lif8": (lif8, {"v": _u(8), "w": _u(3), "inhibitory": BIT, "leaks": BIT, "leak": _u(7), "threshold": _u(8)}),
    "lif16": (lif16, {"v": _S16, "i": _S16, "threshold": _S16, "k": _u(4)}),
    "lifm16": (lifm16, {"v": _S16, "i": _S16, "threshold": _S16, "alpha": _u(8)}),
    "sdsp": (
        sdsp,
        {"w": _u(3), "v": _u(8), "membrane": _u(8)} | dict.fromkeys(("calcium", "theta1", "theta2", "theta3"), _u(3)),
    ),
    "stdp8": (
        stdp8,
        {"w": _S8, "x_pre": _u(8), "x_post": _u(8), "pre": BIT, "post": BIT, "k_potentiate": _u(3), "k_depress": _u(3)},
    ),
    "eprop": (
        eprop,
        {"x_pre": _u(8), "psi": _u(8), "e": _S16, "k": _u(4), "learning_signal": _S8, "g": _S16},
    ),
    "srupd": (srupd, {"w": _S8, "a": _S16, "random": _u(8)}),
    "metap": (metap, {"w": _S8, "dw": _S8, "m": _u(3)}),
}
"""The update functions of neurons and synapses, each of several operators."""


def _operator(family: str, word: int, other: int) -> Datapath | None:
    """Return an operator of one width; `other` is the second number in the name of a block."""
    signed, unsigned = dict.fromkeys("ab", Word(word)), dict.fromkeys("ab", _u(word))
    match family:
        case "add":
            return lambda a, b: wrap_unsigned(a + b, word), unsigned
        case "satadd":
            return lambda a, b: saturate(a + b, word), signed
        case "mul":
            return lambda a, b: a * b, signed
        case "mac":
            return lambda a, b, c: wrap(a * b + c, other), signed | {"c": Word(other)}
        case "cmp":
            return lambda a, b: a > b, unsigned
        case "maxu":
            return lambda a, b: maximum(a, b), unsigned
        case "shl":
            return lambda a, s: a >> s, {"a": Word(word), "s": _u(other)}
        case "mux2":
            return lambda condition, a, b: where(condition, a, b), {"condition": BIT} | unsigned
    return None


def block(name: str) -> OperationGraph | None:
    """Return the operations of the block `name`, traced from its function; None if there is no such block."""
    if name in UPDATES:
        return trace(*UPDATES[name])
    if name in _UNTRACED:
        return _UNTRACED[name]()
    found = re.fullmatch(r"([a-z]+2?)_W(\d+)(?:_[AS](\d+))?", name)
    if found is None:
        return None
    family, word, other = found[1], int(found[2]), int(found[3] or found[2])
    if family in ("regp", "lfsr"):
        return _alone("register" if family == "regp" else "random_bits", word)
    datapath = _operator(family, word, other)
    return trace(*datapath) if datapath else None


def _alone(kind: str, bits: int, operands: int = 0) -> OperationGraph:
    """Return one operation that no scalar function expresses: storage, and floats of 16 bits."""
    inputs = tuple(("ab"[i], bits) for i in range(operands))
    sources = tuple(-1 - i for i in range(operands))
    return OperationGraph((Operation(kind, (bits,) * operands, bits, inputs=sources),), inputs, (0,))


_FLOATS = dict.fromkeys("ab", Float(32))
_UNTRACED: dict[str, Callable[[], OperationGraph]] = {
    "fpadd_E5_M10": partial(_alone, "fadd", 16, 2),
    "fpmul16": partial(_alone, "fmul", 16, 2),
    "fpadd_E8_M23": partial(trace, lambda a, b: a + b, _FLOATS),
    "fpmul32": partial(trace, lambda a, b: a * b, _FLOATS),
}
