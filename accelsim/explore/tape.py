"""A controller that remembers what it answered, and one that answers from memory.

What a tick-driven core computes depends on nothing that happens later, so a run whose control differs in time alone can
be fed the recorded answers: no learning is run again. Answers come back in the order of the calls, which the stream of
samples decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.controllers.base import Controller, Outcome
from accelsim.controllers.samples import Samples
from accelsim.datapath.toggles import Operands
from accelsim.devices.state import Cells, no_cells
from accelsim.explore.cache import DamagedEntry, Entry, EntryWriter


@Controller.register
class _Wrapped:
    """A controller behind another: what is not answered here is asked there."""

    def __init__(self, inner: Controller) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Recorder(_Wrapped):
    """Passes calls on and writes down what they gave; :meth:`close` ends the recording."""

    def __init__(self, inner: Controller, writer: EntryWriter) -> None:
        super().__init__(inner)
        self._writer = writer
        self._calls: list[dict[str, Any]] = []

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """As the controller's."""
        outcome = self._inner.run(samples, masks=masks, states=states)
        activity = outcome.activity
        self._arrays("counts", {"": _narrow(activity.counts.T)})
        self._arrays("answers", {"": outcome.answers})
        self._arrays("errors", {} if outcome.errors is None else {"": outcome.errors})
        self._arrays("mask", activity.masks)
        self._calls.append(
            {
                "ticks": samples.ticks,
                "masked": [activity.masked.start, activity.masked.stop],
                "masks": list(activity.masks),
                "errors": outcome.errors is not None,
            }
        )
        return outcome

    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """As the controller's."""
        found = self._inner.operands(samples)
        for i, each in enumerate(found.values()):
            self._arrays(f"operands.{i}", {"": each.position})
            self._arrays(f"words.{i}", each.words)
        self._calls.append({"ticks": samples.ticks, "stages": {name: list(each.words) for name, each in found.items()}})
        return found

    def cell_writes(self) -> Mapping[str, NDArray[np.uint32]]:
        """As the controller's."""
        return self._inner.cell_writes()

    def cells(self) -> Mapping[str, Cells]:
        """As the controller's."""
        return self._inner.cells()

    def close(self) -> None:
        """Write what the controller tells after its last sample."""
        writes, cells = self.cell_writes(), self.cells()
        for name, each in writes.items():
            self._writer.array(f"writes.{name}", each)
        for name, cell in cells.items():
            self._writer.array(f"cells.{name}", cell.law)
        self._writer.json("tape", {"calls": self._calls, "writes": list(writes), "cells": list(cells)})

    def _arrays(self, what: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        for name, values in arrays.items():
            self._writer.array(f"{len(self._calls)}.{what}.{name}", values)


class Player(_Wrapped):
    """Answers from a recording; `DamagedEntry` where the calls are not those that were recorded."""

    def __init__(self, inner: Controller, entry: Entry) -> None:
        super().__init__(inner)
        self._entry = entry
        self._at = 0
        tape = entry.json("tape")
        try:
            self._calls: list[dict[str, Any]] = tape["calls"]
            self._writes = {name: entry.array(f"writes.{name}") for name in tape["writes"]}
            self._cells = {name: no_cells()._replace(law=entry.array(f"cells.{name}")) for name in tape["cells"]}
        except (KeyError, TypeError) as error:
            raise DamagedEntry(str(error)) from None

    def run(self, samples: Samples, *, masks: range = range(0), states: bool = False) -> Outcome:
        """What the controller answered."""
        number, call = self._next("masks", samples)
        masked = range(*call["masked"])
        if states or (masks and masked != masks):
            raise DamagedEntry(f"call {number} was for other masks")
        array = self._entry.array
        counts = np.ascontiguousarray(array(f"{number}.counts.").T, np.int64)
        found = {name: array(f"{number}.mask.{name}") for name in call["masks"]}
        errors = array(f"{number}.errors.") if call["errors"] else None
        return Outcome(Activity(counts, found, masked), array(f"{number}.answers."), None, errors)

    def operands(self, samples: Samples) -> Mapping[str, Operands]:
        """What the controller's stages saw."""
        number, call = self._next("stages", samples)
        array = self._entry.array
        return {
            stage: Operands(
                {name: array(f"{number}.words.{i}.{name}") for name in words}, array(f"{number}.operands.{i}.")
            )
            for i, (stage, words) in enumerate(call["stages"].items())
        }

    def cell_writes(self) -> Mapping[str, NDArray[np.uint32]]:
        """Those at the end of the recorded run."""
        return self._writes

    def cells(self) -> Mapping[str, Cells]:
        """What is counted of those at the end of the recorded run."""
        return self._cells

    def _next(self, kind: str, samples: Samples) -> tuple[int, dict[str, Any]]:
        number = self._at
        self._at += 1
        if number >= len(self._calls) or kind not in self._calls[number]:
            raise DamagedEntry(f"call {number} was another one")
        call = self._calls[number]
        if call["ticks"] != samples.ticks:
            raise DamagedEntry(f"call {number} was for {call['ticks']} time steps")
        return number, call


def _narrow(counts: NDArray[np.int64]) -> NDArray[Any]:
    """The same counts in the smallest integers that hold them."""
    low, high = (int(counts.min()), int(counts.max())) if counts.size else (0, 0)
    return counts.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)))
