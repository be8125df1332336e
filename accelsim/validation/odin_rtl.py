"""Golden cases of kinds `odin-rtl` and `tinyodin-rtl`: recordings of the open RTL of event-driven cores.

A case gives memories, configuration and stimulus; compared are handshake edges, the control's timeline, memory
accesses, queue operations, spikes, output packets, and every changed word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Architecture, Core
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.odin import state as odin
from accelsim.controllers.tinyodin import state as tinyodin
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.event_driven import EventDrivenEngine, Timeline, phase_table
from accelsim.engine.event_loop import FALLING, WAITING
from accelsim.engine.event_reference import EventDrivenReference
from accelsim.engine.program import lower
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.mapping.placement import place
from accelsim.validation.runner import CaseReport, Check, Folder, Replay, equal

Arrays = dict[str, NDArray[Any]]
MAIN_QUEUE = 0
NEURONS, SYNAPSES = 0, 1
INPUTS = ("in_req_up", "in_ack_up", "in_req_down", "in_ack_down", "in_svc_start", "in_svc_len", "in_done")


@dataclass(frozen=True)
class Family:
    """What differs between the two chips' recordings."""

    architecture: str
    chip: str
    codes: dict[int, int]
    """State code of the recording by phase number."""
    specs: tuple[ArraySpec, ...]
    neurons: Callable[[Arrays, dict[str, Any]], int]
    """Neurons swept."""
    state: Callable[[Core, Arrays, dict[str, Any], int], Any]
    memory: Callable[[Any, Timeline, int, Arrays], Iterator[Check]]
    """Changed words and final memories."""


def _odin_state(core: Core, arrays: Arrays, config: dict[str, Any], neurons: int) -> Any:
    state = odin.allocate(core, neurons)
    words = arrays["neuron_mem_init"].astype(np.uint64)
    state.low[:] = words[:, 0] | words[:, 1] << np.uint64(32)
    state.high[:] = words[:, 2] | words[:, 3] << np.uint64(32)
    state.synapses[:] = arrays["synapse_mem_init"].astype(np.uint64)
    state.up[:], state.down[:] = arrays["v_up_init"], arrays["v_down_init"]
    state.sign[:] = config["syn_sign"]
    names = ("open_loop", "burst_timeref", "src_ctrl", "mon_en", "mon_neur", "mon_syn", "upd_unmapped", "prop_unmapped")
    slot = arrays["burst_priority_init"]
    state.config[:] = [*(config[name] for name in names), config["sdsp_syn"], int(slot[0]), int(slot[1])]
    return state


def _odin_memory(state: Any, timeline: Timeline, horizon: int, arrays: Arrays) -> Iterator[Check]:
    changed = timeline.writes[timeline.writes[:, 1] == NEURONS]
    yield equal("nw_cycle", changed[:, 0], arrays["nw_cycle"])
    yield equal("nw_neuron", changed[:, 2], arrays["nw_neuron"])
    yield equal("nw_state", changed[:, 4], arrays["nw_state"].view(np.int64))
    learned = timeline.writes[timeline.writes[:, 1] == SYNAPSES]
    for column, name in enumerate(("sw_cycle", "", "sw_word", "sw_old", "sw_new")):
        if name:
            yield equal(name, learned[:, column], arrays[name])
    bursts = timeline.fifo[timeline.fifo[:, 4] != MAIN_QUEUE]
    if "burst_cycle" in arrays:
        yield equal("burst_cycle", bursts[:, 0], arrays["burst_cycle"])
        yield equal("burst_op", bursts[:, 1] - 5, arrays["burst_op"])
        yield equal("burst_idx", bursts[:, 4] - 1, arrays["burst_idx"])
        yield equal("burst_data", bursts[:, 2], arrays["burst_data"])
    for row in changed[::-1]:  # the recording's memories end a cycle before the run
        if row[0] > horizon - 2:
            state.high[row[2]] = np.int64(row[3]).view(np.uint64)
    final = arrays["neuron_mem_final"].astype(np.uint64)
    expected = final[:, 2] | final[:, 3] << np.uint64(32)
    yield equal("neuron words at the end", state.high.view(np.int64), expected.view(np.int64))
    for row in learned[::-1]:
        if row[0] > horizon - 2:
            state.synapses[row[2]] = row[3]
    kept = arrays["synapse_mem_final"] if arrays["synapse_mem_final"].size else arrays["synapse_mem_init"]
    yield equal("synapse words at the end", state.synapses, kept)
    yield equal("up flags at the end", state.up, arrays["v_up_final"])
    yield equal("down flags at the end", state.down, arrays["v_down_final"])


def _tinyodin_state(core: Core, arrays: Arrays, config: dict[str, Any], neurons: int) -> Any:
    state = tinyodin.allocate(core, neurons)
    state.neurons[:] = arrays["neuron_mem_init"]
    state.synapses[:] = arrays["synapse_mem_init"].astype(np.uint64)
    state.config[:] = [config["open_loop"], config["src_ctrl"]]
    return state


def _tinyodin_memory(state: Any, timeline: Timeline, horizon: int, arrays: Arrays) -> Iterator[Check]:
    changed = timeline.writes
    core = changed[:, 4] & 0xFFF
    yield equal("nw_cycle", changed[:, 0], arrays["nw_cycle"])
    yield equal("nw_neuron", changed[:, 2], arrays["nw_neuron"])
    yield equal("nw_core", core - (core >> 11 << 12), arrays["nw_core"])
    for row in changed[::-1]:
        if row[0] > horizon - 2:
            state.neurons[row[2]] = row[3]
    yield equal("neuron words at the end", state.neurons, arrays["neuron_mem_final"])


def _specs(*, odin: bool) -> tuple[ArraySpec, ...]:
    """Arrays that both recordings hold, and those of one."""
    series = {
        "fsm": ("start", "state", "len", "busy", "neur_rd", "neur_wr", "syn_rd", "syn_wr", "sched_data"),
        "fifo": ("cycle", "op", "data", "occ"),
        "spk": ("cycle", "neuron", "code", "accepted"),
        "out": ("req_up", "ack_up", "req_down", "ack_down", "addr"),
        "nw": ("cycle", "neuron", "state" if odin else "core"),
    }
    if odin:
        series |= {"sw": ("cycle", "word", "old", "new")}
    specs = [ArraySpec(f"{group}_{name}", "int", (group,)) for group, names in series.items() for name in names]
    specs += [ArraySpec(name, "int", ("finished",)) for name in INPUTS]
    specs += [ArraySpec(name, "int", ("events",), low=0) for name in ("stim_t", "stim_addr")]
    specs += [ArraySpec("handshake", "int", (4,), low=0), ArraySpec("total_cycles", "int", (), low=1)]
    specs += [ArraySpec("synapse_mem_init", "int", (8192,))]
    specs += [ArraySpec("synapse_mem_final", "int", ("changed synapse words",))]
    shape = (256, 4) if odin else (256,)
    specs += [ArraySpec(name, "int", shape) for name in ("neuron_mem_init", "neuron_mem_final")]
    if odin:
        flags = ("v_up_init", "v_down_init", "v_up_final", "v_down_final")
        specs += [ArraySpec(name, "int", (256,), low=0, high=1) for name in flags]
        specs += [ArraySpec("burst_priority_init", "int", (2,), low=0)]
        specs += [
            ArraySpec(f"burst_{name}", "int", ("burst",), required=False) for name in ("cycle", "op", "idx", "data")
        ]
    return tuple(specs)


FAMILIES = {
    "odin-rtl": Family(
        "odin",
        "accelsim.controllers.odin.events",
        dict(zip([WAITING, FALLING, *range(8)], [0, 12, 5, 5, 6, 6, 7, 8, 9, 10], strict=True)),
        _specs(odin=True),
        lambda arrays, config: 256,
        _odin_state,
        _odin_memory,
    ),
    "tinyodin-rtl": Family(
        "tinyodin",
        "accelsim.controllers.tinyodin.events",
        dict(zip([WAITING, FALLING, *range(6)], [0, 11, 5, 5, 6, 7, 8, 9], strict=True)),
        _specs(odin=False),
        lambda arrays, config: int(config["max_neur"]) + 1,
        _tinyodin_state,
        _tinyodin_memory,
    ),
}


def cases(folder: Folder) -> list[Replay]:
    """Every case of the folder's index."""
    family = FAMILIES[folder.golden.kind]
    index = folder.json_index()
    replays = []
    for name, entry in index.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            message = "a case needs the name of its `file`"
            raise ConfigError(Problem(file=str(folder.path / (folder.golden.index or "")), path=name, message=message))
        replays.append(Replay(name, partial(_replay, folder, family, name, entry["file"])))
    return replays


def _replay(folder: Folder, family: Family, name: str, file: str, engine: str) -> CaseReport:
    path = folder.path / file
    if not path.exists() and file in folder.golden.third_party:
        return CaseReport(name, engine, (), skipped=f"third-party data file {file} is not here")
    try:
        checks = tuple(_checks(path, family, engine))
    except ConfigError as error:
        return CaseReport(name, engine, (), error=str(error.problems[0]))
    return CaseReport(name, engine, checks)


def _config(path: Path) -> dict[str, Any]:
    """Configuration registers of a case."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            config = json.loads(str(arrays["config_json"]))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(Problem(file=str(path), path="config_json", message=f"cannot be read: {error}")) from None
    if not isinstance(config, dict):
        raise ConfigError(Problem(file=str(path), path="config_json", message="expected registers by name"))
    return config


def _checks(path: Path, family: Family, engine: str) -> Iterator[Check]:
    arrays = read_arrays(path, family.specs)
    config = _config(path)
    document = load_document(family.architecture, "architecture")
    architecture = validate(document, Architecture)
    neurons = family.neurons(arrays, config)
    placement = place(architecture, {"recurrent": neurons}, document)
    chip = import_module(family.chip)
    try:
        state = family.state(architecture.core, arrays, config, neurons)
    except KeyError as error:
        raise ConfigError(Problem(file=str(path), path="config_json", message=f"no register {error}")) from None
    falling, gap, rise, fall = (int(value) for value in arrays["handshake"])
    handshake = (falling, gap, rise, fall)
    horizon = int(arrays["total_cycles"])
    stimulus = np.stack([arrays["stim_t"], arrays["stim_addr"]], axis=1).astype(np.int64)
    if engine == "simpy":
        reference = EventDrivenReference(architecture, placement, chip.PHASES, chip, state, handshake)
        timeline = reference.run(stimulus, horizon)
    else:
        table = phase_table(lower(architecture, placement, Vocabulary((), {}, ()), document), chip.PHASES)
        compiled = EventDrivenEngine(architecture.core, table, family.chip, state, handshake)
        timeline = compiled.run(stimulus, horizon, rows=horizon // 2 + 1000)
    yield from _timeline_checks(timeline, family, arrays, handshake)
    yield from family.memory(state, timeline, horizon, arrays)


def _timeline_checks(
    timeline: Timeline, family: Family, arrays: Arrays, handshake: tuple[int, int, int, int]
) -> Iterator[Check]:
    segments = timeline.segments
    yield equal("fsm_state", [family.codes[int(phase)] for phase in segments[:, 1]], arrays["fsm_state"])
    columns = {"start": 0, "len": 2, "busy": 3, "sched_data": 4, "neur_rd": 5, "neur_wr": 6, "syn_rd": 7, "syn_wr": 8}
    for name, column in columns.items():
        yield equal(f"fsm_{name}", segments[:, column], arrays[f"fsm_{name}"])
    for column, name in enumerate(INPUTS):
        yield equal(name, timeline.inputs[:, column], arrays[name])
    main = timeline.fifo[timeline.fifo[:, 4] == MAIN_QUEUE]
    for column, name in enumerate(("fifo_cycle", "fifo_op", "fifo_data", "fifo_occ")):
        yield equal(name, main[:, column], arrays[name])
    for column, name in enumerate(("spk_cycle", "spk_neuron", "spk_code", "spk_accepted")):
        yield equal(name, timeline.spikes[:, column], arrays[name])
    # A packet still on its way when the run ends is not in the recording.
    _, _, rise, fall = handshake
    completed = timeline.outputs[timeline.outputs[:, 0] + rise + 3 + fall < int(arrays["total_cycles"])]
    up = completed[:, 0]
    yield equal("out_req_up", up, arrays["out_req_up"])
    yield equal("out_ack_up", up + rise, arrays["out_ack_up"])
    yield equal("out_req_down", up + rise + 3, arrays["out_req_down"])
    yield equal("out_ack_down", up + rise + 3 + fall, arrays["out_ack_down"])
    yield equal("out_addr", completed[:, 1], arrays["out_addr"])
