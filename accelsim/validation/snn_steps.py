"""Golden cases of kind `snn-chip-steps`: networks on a barrier-synchronised chip, predicted step by step.

A case is a folder with `case.yaml` (chip and totals), `network.npz` (network and mapping, see
`accelsim.workload.network`) and `expected.npz`.  Compared are the spikes, the counts, the potentials and the messages
in sending order, all exactly; energies and the analytical time of each step to 1e-9; simulated times in total.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.stepped.chunk import StepChunk
from accelsim.controllers.stepped.function import Routers, SteppedNetwork
from accelsim.controllers.stepped.network import NetworkData
from accelsim.engine.stepped.bound import energies_pj, work
from accelsim.engine.stepped.messages import TimedMessages, timed
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.validation.runner import CaseReport, Check, Folder, Replay, equal
from accelsim.validation.snn_case import TICK_S, Case
from accelsim.validation.snn_times import reference_checks, time_checks
from accelsim.workload.network import read_mapping, read_network
from accelsim.workload.network_graphs import connect, conv2d, dense

Arrays = dict[str, NDArray[Any]]

TOLERANCE = 1e-9
MODELS = {"leaky_integrate_fire": "lif", "truenorth": "truenorth"}
COUNTS = ("fired", "updated", "synops", "messages", "hops")
ENERGIES = ("synapse", "dendrite", "soma", "network", "total")
GESTURE_DATA = "dvs_challenge.npz"
"""Weights and input of the case `dvs_gesture`, which has no `network.npz`."""


@dataclass(frozen=True, eq=False)
class Replayed:
    """A case that has been run: what every comparison looks at."""

    case: Case
    core: NDArray[np.integer]
    inputs: int
    chunk: StepChunk
    expected: Arrays

    def timed(self) -> TimedMessages:
        """The messages with their durations."""
        assert self.chunk.messages is not None
        return timed(self.chunk.messages, self.case.architecture.costs())


def cases(folder: Folder) -> list[Replay]:
    """Every subfolder with a `case.yaml`."""
    paths = sorted(folder.path.glob("*/case.yaml"))
    return [Replay(path.parent.name, partial(_replay, folder, path.parent)) for path in paths]


def _replay(folder: Folder, path: Path, engine: str) -> CaseReport:
    for file in folder.golden.third_party:
        if (folder.path / file).parent == path and not (folder.path / file).exists():
            return CaseReport(path.name, engine, (), skipped=f"third-party data file {file} is not here")
    try:
        run = replay(path)
        times = list(time_checks(path.name, run.case.architecture, run.timed(), run.core, run.expected))
        checks = (*_function_checks(run), *_cost_checks(run), *(check for check, _ in times))
        if engine == "simpy":
            checks += tuple(reference_checks(run.case.architecture, run.timed(), run.core))
    except ConfigError as error:
        return CaseReport(path.name, engine, (), error=str(error.problems[0]))
    return CaseReport(path.name, engine, checks, tuple(note for _, note in times))


def replay(path: Path) -> Replayed:
    """Run a case, all its steps.

    Raises
    ------
    ConfigError
        If the case's files cannot be read or contradict each other.
    """
    case = validate(load_document(path / "case.yaml", "case"), Case)
    grid, model = case.architecture.grid(), MODELS[case.neuron_model]
    expected = read_arrays(path / "expected.npz", _specs(case.steps))
    stored = path / "network.npz"
    network = read_network(stored, model) if stored.exists() else _gesture_network(path)
    if (network.n, network.synapses) != (case.neurons, case.synapses):
        found = f"{network.n} neurons and {network.synapses} synapses, not {case.neurons} and {case.synapses}"
        raise ConfigError(Problem(file=str(path), message=f"the network has {found}"))
    core, order = read_mapping(stored if stored.exists() else path / "expected.npz", network.n, grid.cores)
    x, y = grid.mesh.positions
    function = SteppedNetwork.build(network, core, model, Routers(x, y), order)
    chunk = function.run(case.steps, probes=expected.get("v_neuron", ()))
    return Replayed(case, core, network.inputs.size, chunk, expected)


def _function_checks(run: Replayed) -> Iterator[Check]:
    """What the network did, exactly."""
    chunk, expected = run.chunk, run.expected
    found = {
        "fired": chunk.fired,
        "updated": chunk.updated,
        "synops": chunk.synops,
        "messages": chunk.messages_sent,
        "hops": chunk.hops,
    }
    for name in COUNTS:
        if name in expected:
            yield equal(name, found[name], expected[name])
        yield equal(f"total of {name}", found[name].sum(), getattr(run.case.totals, name))
    step = np.repeat(np.arange(chunk.steps), np.diff(chunk.spike_start))
    by_id, as_recorded = (
        np.lexsort((neuron, when))
        for neuron, when in ((chunk.spike_neuron, step), (expected["spike_neuron"], expected["spike_step"]))
    )
    yield equal("spike_step", step[by_id], expected["spike_step"][as_recorded])
    yield equal("spike_neuron", chunk.spike_neuron[by_id], expected["spike_neuron"][as_recorded])
    if "v" in expected:
        yield close("v", chunk.potentials, expected["v"], 0.0)
    yield from _message_checks(run)


def _message_checks(run: Replayed) -> Iterator[Check]:
    """Messages of the first steps, in sending order; markers of work that takes no time are not recorded."""
    messages, durations, expected = run.chunk.messages, run.timed(), run.expected
    assert messages is not None
    kept = int(expected["msg_step"].max(initial=-1)) + 1
    kept = int(expected["msg_steps_kept"][0]) if "msg_steps_kept" in expected else kept
    chosen = np.flatnonzero((messages.destination_core >= 0) | (durations.gen > 0))
    chosen = chosen[chosen < messages.step_start[min(kept, run.chunk.steps)]]
    sent = messages.destination_core[chosen] >= 0
    yield equal("msg_src_core", messages.source_core[chosen], expected["msg_src_core"])
    yield equal("msg_dst_core", messages.destination_core[chosen], expected["msg_dst_core"])
    yield equal("msg_synops", messages.synops[chosen], expected["msg_synops"])
    really = expected["msg_dst_core"] >= 0
    yield equal("msg_src", messages.neuron[chosen][sent], expected["msg_src"][really])
    yield close("msg_gen", durations.gen[chosen] * TICK_S, expected["msg_gen"], TOLERANCE)
    yield close("msg_proc", durations.proc[chosen] * TICK_S, expected["msg_proc"], TOLERANCE)


def _cost_checks(run: Replayed) -> Iterator[Check]:
    """Energy and analytical time of each step."""
    chip, expected = run.case.architecture, run.expected
    energies = energies_pj(run.chunk, chip.energies(), run.case.neurons, run.inputs)
    for name in ENERGIES:
        yield close(f"energy_{name}", energies[name] * 1e-12, expected[f"energy_{name}"], TOLERANCE)
    grid = chip.grid()
    barrier = chip.costs().barrier_ticks(grid.tiles(run.core))
    simple = (work(run.timed(), grid.cores).bound + barrier) * TICK_S
    yield close("time_simple", simple, expected["time_simple"], TOLERANCE)


def close(what: str, found: ArrayLike, expected: ArrayLike, tolerance: float) -> Check:
    """Compare floats: they may differ by `tolerance` of the expected value, at 0 not at all."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        first = f"shape {found.shape} against {expected.shape}"
        return Check(what, int(expected.size), max(int(expected.size), 1), first)
    differs = np.flatnonzero(np.abs(found - expected) > tolerance * np.abs(expected))
    first = ""
    if differs.size:
        at = np.unravel_index(int(differs[0]), expected.shape)
        first = f"[{', '.join(str(int(i)) for i in at)}]: {found[at]} against {expected[at]}"
    return Check(what, int(expected.size), int(differs.size), first)


def _specs(steps: int) -> list[ArraySpec]:
    """Arrays of `expected.npz`."""
    specs = [ArraySpec(name, "int", (steps,), required=name != "messages") for name in COUNTS]
    specs += [ArraySpec(f"energy_{name}", "float", (steps,)) for name in ENERGIES]
    specs += [ArraySpec(name, "float", (steps,)) for name in ("time_simple", "time_detailed")]
    specs += [ArraySpec("time_cycle", "float", ("timed steps",), required=False)]
    specs += [ArraySpec(name, "int", ("spikes",), low=0) for name in ("spike_step", "spike_neuron")]
    specs += [ArraySpec("v_neuron", "int", ("probes",), required=False, low=0)]
    specs += [ArraySpec("v", "float", (steps, "probes"), required=False)]
    integers = ("step", "src", "src_core", "dst_core", "synops", "hops")
    specs += [ArraySpec(f"msg_{name}", "int", ("messages",)) for name in integers]
    specs += [ArraySpec(f"msg_{name}", "float", ("messages",)) for name in ("gen", "proc")]
    return [*specs, ArraySpec("msg_steps_kept", "int", (1,), required=False, low=0)]


def _gesture_network(path: Path) -> NetworkData:
    """The network of `dvs_gesture`: a constant frame, four convolutions, one dense layer."""
    sizes = (1024, 3600, 5408, 7744, 891, 11)
    arrays = read_arrays(
        path / GESTURE_DATA,
        [
            ArraySpec("conv1", "float", (3, 3, 1, 16)),
            ArraySpec("conv2", "float", (3, 3, 16, 32)),
            ArraySpec("conv3", "float", (3, 3, 32, 64)),
            ArraySpec("conv4", "float", (3, 3, 64, 11)),
            ArraySpec("dense1", "float", (891, 11)),
            ArraySpec("thresholds", "int", (6,)),
            ArraySpec("inputs", "float", (1024,)),
        ],
    )
    edges = {
        (0, 1): conv2d(arrays["conv1"], 32, 32, stride=2),
        (1, 2): conv2d(arrays["conv2"], 15, 15),
        (2, 3): conv2d(arrays["conv3"], 13, 13),
        (3, 4): conv2d(arrays["conv4"], 11, 11),
        (4, 5): dense(arrays["dense1"]),
    }
    bias = [arrays["inputs"].astype(np.float32), *[np.float32(0)] * 5]
    return connect(sizes, edges, {"threshold": list(arrays["thresholds"]), "bias": bias})
