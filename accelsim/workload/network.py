"""Networks of stepped chips from `.npz` files.

Arrays (n neurons, E synapses, T steps, I inputs):

===================  ==============  ===================================================================
array                shape           meaning
===================  ==============  ===================================================================
src                  (E,) int        source of each synapse; or, for synapses sorted by source,
row_start            (n + 1,) int    where the synapses of each neuron start
dst                  (E,) int        target of each synapse
w                    (E,) number     weight
delay                (E,) int        steps in addition to the one that every spike takes (optional)
threshold            (n,) number     and the other parameters of the neuron model (optional but this one)
is_input             (n,) bool       neurons that replay the raster (optional)
raster               (T, I) int      spikes of the inputs, 0 or 1, columns in the order of ids (optional)
core                 (n,) int        core of each neuron (for `read_mapping`)
core_send_order      (cores,) int    order in which neurons send to cores (for `read_mapping`; optional)
===================  ==============  ===================================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.controllers.stepped.network import MAX_DELAY, NetworkData
from accelsim.controllers.stepped.population import MODELS, mistakes
from accelsim.formats.npz import ArraySpec, read_arrays

_INT32 = 2**31 - 1
_MODES = ("reset_mode", "reverse_reset_mode")


def read_network(path: str | os.PathLike[str], neuron_model: str) -> NetworkData:
    """Read a network (see the module's description).

    Parameters
    ----------
    path : file
    neuron_model : one of `accelsim.controllers.stepped.population.MODELS`; its parameters are read.

    Raises
    ------
    ConfigError
        If the file cannot be read or its arrays contradict each other, with every problem and where it is.
    """
    file = os.fspath(path)
    arrays = read_arrays(file, _specs(neuron_model))
    n = arrays["threshold"].size
    check(Problem(file, path=where, message=message) for where, message in _row_mistakes(arrays, n))
    src = arrays.get("src")
    if src is None:
        start = arrays["row_start"].astype(np.int64)
        src = np.repeat(np.arange(n, dtype=np.int32), start[1:] - start[:-1])
    parameters = {name: arrays[name] for name in ("threshold", *MODELS[neuron_model]) if name in arrays}
    check(Problem(file, path=where, message=message) for where, message in mistakes(neuron_model, parameters))
    try:
        return NetworkData(
            n=n,
            src=src.astype(np.int32, copy=False),
            dst=arrays["dst"].astype(np.int32, copy=False),
            weight=arrays["w"],
            delay=arrays.get("delay"),
            parameters=parameters,
            is_input=arrays.get("is_input"),
            raster=arrays["raster"].astype(np.uint8, copy=False) if "raster" in arrays else None,
        )
    except ConfigError as error:
        raise ConfigError(replace(problem, file=file) for problem in error.problems) from None


def read_mapping(
    path: str | os.PathLike[str], neurons: int, cores: int
) -> tuple[NDArray[np.integer], NDArray[np.integer] | None]:
    """Read the core of each neuron, and the order in which neurons send to cores, None if the file does not say.

    Raises
    ------
    ConfigError
        If the file cannot be read or names other cores or neurons than there are.
    """
    arrays = read_arrays(
        path,
        [
            ArraySpec("core", "int", (neurons,), low=0, high=cores - 1),
            ArraySpec("core_send_order", "int", ("cores",), required=False, low=0, high=cores - 1),
        ],
    )
    return arrays["core"], arrays.get("core_send_order")


def _specs(neuron_model: str) -> list[ArraySpec]:
    specs = [
        ArraySpec("src", "int", ("synapses",), required=False, low=0, high=_INT32),
        ArraySpec("row_start", "int", ("neurons + 1",), required=False, low=0),
        ArraySpec("dst", "int", ("synapses",), low=0, high=_INT32),
        ArraySpec("w", "number", ("synapses",)),
        ArraySpec("delay", "int", ("synapses",), required=False, low=0, high=MAX_DELAY),
        ArraySpec("is_input", "bool", ("neurons",), required=False),
        ArraySpec("raster", "int", ("steps", "inputs"), required=False, low=0, high=1),
    ]
    for name in ("threshold", *MODELS[neuron_model]):
        kind = "text" if name in _MODES else "number"
        specs.append(ArraySpec(name, kind, ("neurons",), required=name == "threshold"))
    return specs


def _row_mistakes(arrays: dict[str, NDArray], n: int) -> Iterator[tuple[str, str]]:
    """Yield (where, what) for sources given twice, not at all, or as rows that are none."""
    rows, synapses = arrays.get("row_start"), arrays["dst"].size
    if ("src" in arrays) == (rows is not None):
        yield "src", "missing; give `src` or `row_start`" if rows is None else "give `src` or `row_start`, not both"
    elif rows is not None and rows.size != n + 1:
        yield "row_start", f"has {rows.size} entries; expected {n + 1} for {n} neurons"
    elif rows is not None and (rows[0] != 0 or rows[-1] != synapses or (rows[1:] < rows[:-1]).any()):
        yield "row_start", f"does not ascend from 0 to the {synapses} synapses of `dst`"
