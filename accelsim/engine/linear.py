"""The numba loop of the count engine: every counter of a time step as a sum of products of its activity."""

from __future__ import annotations

import numpy as np

from accelsim.datapath.compile import inner


@inner
def evaluate(
    activity: np.ndarray,
    inputs: np.ndarray,
    input_end: np.ndarray,
    terms: np.ndarray,
    term_end: np.ndarray,
    result: np.ndarray,
) -> None:
    """Add up the counters of every time step.

    Parameters
    ----------
    activity : int64 array, shape (time steps, columns)
    inputs : int64 array, shape (inputs, 2)
        Column, and 1 where its opposite (a condition that must not hold) is meant; those of factor ``f`` end at
        ``input_end[f]``.
    terms : int64 array, shape (terms, 2)
        Counter and static number; those of factor ``f`` end at ``term_end[f]``.
    result : int64 array of zeros, shape (time steps, counters)
    """
    for tick in range(activity.shape[0]):
        first = 0
        first_term = 0
        for factor in range(input_end.size):
            value = 1
            for i in range(first, input_end[factor]):
                column = activity[tick, inputs[i, 0]]
                value *= 1 - column if inputs[i, 1] else column
                if value == 0:
                    break
            if value != 0:
                for i in range(first_term, term_end[factor]):
                    result[tick, terms[i, 0]] += value * terms[i, 1]
            first = input_end[factor]
            first_term = term_end[factor]
