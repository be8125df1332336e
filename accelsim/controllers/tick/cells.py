"""What the loop of a tick-driven core does where its memories are not ideal; in place of empty functions."""

from __future__ import annotations

from typing import Any

from numba import uint64

from accelsim.devices.kernels import add_read_noise, age_rows, program_row


def keep(i: int, matrix: Any) -> None:
    """Copy the weights of row `i` before they are written."""
    row = uint64(i)
    for j in range(uint64(matrix.before.shape[0])):
        matrix.before[j] = matrix.w[row, j]


def store(i: int, matrix: Any) -> None:
    """The cells of row `i` are written; what counts as changed is what they hold then."""
    program_row(matrix.cells, i, matrix.w, matrix.before)
    row = uint64(i)
    for j in range(uint64(matrix.before.shape[0])):
        differs = matrix.w[row, j] != matrix.before[j]
        matrix.fresh[row, j] += differs - matrix.differs[j]
        matrix.differs[j] = differs


def age(matrix: Any, ticks: int) -> None:
    """Time goes by."""
    age_rows(matrix.cells, matrix.w, ticks)


def disturb(neurons: Any, inp: Any, rec: Any, inputs: int, spikes: int) -> None:
    """Rows of input and recurrent synapses were read."""
    add_read_noise(inp.cells, neurons.current, inputs)
    add_read_noise(rec.cells, neurons.current, spikes)


def disturb_output(out: Any, spikes: int) -> None:
    """Rows of output synapses were read."""
    add_read_noise(out.cells, out.total, spikes)
