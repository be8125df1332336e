"""Golden cases of kind `reckon-rtl`: recordings of the open ReckOn RTL, cycle for cycle and bit for bit.

A case gives registers, initial weights and stimulus, and what the RTL did in every tick.  The chip is the shipped
architecture; its phase tables give cycles and accesses, its controller gives states, random sources and weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.loader import load_document
from accelsim.config.model import Model, PathError, PathErrors, validate
from accelsim.controllers.reckon.controller import Reckon, core_quirks, core_shape
from accelsim.controllers.reckon.registers import SIGNED_BITS, WIDTHS
from accelsim.controllers.reckon.state import allocate, decode_registers
from accelsim.controllers.reckon.ticks import VOCABULARY, Record
from accelsim.engine.choice import TickCounters
from accelsim.engine.counts import Counter
from accelsim.engine.program import lower
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.mapping.placement import place
from accelsim.validation.runner import CaseReport, Check, Folder, Replay, equal
from accelsim.workload.recorded import samples_from

STATES = {
    "c_cnt": ("count",), "c_evt": ("sweep",), "c_supp": ("supplement",), "c_step": ("step",), "c_sdone": ("classify",),
    "c_gettar": ("request",), "c_eprop": ("learn", "learn_output"), "c_send": ("send",),
}  # fmt: skip
"""Cycle counters of the recording by the states of the phase table."""
COUNTS = {"n_ev": "input_events", "n_evt": "event", "n_supp": "supplementary", "n_outz": "spike"}
PHASES = {"prop": ("propagate",), "step": ("step",), "eprop": ("learn", "learn_output")}
MEMORIES = {"neur": "neurons", "winp": "winp", "wrec": "wrec", "wout": "wout"}
KINDS = {"r": "read", "w": "write"}


class _Open(Model):
    model_config = ConfigDict(extra="ignore")


class CaseEntry(_Open):
    """One case of the index."""

    file: str
    n_inp: int = Field(gt=0, le=256)
    n_rec: int = Field(gt=0, le=256)
    n_out: int = Field(gt=0, le=16)
    event_delivery: Literal["serial", "overlapped"] = "serial"
    registers: dict[str, int]

    @model_validator(mode="after")
    def _known_registers(self) -> Self:
        problems = []
        for name, value in self.registers.items():
            if name not in WIDTHS:
                problems.append(PathError(("registers", name), f"unknown register{did_you_mean(name, WIDTHS)}"))
                continue
            # Signed fields are written over the 32-bit bus with all their sign bits.
            bits = 32 if name in SIGNED_BITS else WIDTHS[name]
            if not 0 <= value < 1 << bits:
                problems.append(PathError(("registers", name), f"{value} is not 0 to {(1 << bits) - 1}"))
        if problems:
            raise PathErrors(problems)
        return self


class Index(_Open):
    """The list of cases."""

    counter_columns: tuple[str, ...]
    access_columns: tuple[str, ...]
    cases: dict[str, CaseEntry]

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        needed = (*COUNTS, "n_rec", *STATES, "c_idle", "c_pwait", "busy", "total")
        missing = [name for name in needed if name not in self.counter_columns]
        problems = [PathError("counter_columns", f"no column {', '.join(missing)}")] if missing else []
        for i, column in enumerate(self.access_columns):
            memory, _, rest = column.partition("_")
            kind, _, phase = rest.partition("_")
            if memory not in MEMORIES or kind not in KINDS or phase not in PHASES:
                message = f"`{column}` is not <{'|'.join(MEMORIES)}>_<{'|'.join(KINDS)}>_<{'|'.join(PHASES)}>"
                problems.append(PathError(("access_columns", i), message))
        if problems:
            raise PathErrors(problems)
        return self


def cases(folder: Folder) -> list[Replay]:
    """Every case of the folder's index."""
    index = folder.index(Index, "format")
    return [Replay(name, partial(_replay, folder, index, name)) for name in index.cases]


@cache
def _chip() -> tuple[Document, Architecture]:
    document = load_document("reckon", "architecture")
    return document, validate(document, Architecture)


def _replay(folder: Folder, index: Index, name: str, engine: str) -> CaseReport:
    entry = index.cases[name]
    path = folder.path / entry.file
    if not path.exists() and entry.file in folder.golden.third_party:
        return CaseReport(name, engine, (), skipped=f"third-party data file {entry.file} is not here")
    try:
        checks = tuple(_checks(path, entry, index, engine))
    except ConfigError as error:
        return CaseReport(name, engine, (), error=str(error.problems[0]))
    return CaseReport(name, engine, checks)


def _checks(path: Path, entry: CaseEntry, index: Index, engine: str) -> Iterator[Check]:
    document, architecture = _chip()
    network = {"input": entry.n_inp, "recurrent": entry.n_rec, "output": entry.n_out}
    samples = replace(samples_from(path, network), overlapped=entry.event_delivery == "overlapped")
    expected = _read(path, entry, index, samples.ticks, len(samples))
    chip = _program(path, architecture, entry, network, expected)
    placement = place(architecture, network, document)
    do_eprop = expected.get("sample_do_eprop", samples.training * chip.registers.do_eprop)
    recorded: list[Record] = []
    activity: list[NDArray[np.int64]] = []
    tables: list[NDArray[np.int64]] = []
    sent: list[NDArray[np.uint8]] = []
    weights: dict[str, list[NDArray[np.int8]]] = {"winp": [], "wrec": [], "wout": []}
    timing = TickCounters(architecture, lower(architecture, placement, VOCABULARY, document), engine)
    for i in range(len(samples)):
        part = samples.part(i, i + 1)
        masks = range(part.ticks) if engine == "simpy" else range(0)
        outcome = chip.run_with(part, do_eprop[i : i + 1], masks=masks, states=True)
        activity.append(outcome.activity.counts)
        tables.append(timing.count(outcome.activity))
        recorded.append(outcome.record.states)
        sent.append(outcome.record.sent)
        for matrix, values in (("winp", chip.state.winp), ("wrec", chip.state.wrec), ("wout", chip.state.wout)):
            weights[matrix].append(values.copy())
    yield from _compare_counts(np.concatenate(activity), samples.first, expected, index)
    yield from _compare_timing(np.concatenate(tables), timing.counters, samples.last, expected, index)
    yield from _compare_states(recorded, expected, entry)
    yield from _compare_weights(weights, expected)
    lengths = np.array([part.size for part in sent])
    yield equal("bytes sent per sample", lengths, expected["out_bytes_len"])
    yield equal("bytes sent", np.concatenate(sent), expected["out_bytes"])


def _read(path: Path, entry: CaseEntry, index: Index, ticks: int, samples: int) -> dict[str, NDArray[Any]]:
    """Arrays of a case beside the stimulus."""
    inputs, recurrent, outputs = entry.n_inp, entry.n_rec, entry.n_out
    states = ("u_step", "ti_step", "tr_step", "to_step", "z", "u_prop", "ti_prop", "tr_prop", "to_prop")
    specs = [
        ArraySpec("neur_thr", "int", ("pairs",)),
        ArraySpec("neur_alpha_lsb", "int", ("pairs",), low=0, high=4095),
        ArraySpec("sample_do_eprop", "int", (samples,), required=False, low=0, high=7),
        ArraySpec("counters", "int", (ticks, len(index.counter_columns))),
        ArraySpec("accesses", "int", (ticks, len(index.access_columns))),
        ArraySpec("weight_updates", "int", (ticks, 3)),
        ArraySpec("lfsr", "int", (ticks, 10)),
        ArraySpec("out_bytes", "int", ("bytes",)),
        ArraySpec("out_bytes_len", "int", (samples,)),
        *(ArraySpec(name, "int", (ticks, outputs)) for name in ("out_step", "out_prop", "err")),
        *(ArraySpec(name, "int", (ticks, "neurons"), required=False) for name in states),
        *(
            ArraySpec(name, "int", (ticks, recurrent), required=False)
            for name in ("learn_sig", "pseudo_deriv", "reg_trace")
        ),
    ]
    for matrix, pre, post in (
        ("winp", inputs, "columns"),
        ("wrec", recurrent, "columns"),
        ("wout", recurrent, "lanes"),
    ):
        for when in ("init", "final"):
            specs.append(ArraySpec(f"{matrix}_{when}", "int", (pre, post), low=-128, high=127))
        specs.append(ArraySpec(f"{matrix}_after_sample", "int", (samples, pre, post), required=False))
    return read_arrays(path, specs)


def _program(
    path: Path, architecture: Architecture, entry: CaseEntry, network: dict[str, int], arrays: dict[str, NDArray[Any]]
) -> Reckon:
    """A core programmed as the case says."""
    missing = [
        name for name in WIDTHS if name not in entry.registers and not name.startswith(("NUM_", "LOCAL", "CYCLES"))
    ]
    if missing:
        raise ConfigError(Problem(file=str(path), path="registers", message=f"no value of register {missing[0]}"))
    registers = decode_registers(dict.fromkeys(WIDTHS, 0) | entry.registers)
    shape = core_shape(architecture.core, network)
    state = allocate(
        shape,
        registers,
        arrays["neur_thr"],
        arrays["neur_alpha_lsb"],
        arrays["winp_init"].astype(np.int8),
        arrays["wrec_init"].astype(np.int8),
        arrays["wout_init"].astype(np.int8),
    )
    return Reckon(shape, core_quirks(architecture.core), registers, state)


def _compare_counts(
    activity: NDArray[np.int64], first: NDArray[np.uint8], expected: dict[str, NDArray[Any]], index: Index
) -> Iterator[Check]:
    columns = index.counter_columns
    for theirs, ours in COUNTS.items():
        yield equal(theirs, activity[:, VOCABULARY.column(ours)], expected["counters"][:, columns.index(theirs)])
    fired = np.where(first, -1, activity[:, VOCABULARY.column("spikes_fired")])
    yield equal("n_rec", fired, expected["counters"][:, columns.index("n_rec")])
    updates = [VOCABULARY.column(f"{matrix}_updates") for matrix in ("winp", "wrec", "wout")]
    yield equal("weight updates", activity[:, updates], expected["weight_updates"])


def _compare_timing(
    table: NDArray[np.int64],
    counters: tuple[Counter, ...],
    last: NDArray[np.uint8],
    expected: dict[str, NDArray[Any]],
    index: Index,
) -> Iterator[Check]:
    recorded = dict(zip(index.counter_columns, expected["counters"].T.astype(np.int64), strict=True))

    def total(kind: str, targets: tuple[str, ...], phases: tuple[str, ...] | None = None) -> NDArray[np.int64]:
        chosen = [
            i
            for i, c in enumerate(counters)
            if c.kind == kind and c.target in targets and (phases is None or c.phase in phases)
        ]
        return table[:, chosen].sum(axis=1)

    for name, states in STATES.items():
        yield equal(f"cycles {name}", total("cycles", states), recorded[name])
    busy = sum((total("cycles", states) for states in STATES.values()), np.zeros(len(table), np.int64))
    yield equal("busy", busy, recorded["busy"])
    # The recording counts the time before a tick with the tick before it.
    delivery = total("cycles", ("deliver",))
    waited = np.where(last, 1, np.append(delivery[1:], 0))
    yield equal("cycles c_idle + c_pwait", waited, recorded["c_idle"] + recorded["c_pwait"])
    yield equal("total", busy + waited, recorded["total"])
    for i, column in enumerate(index.access_columns):
        memory, kind, phase = column.split("_")
        found = total(KINDS[kind], (MEMORIES[memory],), PHASES[phase])
        yield equal(f"accesses {column}", found, expected["accesses"][:, i])


def _compare_states(records: list[Record], expected: dict[str, NDArray[Any]], entry: CaseEntry) -> Iterator[Check]:
    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(record, name) for record in records])

    yield equal("out_step", joined("y_step"), expected["out_step"])
    yield equal("out_prop", joined("y_prop"), expected["out_prop"])
    yield equal("err", joined("error"), expected["err"])
    yield equal("lfsr", joined("lfsr"), expected["lfsr"])
    if "u_step" in expected:
        neurons = expected["u_step"].shape[1]
        step, prop = joined("step_states"), joined("prop_states")
        for i, name in enumerate(("u_step", "ti_step", "tr_step", "to_step", "z")):
            yield equal(name, step[:, i, :neurons], expected[name])
        for i, name in enumerate(("u_prop", "ti_prop", "tr_prop", "to_prop")):
            yield equal(name, prop[:, i, :neurons], expected[name])
    if "learn_sig" in expected:
        signals = joined("eprop")
        for i, name in enumerate(("learn_sig", "pseudo_deriv", "reg_trace")):
            yield equal(name, signals[:, i, : entry.n_rec], expected[name])


def _compare_weights(weights: dict[str, list[NDArray[np.int8]]], expected: dict[str, NDArray[Any]]) -> Iterator[Check]:
    for matrix, after in weights.items():
        final = expected[f"{matrix}_final"]
        rows, columns = final.shape
        yield equal(f"{matrix} final", after[-1][:rows, :columns], final)
        if f"{matrix}_after_sample" in expected:
            found = np.stack([values[:rows, :columns] for values in after])
            yield equal(f"{matrix} after each sample", found, expected[f"{matrix}_after_sample"])
