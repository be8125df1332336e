"""Neurons of all cores as numbers for the kernels: parameters, and resets as a choice and an addition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import Problem, check, did_you_mean
from accelsim.neurons.stepped_lif import SteppedLIF, SteppedNeuron, defaults
from accelsim.neurons.truenorth import TrueNorth

COMPONENTS: dict[str, type[SteppedNeuron]] = {"lif": SteppedLIF, "truenorth": TrueNorth}
"""Neuron models by the names that descriptions of chips use."""
MODELS = {name: defaults(model) for name, model in COMPONENTS.items()}
"""Their parameters and defaults."""

BLOCK = 128
"""Neurons that a kernel updates together; arrays are padded to whole blocks."""

FIELDS = (
    "v", "u", "refractory_left", "current", "v_after", "u_after", "refractory_after", "threshold", "bias", "leak_decay",
    "input_decay", "refractory", "spike_keep", "spike_add", "reverse_threshold", "reverse_keep", "reverse_add", "leak",
    "leak_towards_zero",
)  # fmt: skip
"""Numbers of a neuron, in the order of the kernels' work space."""

(V, U, REFRACTORY_LEFT, CURRENT, V_AFTER, U_AFTER, REFRACTORY_AFTER, THRESHOLD, BIAS, LEAK_DECAY,
 INPUT_DECAY, REFRACTORY, SPIKE_KEEP, SPIKE_ADD, REVERSE_THRESHOLD, REVERSE_KEEP, REVERSE_ADD, LEAK,
 LEAK_TOWARDS_ZERO) = range(len(FIELDS))  # fmt: skip

_MODES = {"reset_mode": ("hard", "soft", "none"), "reverse_reset_mode": ("hard", "soft", "saturate", "none")}
_AFTER = {V: V_AFTER, U: U_AFTER, REFRACTORY_LEFT: REFRACTORY_AFTER}


class Population(NamedTuple):
    """Numbers of all neurons, kept only where neurons differ."""

    values: NDArray[np.float64]
    """(rows, neurons in whole blocks): the fields that differ or change."""
    loaded: NDArray[np.int64]
    """Field of each row."""
    stored: NDArray[np.int64]
    """Of each of the first rows, the field that holds its value after a step."""
    work: NDArray[np.float64]
    """(fields * BLOCK,): one block, with the fields equal for all neurons filled in."""


def mistakes(model: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (parameter, what is wrong) for a neuron model's parameters."""
    defaults = MODELS[model]
    if "threshold" not in parameters:
        yield "threshold", f"missing{did_you_mean('threshold', parameters)}"
    for name, given in parameters.items():
        values = np.asarray(given)
        if name in _MODES:
            for found in np.unique(values):
                if str(found) not in _MODES[name]:
                    yield name, f"{str(found)!r} is none of {', '.join(_MODES[name])}"
        elif name not in defaults and name != "threshold":
            yield name, f"no parameter of neuron model `{model}`{did_you_mean(name, [*defaults, 'threshold'])}"
        elif values.dtype.kind not in "biuf":
            yield name, f"holds {values.dtype}; expected numbers"
        elif np.isnan(values).any():
            yield name, "holds values that are no numbers"
        elif name == "refractory" and ((values < 0) | (values != np.trunc(values))).any():
            yield name, "expected a number of steps >= 0"


def population(model: str, parameters: Mapping[str, Any], order: NDArray[np.int64], silent: NDArray) -> Population:
    """Numbers for the kernels.

    Parameters
    ----------
    model : one of `MODELS`.
    parameters : per neuron or for all, by name.
    order : neurons in the order of the kernels.
    silent : bool per neuron, those without state: they never fire by themselves.

    Raises
    ------
    ConfigError
        If a parameter is unknown, missing or wrong.
    """
    check(Problem(path=name, message=message) for name, message in mistakes(model, parameters))
    n = order.size
    given = {name: np.broadcast_to(np.asarray(x), n)[order] for name, x in (MODELS[model] | dict(parameters)).items()}
    modes = {name: given.pop(name) for name in _MODES}
    numbers: dict[str, NDArray] = {name: values.astype(np.float64) for name, values in given.items()}
    numbers["v"] = numbers.pop("v0")
    threshold, reverse = numbers["threshold"], numbers["reverse_threshold"]
    numbers["spike_keep"], numbers["spike_add"] = _reset(modes["reset_mode"], numbers.pop("reset"), -threshold)
    soft = reverse if model == "truenorth" else -reverse
    keep, add = _reset(modes["reverse_reset_mode"], numbers.pop("reverse_reset"), soft)
    numbers["reverse_keep"] = keep
    numbers["reverse_add"] = np.where(modes["reverse_reset_mode"] == "saturate", reverse, add)
    reverse[modes["reverse_reset_mode"] == "none"] = -np.inf
    quiet = silent[order]
    threshold[quiet] = np.inf
    for name in ("v", "bias"):
        numbers[name][quiet] = 0.0

    kept = ["v"]
    # A current that decays at once and a refractory period of one step leave nothing to keep.
    kept += ["u"] if "input_decay" in numbers and numbers["input_decay"].any() else []
    kept += ["refractory_left"] if "refractory" in numbers and (numbers["refractory"] > 1).any() else []
    kept_fields = [FIELDS.index(name) for name in kept]
    rows = kept + [name for name, x in numbers.items() if name != "v" and n and (x != x[0]).any()]
    work = np.zeros(len(FIELDS) * BLOCK)
    for name, x in numbers.items():
        if name not in rows and n:
            field = FIELDS.index(name)
            work[field * BLOCK : (field + 1) * BLOCK] = x[0]
    values = np.zeros((len(rows), -(-n // BLOCK) * BLOCK))
    for row, name in enumerate(rows):
        values[row, :n] = numbers.get(name, 0.0)
    loaded = np.array([FIELDS.index(name) for name in rows], np.int64)
    return Population(values, loaded, np.array([_AFTER[field] for field in kept_fields], np.int64), work)


def _reset(mode: NDArray, hard: NDArray, soft: NDArray) -> tuple[NDArray, NDArray]:
    """Whether a reset keeps the potential, and what it adds."""
    keep = ((mode == "soft") | (mode == "none")).astype(np.float64)
    with np.errstate(invalid="ignore"):
        add = np.where(mode == "hard", hard, np.where(mode == "soft", soft, 0.0))
    return keep, add
