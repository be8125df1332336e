"""Golden cases of kind `eprop-vectors`: states and gradients of small networks that learn with e-prop.

Each `.npz` file holds a network of neurons with or without adaptive threshold, its input spikes and targets, its states
in every time step, and its gradients: those of e-prop with symmetric feedback and, optionally, with a fixed matrix B
and of back-propagation through time. The network runs on the shipped tick-driven core, in float32 and in float64; the
weights change at the end of the sample by minus the gradient. Back-propagation is that of `accelsim.plasticity.rtrl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Architecture
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.base import Request
from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.controller import Tick
from accelsim.controllers.tick.recording import record_states
from accelsim.controllers.tick.settings import TickSettings
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.plasticity.rtrl import Network, bptt, run
from accelsim.validation.runner import CaseReport, Check, Folder, Replay

TOLERANCES = {32: 1e-6, 64: 1e-12}
"""Largest difference by the width of the floats, in units of the largest value of a quantity."""
_STATES = {"z": "spike", "v": "potential", "a": "adaptation", "psi": "surrogate", "L": "learning_signal", "y": "total"}
"""Arrays of a file by what the core calls them."""
_SHAPES: dict[str, tuple[int | str, ...]] = {
    "Win": ("neurons", "inputs"), "Wrec": ("neurons", "neurons"), "Wout": ("outputs", "neurons"),
    "target": ("steps", "outputs"), "beta": ("neurons",), "scalars": (6,),
    "grad_in": ("neurons", "inputs"), "grad_rec": ("neurons", "neurons"), "grad_out": ("outputs", "neurons"),
    "z": ("steps", "neurons"), "v": ("steps", "neurons"), "a": ("steps", "neurons"), "psi": ("steps", "neurons"),
    "L": ("steps", "neurons"), "y": ("steps", "outputs"),
}  # fmt: skip
_OPTIONAL: dict[str, tuple[int | str, ...]] = {
    "B": ("outputs", "neurons"), "grad_in_B": ("neurons", "inputs"), "grad_rec_B": ("neurons", "neurons"),
    "bptt_in": ("neurons", "inputs"), "bptt_rec": ("neurons", "neurons"),
}  # fmt: skip
_ARRAYS = (
    ArraySpec("x", "int", ("steps", "inputs"), low=0, high=1),
    *(ArraySpec(name, "number", shape) for name, shape in _SHAPES.items()),
    *(ArraySpec(name, "number", shape, required=False) for name, shape in _OPTIONAL.items()),
)
Parameters = dict[str, float | int | bool | str]


@dataclass(frozen=True)
class Vectors:
    """A file's arrays and constants."""

    arrays: Mapping[str, NDArray[Any]]

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def network(self) -> Network:
        """The network for the reference."""
        decay, adaptation_decay, threshold, dampening, refractory_steps, readout_decay = map(float, self["scalars"])
        w_in, w_rec, w_out, beta = (self[name].astype(np.float64) for name in ("Win", "Wrec", "Wout", "beta"))
        steps = round(refractory_steps)
        return Network(w_in, w_rec, w_out, beta, decay, adaptation_decay, readout_decay, threshold, dampening, steps)

    def core(self, bits: int, feedback: str) -> Tick:
        """The shipped tick-driven core, programmed with the network."""
        n = self.network()
        overrides = ["core.neuron=alif", "core.options.output_rule=delta", f"core.options.feedback={feedback}"]
        overrides.append("core.options.exact_decays=true")  # else float32 would keep time constants to some 1e-6 only
        architecture = validate(load_document("single_core", "architecture", overrides=overrides), Architecture)
        shared: Parameters = {"float_bits": bits, "exact_decays": True}
        learning: Parameters = {"rate": 1.0, "readout_decay": n.readout_decay, "update": "end of sample", **shared}
        neuron: Parameters = {"decay": n.decay, "adaptation_decay": n.adaptation_decay, "threshold": n.threshold}
        neuron |= {"dampening": n.dampening, "refractory_steps": n.refractory_steps, **shared}
        settings = TickSettings(neuron=neuron, readout_decay=n.readout_decay, output_parameters=learning)
        populations = {"input": n.w_in.shape[1], "recurrent": len(n.beta), "output": len(n.w_out)}
        rule = {**learning, "trace_decay": n.decay, "adaptation": True, "adaptation_decay": n.adaptation_decay}
        core = Tick.build(architecture.core, Request(populations, "eprop", rule, settings, seed=0))
        state = core.state
        state.inp.w[:], state.rec.w[:], state.out.w[:] = n.w_in.T, n.w_rec.T, n.w_out.T
        np.fill_diagonal(state.rec.w, 0)
        state.neurons.adaptation_strength[:] = state.inp.post_adaptation[:] = n.beta
        if feedback == "random":
            state.back.feedback[:] = self["B"]
        return core

    def samples(self) -> Samples:
        """The stimulus as one sample, with a time step behind it in which nothing comes in or is learnt from."""
        steps, outputs = self["target"].shape
        tick, address = np.nonzero(self["x"])
        valid = (np.arange(steps + 1) < steps).astype(np.uint8)
        return Samples(
            length=np.array([steps + 1], np.int32),
            event_tick=tick.astype(np.int64),
            event_address=address.astype(np.int32),
            label=np.zeros(1, np.int32),
            label_tick=np.array([-1], np.int32),
            target_valid=valid,
            infer=valid,
            targets=np.vstack([self["target"], np.zeros((1, outputs))]),
            training=np.array([True]),
        )


def cases(folder: Folder) -> list[Replay]:
    """Every `.npz` file in both precisions, and back-propagation where a file has it."""
    replays = []
    for path in sorted(folder.path.glob("*.npz")):
        replays += [Replay(f"{path.stem}.float{bits}", partial(_replay, path, bits)) for bits in TOLERANCES]
        replays.append(Replay(f"{path.stem}.bptt", partial(_replay, path, 0)))
    if not replays:
        raise ConfigError(Problem(file=str(folder.path), message="no `.npz` files"))
    return replays


def read_vectors(path: Path) -> Vectors:
    """Read a file.

    Raises
    ------
    ConfigError
        If arrays are missing or do not fit each other.
    """
    arrays = read_arrays(path, _ARRAYS)
    constants = arrays["scalars"]
    if constants[4] != round(float(constants[4])) or not 0 <= constants[4] <= 255:
        raise ConfigError(Problem(str(path), path="scalars[4]", message=f"{constants[4]} is no number of time steps"))
    together = {"B", "grad_in_B", "grad_rec_B"}
    missing = together - arrays.keys()
    if missing and missing != together:
        raise ConfigError(Problem(str(path), path=min(missing), message="missing beside its companions"))
    return Vectors(arrays)


def _replay(path: Path, bits: int, engine: str) -> CaseReport:
    name = f"{path.stem}.float{bits}" if bits else f"{path.stem}.bptt"
    try:
        vectors = read_vectors(path)
        if not bits and "bptt_in" not in vectors.arrays:
            return CaseReport(name, "reference", (), skipped="the file has no gradients of back-propagation")
        found = _on_core(vectors, bits) if bits else _by_reference(vectors)
    except ConfigError as error:
        return CaseReport(name, engine, (), error=str(error.problems[0]))
    tolerance = TOLERANCES[bits or 64]
    differences = {what: _difference(what, values, vectors[what]) for what, values in found.items()}
    checks = [_check(what, difference, tolerance, vectors[what]) for what, difference in differences.items()]
    worst = max(differences, key=lambda what: float(differences[what].max(initial=0)))
    note = f"largest difference {differences[worst].max(initial=0):.1e} of the largest value, in {worst}"
    return CaseReport(name, engine if bits else "reference", tuple(checks), (note,))


def _on_core(vectors: Vectors, bits: int) -> dict[str, NDArray[Any]]:
    """States and gradients of the tick-driven core."""
    samples = vectors.samples()
    found: dict[str, NDArray[Any]] = {}
    for feedback, suffix in (("symmetric", ""), ("random", "_B")):
        if suffix and "B" not in vectors.arrays:
            continue
        core = vectors.core(bits, feedback)
        before = {name: weights.astype(np.float64) for name, weights in core.weights().items()}
        states = record_states(core, samples)
        gradients = {name: (before[name] - weights).T for name, weights in core.weights().items()}
        if not suffix:
            found |= {name: states[word][:-1] for name, word in _STATES.items()}
            found["grad_out"] = gradients["wout"]
        found |= {f"grad_in{suffix}": gradients["winp"], f"grad_rec{suffix}": gradients["wrec"]}
    return found


def _by_reference(vectors: Vectors) -> dict[str, NDArray[Any]]:
    network = vectors.network()
    states = run(network, vectors["x"].astype(np.float64), vectors["target"].astype(np.float64))
    gradients = bptt(network, states)
    return {"z": states.z, "bptt_in": gradients.w_in, "bptt_rec": gradients.w_rec, "grad_out": gradients.w_out}


def _difference(what: str, found: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.float64]:
    """Differences in units of the largest expected value; the weight of a neuron onto itself does not count."""
    counted = ~np.eye(len(expected), dtype=np.bool_) if "_rec" in what else np.ones(expected.shape, np.bool_)
    scale = float(np.abs(expected[counted]).max(initial=0)) or 1.0
    difference = counted * np.abs(found.astype(np.float64) - expected) / scale
    return np.asarray(np.where(np.isfinite(difference), difference, np.inf), np.float64)


def _check(what: str, difference: NDArray[np.float64], tolerance: float, expected: NDArray[Any]) -> Check:
    wrong = np.argwhere(difference > (0 if what == "z" else tolerance))
    first = ""
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        first = f"{list(at)}: {difference[at]:.1e} of the largest value off {expected[at]:.6g}, limit {tolerance:g}"
    return Check(what, int(expected.size), len(wrong), first)
