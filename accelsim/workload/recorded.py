"""Samples recorded in an `.npz` file.

Arrays (n events, S samples, K time steps of all samples, O outputs):

==================  ===============  ===================================================================
array               shape            meaning
==================  ===============  ===================================================================
events              (n, 3) int       sample, tick in the sample, input address, in order of delivery
sample_len          (S,) int         ticks of each sample
sample_label        (S,) int         class
sample_label_tick   (S,) int         tick before which the label is handed over; -1 on request (optional)
sample_do_eprop     (S,) int         0: inference, else learning (optional: learning where a target is valid)
target_valid        (K,) int         target may be learnt from in this tick (optional)
infer_acc           (K,) int         readout counts in this tick (optional)
reg_targets         (K, O) int       regression targets (optional)
sample_task_end     (S,) int         1: a task ends with the sample (optional)
plastic             (K,) number      factor that makes the whole core plastic, for rules that ask for it (optional)
==================  ===============  ===================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.samples import Samples
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.workload.schema import Recorded

MAX_TICKS = 100_000_000
"""Of a recording: some arrays of that length are held in memory."""
_INT32 = 2**31 - 1


def read_recorded(task: Recorded, network: Mapping[str, int], document: Document | None = None) -> Samples:
    """Read a recording for a network.

    Raises
    ------
    ConfigError
        If the file cannot be read or its arrays contradict each other or the network.
    """
    path = Path(task.path)
    if not path.is_absolute() and document is not None and document.file:
        path = Path(document.file).parent / path
    return samples_from(path, network)


def samples_from(path: Path, network: Mapping[str, int]) -> Samples:
    """Samples of a recording (see the module's description)."""
    outputs, inputs = network["output"], network["input"]
    arrays = read_arrays(
        path,
        [
            ArraySpec("events", "int", ("n", 3), low=0, high=_INT32),
            ArraySpec("sample_len", "int", ("samples",), low=1, high=MAX_TICKS),
            ArraySpec("sample_label", "int", ("samples",), low=0, high=_INT32),
            ArraySpec("sample_label_tick", "int", ("samples",), required=False, low=-1, high=_INT32),
            ArraySpec("sample_do_eprop", "int", ("samples",), required=False, low=0, high=7),
            ArraySpec("target_valid", "int", ("ticks",), required=False, low=0, high=1),
            ArraySpec("infer_acc", "int", ("ticks",), required=False, low=0, high=1),
            ArraySpec("reg_targets", "int", ("ticks", outputs), required=False, low=-32768, high=32767),
            ArraySpec("sample_task_end", "int", ("samples",), required=False, low=0, high=1),
            ArraySpec("plastic", "number", ("ticks",), required=False, low=-1e6, high=1e6),
        ],
    )
    length = arrays["sample_len"].astype(np.int64)
    samples, ticks = length.size, int(length.sum())
    if not 0 < ticks <= MAX_TICKS:
        message = f"adds up to {ticks} ticks; expected 1 to {MAX_TICKS}"
        raise ConfigError(Problem(file=str(path), path="sample_len", message=message))
    start = np.cumsum(length) - length
    events = arrays["events"].astype(np.int64)
    problems = []

    def problem(where: str, message: str) -> None:
        problems.append(Problem(file=str(path), path=where, message=message))

    for name in ("target_valid", "infer_acc", "reg_targets", "plastic"):
        if name in arrays and arrays[name].shape[0] != ticks:
            problem(name, f"{arrays[name].shape[0]} rows, but `sample_len` adds up to {ticks} ticks")
    for i in np.flatnonzero(events[:, 0] >= samples)[:1]:
        problem(f"events[{i}]", f"sample {events[i, 0]} of {samples}")
    known = events[:, 0] < samples
    for i in np.flatnonzero(known & (events[:, 1] >= length[np.minimum(events[:, 0], samples - 1)]))[:1]:
        problem(f"events[{i}]", f"tick {events[i, 1]} of a sample of {length[events[i, 0]]} ticks")
    for i in np.flatnonzero(events[:, 2] >= inputs)[:1]:
        problem(f"events[{i}]", f"address {events[i, 2]}, but the network has {inputs} inputs")
    late = arrays.get("sample_label_tick", np.full(samples, -1)) >= length
    for i in np.flatnonzero(late)[:1]:
        message = f"tick {arrays['sample_label_tick'][i]} of a sample of {length[i]} ticks"
        problem(f"sample_label_tick[{i}]", message)
    for i in np.flatnonzero(arrays["sample_label"] >= max(outputs, 1))[:1]:
        if "reg_targets" not in arrays:
            problem(f"sample_label[{i}]", f"class {arrays['sample_label'][i]}, but the network has {outputs} outputs")
    if problems:
        raise ConfigError(problems)

    tick = start[events[:, 0]] + events[:, 1]
    order = np.argsort(tick, kind="stable")
    valid = arrays.get("target_valid", np.zeros(ticks)).astype(np.uint8)
    if "sample_do_eprop" in arrays:
        training = arrays["sample_do_eprop"] > 0
    else:
        training = np.add.reduceat(valid, start) > 0
    return Samples(
        length=length.astype(np.int32),
        event_tick=tick[order],
        event_address=events[order, 2].astype(np.int32),
        label=arrays["sample_label"].astype(np.int32),
        label_tick=arrays.get("sample_label_tick", np.full(samples, -1)).astype(np.int32),
        target_valid=valid,
        infer=arrays.get("infer_acc", np.zeros(ticks)).astype(np.uint8),
        targets=arrays["reg_targets"].astype(np.int32) if "reg_targets" in arrays else np.zeros((0, 0), np.int32),
        training=training,
        task_end=arrays["sample_task_end"] > 0 if "sample_task_end" in arrays else None,
        plastic=arrays["plastic"].astype(np.float64) if "plastic" in arrays else None,
    )
