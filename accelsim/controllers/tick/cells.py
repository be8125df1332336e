"""What the loop of a tick-driven core does where its memories are not ideal; in place of empty functions."""

from __future__ import annotations

from typing import Any

from accelsim.devices.kernels import add_read_noise, age_rows, program_row


def store(i: int, matrix: Any) -> None:
    """The cells of row `i` are written."""
    program_row(matrix.cells, i, matrix.w, matrix.before)


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
