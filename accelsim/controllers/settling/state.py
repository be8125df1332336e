"""Arrays of a programmed settling core, as its loop takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.base import Request
from accelsim.controllers.settling.settings import SettlingSettings
from accelsim.controllers.settling.stages import settling_rule
from accelsim.datapath.kernels import tuple_type
from accelsim.plasticity.kernels import RANDOM_STATE
from accelsim.plasticity.unit import PlasticityUnit

Real = NDArray[np.float32]


@dataclass(frozen=True)
class State:
    """Everything a core keeps (namedtuples of arrays, see :mod:`accelsim.controllers.settling.loop`)."""

    populations: tuple[Any, ...]
    matrices: tuple[Any, ...]
    top: Any
    position: NDArray[np.int64]
    """(2,) samples of the present batch so far, and updates since those of ``every K steps``."""
    samples: NDArray[np.int64]
    """(1,) samples that were run."""


def matrix_names(populations: Sequence[str]) -> list[str]:
    """Name of the weights between each two populations."""
    return [f"{pre}-{post}" for pre, post in pairwise(populations)]


def allocate_state(unit: PlasticityUnit | None, settings: SettlingSettings, request: Request) -> State:
    """A core before its first sample: weights drawn, everything else zero or at its start value."""
    rule = settling_rule(unit)
    names, sizes = list(request.populations), list(request.populations.values())
    pace: dict[str, Real] = {name: np.zeros(1, np.float32) for name in ("pull_step", "push_step", "movement")}
    rates = [np.ones(size + settings.bias, np.float32) for size in sizes]
    neurons = []
    for size, rate in zip(sizes, rates, strict=True):
        kept = {name: np.zeros(size, np.float32) for name in ("activity", "prediction", "error", "feedback", "slope")}
        neurons.append(kept | {"pre_rate": rate[:size]})
    matrices = []
    whole = {"reward": np.zeros(1, np.float32), "plastic": np.ones(1, np.float32)}
    for m, name in enumerate(matrix_names(names)):
        pre, post = sizes[m], sizes[m + 1]
        w = np.zeros((pre + settings.bias, post), np.float32)
        w[:pre] = settings.weights.draw_real(request.generator(f"core.{name}.initial"), pre, post)
        words: dict[str, NDArray[Any]] = {
            "w": w,
            "pre_rate": rates[m],
            "drive": neurons[m + 1]["prediction"],
            "error": neurons[m + 1]["error"],
            "feedback": neurons[m]["feedback"],
            "inverse_synapses": np.full(1, 1 / w.size, np.float32),
        }
        if unit is not None and rule is not None:
            others = [(word, format) for word, format in unit.synapse_state.items() if word != "w"]
            words |= {word: np.zeros(w.shape, format.dtype) for word, format in others}
            for word in unit.weight_copies:
                words[word][:] = w
            if unit.reads("random"):
                draw = request.generator(f"core.{name}.random").integers
                words[RANDOM_STATE] = draw(1, 2**32, post, np.uint32)
            words |= {word: np.full(1, rule.initial.get(word, 0.0), np.float32) for word in rule.matrix_state}
        matrices.append(_tuple(words | whole))
    outputs = sizes[-1]
    top = {name: neurons[-1][name] for name in ("activity", "prediction", "error")} | {"pre_rate": rates[-2]}
    top |= {name: np.zeros(outputs, np.float32) for name in ("target", "probability")}
    top |= {name: np.zeros(1, np.float32) for name in ("peak", "total", "inverse", "share")}
    if rule is not None:
        top["share"][0] = rule.nudge
        top |= {word: np.zeros(1, np.float32) for word in rule.output_state}
    populations = tuple(_tuple(words | pace) for words in neurons)
    return State(populations, tuple(matrices), _tuple(top), np.zeros(2, np.int64), np.zeros(1, np.int64))


def _tuple(arrays: dict[str, Real]) -> Any:
    return tuple_type("Arrays", tuple(arrays))(**arrays)
