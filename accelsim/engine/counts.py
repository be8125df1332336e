"""The count engine: cycles, accesses and stage runs of each time step in closed form.

Where nothing contends, a static schedule needs no iteration: every counter of a time step is a sum of
products *static number x conditions x one mask count*.  The static numbers follow from the program once; a
chunk of time steps is then one integer matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.program import Action, Node, Program


@dataclass(frozen=True, order=True)
class Counter:
    """What is counted in a time step."""

    kind: str
    """`cycles`, `read`, `write` or `run`."""
    target: str
    """State, memory or stage."""
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
        column = {name: i for i, name in enumerate(self.program.vocabulary.columns)}
        values = np.ones((activity.shape[0], len(self.factors)))
        for i, (when, mask, repeats) in enumerate(self.factors):
            for name in when:
                held = activity[:, column[name.removeprefix("not ")]]
                values[:, i] *= 1 - held if name.startswith("not ") else held
            for name in (*((mask,) if mask else ()), *repeats):
                values[:, i] *= activity[:, column[name]]
        # Integers below 2^53 are exact in float64, whose matrix product is far faster than that of integers.
        counted = values @ self.coefficients.astype(np.float64)
        if counted.max(initial=0) >= 2**53:
            raise OverflowError("a counter of one time step exceeds 2^53")
        return counted.astype(np.int64)


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
            yield _action_factor(leaf, action), Counter(action.kind, action.target, leaf.phase), _often(program, leaf, action)


def _action_factor(leaf: Node, action: Action) -> Factor:
    mask = action.mask or (leaf.masks[-1] if leaf.masks else None)
    return tuple(sorted(set(leaf.when + action.when))), mask, leaf.repeats


def _often(program: Program, leaf: Node, action: Action) -> int:
    """How often an action happens per time step and element of its mask."""
    mask = action.mask or (leaf.masks[-1] if leaf.masks else None)
    covered = set(program.vocabulary.masks[mask]) if mask else set()
    loops = leaf.outer + leaf.loops
    free = [span.size for d, span in enumerate(loops) if d not in action.loops and span.name not in covered]
    tabled = [loops[d].name for d in action.loops]
    if not covered.intersection(tabled):
        return prod(free) * int(action.table.sum())
    # A table that varies along its mask has no closed form unless it is the same everywhere.
    axis = tuple(i for i, name in enumerate(tabled) if name not in covered)
    per_element = np.unique(action.table.sum(axis=axis))
    if per_element.size > 1:
        raise ValueError(f"{action.kind} of `{action.target}` in phase `{leaf.phase}` varies along its mask `{mask}`")
    return prod(free) * int(per_element[0])
