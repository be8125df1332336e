"""The count engine: cycles, accesses and stage runs of each time step in closed form.

Where nothing contends, a static schedule needs no iteration: every counter of a time step is a sum of
products *static number x conditions x one mask count*.  The static numbers follow from the program once; a
chunk of time steps is then one pass over a linear form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.actions import Action, often
from accelsim.engine.program import Node, Program


@dataclass(frozen=True, order=True)
class Counter:
    """What is counted in a time step."""

    kind: str
    """`cycles`, `read`, `write`, `run`, `push`, `pop` or `packet`."""
    target: str
    """State, memory, stage, queue or link."""
    phase: str


Factor = tuple[tuple[str, ...], str | None, tuple[str, ...]]
"""Conditions, mask and repeat counts whose product multiplies a static number."""


@dataclass(frozen=True)
class CountEngine:
    """Counters of a core as a linear form of its activity.

    Attributes
    ----------
    counters : tuple of Counter
        Columns of the result.
    factors : tuple of Factor
    coefficients : int64 array, shape (factors, counters)
    """

    program: Program
    counters: tuple[Counter, ...]
    factors: tuple[Factor, ...]
    coefficients: NDArray[np.int64]

    def run(self, activity: NDArray[np.int64]) -> NDArray[np.int64]:
        """Counters of every time step.

        Parameters
        ----------
        activity : int64 array, shape (time steps, columns of the vocabulary)

        Returns
        -------
        int64 array, shape (time steps, counters)
        """
        from accelsim.engine.linear import evaluate

        result = np.zeros((activity.shape[0], len(self.counters)), np.int64)
        evaluate(np.ascontiguousarray(activity), *self._flat, result)
        return result

    @cached_property
    def _flat(self) -> tuple[NDArray[np.int64], ...]:
        """Factors and coefficients as flat arrays: inputs, their ends, terms, their ends."""
        column = {name: i for i, name in enumerate(self.program.vocabulary.columns)}
        inputs: list[tuple[int, int]] = []
        input_end: list[int] = []
        terms: list[tuple[int, int]] = []
        term_end: list[int] = []
        for (when, mask, repeats), coefficients in zip(self.factors, self.coefficients, strict=True):
            for name in (*when, *((mask,) if mask else ()), *repeats):
                inputs.append((column[name.removeprefix("not ")], int(name.startswith("not "))))
            terms += [(int(i), int(coefficients[i])) for i in np.flatnonzero(coefficients)]
            input_end.append(len(inputs))
            term_end.append(len(terms))
        pairs = (np.array(rows, np.int64).reshape(-1, 2) for rows in (inputs, terms))
        flat_inputs, flat_terms = pairs
        return flat_inputs, np.array(input_end, np.int64), flat_terms, np.array(term_end, np.int64)


def count_engine(program: Program) -> CountEngine:
    """Sum up the static numbers of a program."""
    terms: dict[tuple[Factor, Counter], int] = {}
    for factor, counter, number in _terms(program):
        if number:
            terms[factor, counter] = terms.get((factor, counter), 0) + number
    counters = tuple(sorted({counter for _, counter in terms}))
    factors = tuple(sorted({factor for factor, _ in terms}, key=repr))
    coefficients = np.zeros((len(factors), len(counters)), np.int64)
    for (factor, counter), number in terms.items():
        coefficients[factors.index(factor), counters.index(counter)] = number
    return CountEngine(program, counters, factors, coefficients)


def _terms(program: Program) -> Iterator[tuple[Factor, Counter, int]]:
    axes = program.vocabulary.masks
    for leaf in program.leaves():
        assert leaf.timing is not None
        mask = leaf.masks[-1] if leaf.masks else None
        covered = set(axes[mask]) if mask else set()
        factor = (tuple(sorted(set(leaf.when))), mask, leaf.repeats)
        outer = prod(span.size for span in leaf.outer if span.name not in covered)
        iterations = prod(span.size for span in leaf.loops)
        yield factor, Counter("cycles", leaf.state, leaf.phase), outer * leaf.timing.duration(iterations)
        for action in leaf.actions:
            factor = _action_factor(leaf, action)
            number = often(action, leaf.outer + leaf.loops, axes[factor[1]] if factor[1] else ())
            assert number is not None, "lowering lets no such action pass"
            yield factor, Counter(action.kind, action.target, leaf.phase), number


def _action_factor(leaf: Node, action: Action) -> Factor:
    mask = action.mask or (leaf.masks[-1] if leaf.masks else None)
    return tuple(sorted(set(leaf.when + action.when))), mask, leaf.repeats
