"""Event-driven cores: a controller decides at run time, its phases are the loop nests of the phase table.

The chip's `decide`, `wake`, `begin` and `work` are put together with the event loop in one generated module, so that
numba compiles them as one, and finds the result again in the next process.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.controllers.emissions import OUT_SIZE
from accelsim.engine import event_loop
from accelsim.engine.program import Node, Program

INPUT_COLUMNS = ("req_up", "ack_up", "req_down", "ack_down", "svc_start", "svc_len", "done")


@dataclass(frozen=True)
class PhaseTable:
    """Phases of an event-driven core as arrays (see :func:`accelsim.engine.event_loop.execute`)."""

    names: tuple[str, ...]
    phases: NDArray[np.int64]
    accesses: NDArray[np.int64]
    memories: tuple[str, ...]


@dataclass
class Timeline:
    """What happened up to a cycle; every record is cut to the rows in use.

    Attributes
    ----------
    segments : int64 array, (segments, 5 + 2 * memories)
        Start, phase (-1 waiting, -2 request falling), length, cycles with the output link busy, scheduler head at the
        start, then reads and writes of each memory.
    inputs : int64 array, (events finished, 7): columns :data:`INPUT_COLUMNS`
    fifo : int64 array, (operations, 5): cycle, operation, entry, occupancy of queue 0 afterwards, queue
    spikes : int64 array, (spikes, 4): cycle, neuron, code, whether it entered queue 0
    outputs : int64 array, (packets, 2): cycle of the request, word
    writes : int64 array, (changed words, 5): cycle, memory, address, old and new content
    """

    segments: NDArray[np.int64]
    inputs: NDArray[np.int64]
    fifo: NDArray[np.int64]
    spikes: NDArray[np.int64]
    outputs: NDArray[np.int64]
    writes: NDArray[np.int64]


def phase_table(program: Program, names: tuple[str, ...]) -> PhaseTable:
    """Phases by the controller's numbers.

    Raises
    ------
    ValueError
        If a phase is no single nest of steps, or misses.
    """
    core = program.core
    memories = tuple(core.memories)
    roots = {root.phase: root for root in program.roots}
    rows: list[list[int]] = []
    accesses: list[NDArray[np.int64]] = []
    filled = 0
    for name in names:
        root = roots.get(name)
        if root is None or root.timing is None:
            raise ValueError(f"phase `{name}` must be one nest of steps")
        phase = core.phases[name]
        table = _accesses(root, memories)
        work_at = root.timing.offsets[-1]
        following = names.index(phase.then) if phase.then is not None else -1
        rows.append(
            [
                len(table),
                root.timing.interval,
                work_at,
                int(phase.acknowledge),
                following,
                int(phase.until_free),
                filled,
            ]
        )
        accesses.append(table)
        filled += len(table)
    each = np.concatenate(accesses)
    sums = np.concatenate([np.zeros((1, each.shape[1]), np.int64), np.cumsum(each, axis=0)])
    return PhaseTable(names, np.array(rows, np.int64), sums, memories)


def _accesses(leaf: Node, memories: tuple[str, ...]) -> NDArray[np.int64]:
    """Accesses of every iteration of a nest: per memory the reads of the first step, later reads, writes."""
    sizes = tuple(span.size for span in leaf.loops)
    iterations = prod(sizes)
    indices = np.indices(sizes).reshape(len(sizes), iterations)
    table = np.zeros((iterations, 3 * len(memories)), np.int64)
    for action in leaf.actions:
        if action.kind == "run":
            continue
        column = 3 * memories.index(action.target) + (2 if action.kind == "write" else int(action.step > 0))
        often = action.table[tuple(indices[depth] for depth in action.loops)] if action.loops else action.table
        table[:, column] += often
    return table


def allocate_queues(core: Core) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Storage (2, queues, depth) and state (queues, 3) of the queues of a core, in the order of its description."""
    depths = [queue.depth for queue in core.queues.values() for _ in range(queue.count)]
    state = np.zeros((len(depths), 3), np.int64)
    state[:, event_loop.DEPTH] = depths
    storage = np.zeros((2, len(depths), max(depths)), np.int64)
    storage[1] = -1
    return storage, state


@cache
def loop_module(chip: str) -> ModuleType:
    """The event loop with the functions of the chip whose module is named."""
    from accelsim.datapath.compile import package_cache
    from accelsim.datapath.generate import load_generated

    source = inspect.getsource(event_loop)
    start = source.index("def decide(")
    stop = source.index("wake = begin = work = decide\n") + len("wake = begin = work = decide\n")
    own = f"# {package_cache().name}\nfrom {chip} import begin, decide, wake, work\n"
    text = source[:start] + own + source[stop:]
    return load_generated(f"events_{chip.rsplit('.', 2)[-2]}", text.replace("from __future__ import annotations\n", ""))


class EventDrivenEngine:
    """The compiled engine of an event-driven core; it keeps its state from call to call.

    Parameters
    ----------
    core : Core
    table : PhaseTable
    chip : str
        Module with `decide`, `wake`, `begin`, `work`.
    state : the chip's state, as its functions take it
    handshake : falling delay and gap of the sender, rise and fall delays of the receiver, in cycles
    """

    def __init__(
        self, core: Core, table: PhaseTable, chip: str, state: Any, handshake: tuple[int, int, int, int]
    ) -> None:
        assert core.links is not None
        self.table = table
        self.module = loop_module(chip)
        self.state = state
        self.queue, self.queue_state = allocate_queues(core)
        self.handshake = np.array([*handshake, core.links.synchroniser, core.links.output_cycles], np.int64)
        self.clock = np.zeros(7, np.int64)
        self.operands = np.zeros(16, np.int64)
        self.out = np.zeros(OUT_SIZE, np.int64)

    def run(self, stimulus: NDArray[np.int64], horizon: int, rows: int) -> Timeline:
        """Run a stimulus up to a cycle.

        Parameters
        ----------
        stimulus : int64 array, (events, 2): earliest cycle of the request, word; in order
        horizon : int
            Last cycle, exclusive.
        rows : int
            Room of each record.
        """
        if len(stimulus):
            self.clock[event_loop.REQUEST_UP] = max(int(stimulus[0, 0]), 1)
        segments = np.zeros((rows, 5 + 2 * len(self.table.memories)), np.int64)
        inputs = np.full((len(stimulus), 7), -1, np.int64)
        fifo, spikes, outputs, writes = (np.zeros((rows, 5), np.int64) for _ in range(4))
        used = np.zeros(6, np.int64)
        self.module.execute(
            horizon, self.table.phases, self.table.accesses, self.handshake, stimulus, self.state, self.queue,
            self.queue_state, self.clock, self.operands, self.out, used, segments, inputs, fifo, spikes, outputs,
            writes,
        )  # fmt: skip
        if used.max() > rows:
            raise MemoryError(f"a record needs {used.max()} rows, not {rows}")
        return Timeline(
            segments[: used[event_loop.SEGMENTS]],
            inputs[: used[event_loop.INPUTS]],
            fifo[: used[event_loop.FIFO]],
            spikes[: used[event_loop.SPIKES], :4],
            outputs[: used[event_loop.OUTPUTS], :2],
            writes[: used[event_loop.WRITES]],
        )
