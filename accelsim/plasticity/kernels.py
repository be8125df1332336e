"""Compile a rule: one kernel for a row of synapses, one for the traces of neurons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from accelsim.datapath.kernels import kernel_source, load_kernels, tuple_type
from accelsim.plasticity.unit import PlasticityUnit

RANDOM_STATE = "random_state"
"""The field that holds one xorshift generator per postsynaptic neuron; see `kernel_source`."""


def row_source(rule: PlasticityUnit, triggers: Iterable[str], name: str = "row_update", marked: bool = False) -> str:
    """Source of ``name(i, state, parameters)``: all synapses of presynaptic neuron `i`.

    It runs every stage per synapse on the given triggers, fused into one loop, and returns how many weights
    changed. `state` has a field for each word the stages name: arrays [presynaptic, postsynaptic] of synaptic
    words, one-dimensional arrays of the others, `RANDOM_STATE` if they draw random numbers; `parameters` has
    the rule's registers; if `marked`, changed weights are marked (see `kernel_source`). To be put below
    `accelsim.datapath.emit.PRELUDE`.
    """
    program = rule.program("synapse", triggers)
    counted = "w" if "w" in program.writes else None
    return kernel_source(name, program, rule.places(), counted, marked, RANDOM_STATE) + _types(rule)


def neuron_source(rule: PlasticityUnit, per: str, triggers: Iterable[str], name: str = "neuron_update") -> str:
    """Source of ``name(state, parameters)``: the rule's words of all neurons on one side.

    `per` is ``presynaptic neuron`` or ``postsynaptic neuron``; otherwise as `row_source`, without a result.
    """
    places = {word: "lane" if place == "row" else place for word, place in rule.places().items()}
    generators = f"{per.split()[0]}_{RANDOM_STATE}"
    return kernel_source(name, rule.program(per, triggers), places, random=generators) + _types(rule)


def _types(rule: PlasticityUnit) -> str:
    """A comment that tells kernels of the same text apart whose tuples differ: stored code refers to their types."""
    return f"# {', '.join(f'{word} {format}' for word, format in rule.words().items())}; {', '.join(rule.registers)}\n"


def build_row_kernel(rule: PlasticityUnit, triggers: Iterable[str]) -> Callable[..., Any]:
    """The compiled kernel of `row_source`."""
    return load_kernels("row", row_source(rule, triggers)).row_update


def build_neuron_kernel(rule: PlasticityUnit, per: str, triggers: Iterable[str]) -> Callable[..., Any]:
    """The compiled kernel of `neuron_source`."""
    return load_kernels("neuron", neuron_source(rule, per, triggers)).neuron_update


def allocate(rule: PlasticityUnit, n_pre: int, n_post: int, seed: int = 0) -> Any:
    """A namedtuple of zeroed arrays with every word of the rule and every quantity offered to it.

    Parameters
    ----------
    n_pre, n_post : numbers of presynaptic and postsynaptic neurons.
    seed : of the random-number generators.
    """
    formats = {**rule.offered(), **rule.synapse_state, **rule.presynaptic_state, **rule.postsynaptic_state}
    shapes = {"synapse": (n_pre, n_post), "row": (n_pre,), "lane": (n_post,), "whole": (1,)}
    places = rule.places()
    del formats["random"]  # drawn inside the kernels
    arrays = {name: np.zeros(shapes[places[name]], format.dtype) for name, format in formats.items()}
    arrays["plastic"][:] = formats["plastic"].encode(1.0)
    draw = np.random.default_rng(seed).integers
    arrays[RANDOM_STATE] = draw(1, 2**32, n_post, np.uint32)
    arrays[f"presynaptic_{RANDOM_STATE}"] = draw(1, 2**32, n_pre, np.uint32)
    arrays[f"postsynaptic_{RANDOM_STATE}"] = draw(1, 2**32, n_post, np.uint32)
    return tuple_type("State", tuple(arrays))(**arrays)


def parameters(rule: PlasticityUnit) -> Any:
    """A namedtuple of the rule's registers."""
    return tuple_type("Parameters", tuple(rule.registers))(**rule.registers)
