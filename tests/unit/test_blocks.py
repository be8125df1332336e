"""The datapaths whose synthesis is known: what they compute, and that they cost the same wherever they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from accelsim.datapath import blocks
from accelsim.datapath.intrinsics import clip, maximum, minimum, saturate, where
from accelsim.datapath.stages import stage
from accelsim.datapath.trace import trace
from accelsim.datapath.words import BIT, Format, Word
from accelsim.plasticity.base import PlasticityRule
from accelsim.technology.logic import datapath_cost
from accelsim.technology.node import load_technology

NODE = load_technology("45nm")


def sat(x: int, bits: int) -> int:
    return max(-(1 << (bits - 1)), min(x, (1 << (bits - 1)) - 1))


def draw(rng: np.random.Generator, formats: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(rng.integers(word.low, word.high + 1)) for name, word in formats.items()}


def lif8(v, w, inhibitory, leaks, leak, threshold):
    c = max(0, min(v - leak if leaks else v - w if inhibitory else v + w, 255))
    return (0 if c >= threshold else c), c >= threshold


def lif16(v, i, threshold, k):
    c = sat(v - (v >> k) + i, 16)
    return (wrapped(c - threshold) if c >= threshold else c), c >= threshold


def lifm16(v, i, threshold, alpha):
    c = sat(((v * alpha) >> 8) + i, 16)
    return (wrapped(c - threshold) if c >= threshold else c), c >= threshold


def wrapped(x: int) -> int:
    return (x + 32768) % 65536 - 32768


def sdsp(w, v, membrane, calcium, theta1, theta2, theta3):
    if v >= membrane and theta1 <= calcium < theta3:
        return min(w + 1, 7)
    return max(w - 1, 0) if v < membrane and theta1 <= calcium < theta2 else w


def stdp8(w, x_pre, x_post, pre, post, k_potentiate, k_depress):
    return sat(w + (x_pre >> k_potentiate if post else 0) - (x_post >> k_depress if pre else 0), 8)


def eprop(x_pre, psi, e, k, learning_signal, g):
    e = sat(e - (e >> k) + ((x_pre * psi) >> 1), 16)
    return e, sat(g + ((e * learning_signal) >> 8), 16)


def srupd(w, a, random):
    return sat(w + ((a + random) >> 8), 8)


def metap(w, dw, m):
    return sat(w + (dw >> m), 8)


@pytest.mark.parametrize("expected", [lif8, lif16, lifm16, sdsp, stdp8, eprop, srupd, metap])
def test_update_computes_its_equation(expected: Callable[..., Any]) -> None:
    function, formats = blocks.UPDATES[expected.__name__]
    rng = np.random.default_rng(1)
    for _ in range(500):
        words = draw(rng, formats)
        assert function(**words) == expected(**words), words


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("add_W8", ["add", "shift_const"]),
        ("satadd_W16", ["add", "clip"]),
        ("mac_W8_A24", ["mul", "add", "shift_const"]),
        ("shl_W16_S4", ["shift_var"]),
        ("fpmul16", ["fmul"]),
        ("fpadd_E8_M23", ["fadd"]),
        ("lfsr_W8", ["random_bits"]),
    ],
)
def test_operator_is_traced(name: str, kinds: list[str]) -> None:
    graph = blocks.block(name)
    assert graph is not None
    assert [operation.kind for operation in graph.operations] == kinds


def test_what_is_no_datapath_has_no_block() -> None:
    assert blocks.block("fifo_W16_D8_L3") is None
    assert blocks.block("rf_W16_D16_L4") is None


class Metaplastic(PlasticityRule):
    """A rule whose one stage is the block `metap`."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        return {"w": Word(8), "dw": Word(8), "m": Word(3, signed=False)}

    @stage(on="presynaptic spike", per="synapse", writes=("w",))
    def update(w, dw, m):
        return blocks.metap(w, dw, m)


class SpikeTiming(PlasticityRule):
    """A rule whose one stage is the block `stdp8`."""

    @property
    def synapse_state(self) -> Mapping[str, Format]:
        return {"w": Word(8)}

    @property
    def presynaptic_state(self) -> Mapping[str, Format]:
        return {"x_pre": Word(8, signed=False)}

    @property
    def postsynaptic_state(self) -> Mapping[str, Format]:
        shifts = dict.fromkeys(("k_potentiate", "k_depress"), Word(3, signed=False))
        return {"x_post": Word(8, signed=False), "post": BIT, **shifts}

    @stage(on="presynaptic spike", per="synapse", writes=("w",))
    def update(w, x_pre, x_post, pre_spike, post, k_potentiate, k_depress):
        return blocks.stdp8(w, x_pre, x_post, pre_spike, post, k_potentiate, k_depress)


@pytest.mark.parametrize(("rule", "name"), [(Metaplastic, "metap"), (SpikeTiming, "stdp8")])
@pytest.mark.parametrize("basis", ["silicon", "netlist"])
def test_block_costs_the_same_in_a_rule(rule: type[PlasticityRule], name: str, basis: Any) -> None:
    graph = rule().program("synapse", ["presynaptic spike"]).graph()
    inside = datapath_cost(graph, NODE, voltage_v=1.1, basis=basis)
    alone = datapath_cost(blocks.block(name), NODE, voltage_v=1.1, basis=basis)
    assert inside == alone


def literal_lif8(v, w, inhibitory, leaks, leak, threshold):
    c = clip(where(leaks, v - leak, where(inhibitory, v - w, v + w)), 0, 255)
    return where(c >= threshold, 0, c), c >= threshold


def literal_sdsp(w, v, membrane, calcium, theta1, theta2, theta3):
    up = (v >= membrane) & (theta1 <= calcium) & (calcium < theta3)
    down = (v < membrane) & (theta1 <= calcium) & (calcium < theta2)
    return where(up, minimum(w + 1, 7), where(down, maximum(w - 1, 0), w))


def literal_lif16(v, i, threshold, k):
    c = saturate(v - (v >> k) + i, 16)
    return c - where(c >= threshold, threshold, 0), c >= threshold


@pytest.mark.parametrize(
    ("name", "function"), [("lif8", literal_lif8), ("sdsp", literal_sdsp), ("lif16", literal_lif16)]
)
def test_cost_depends_little_on_how_a_function_is_written(name: str, function: Callable[..., Any]) -> None:
    """The same equations without thought for sharing operators stay within a factor of 1.3."""
    written = datapath_cost(trace(function, blocks.UPDATES[name][1]), NODE)
    shared = datapath_cost(blocks.block(name), NODE)
    for one, other in ((written.energy_j, shared.energy_j), (written.area_m2, shared.area_m2)):
        assert 1 / 1.3 < one.nominal / other.nominal < 1.3
