"""A tick-driven core that keeps rows of live synapses: the same function, and counts of what it visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.controller import Tick
from accelsim.controllers.tick.datapath import Datapath
from accelsim.controllers.tick.rows import Rows, row_counts, table_sizes
from accelsim.controllers.tick.settings import TickSettings
from accelsim.controllers.tick.shape import Shape
from accelsim.controllers.tick.state import State
from accelsim.controllers.tick.vocabulary import CHANGED, ROW_VOCABULARY, SPARSE
from accelsim.controllers.vocabulary import Vocabulary


class SparseTick(Tick):
    """A programmed core with address tables (see :mod:`accelsim.controllers.tick.rows`)."""

    vocabulary: ClassVar[Vocabulary] = ROW_VOCABULARY

    def __init__(
        self,
        path: Datapath,
        settings: TickSettings,
        shape: Shape,
        state: State,
        learn_every: int,
        budgets: Mapping[str, int],
    ) -> None:
        super().__init__(path, settings, shape, state, learn_every)
        self.budgets = budgets
        """Synapses that may be live by matrix."""

    def sizes(self) -> Mapping[str, int]:
        """Slots and words of the tables of live synapses."""
        found: dict[str, int] = {}
        for name, matrix in self._matrices().items():
            slots, words = table_sizes(matrix.w.shape, self.budgets[name], self.shape.width)
            found |= {f"{name}_slots": slots, f"{name}_words": words}
        return found

    def state_bits(self) -> Mapping[str, int]:
        """Bits of each part of the state, of an address, of a link between words, and of the entry of a row."""
        words = max(size for name, size in self.sizes().items() if name.endswith("_words"))
        neurons, link = self.state.rec.w.shape[1], max(words.bit_length(), 1)
        bits = {"address": max((neurons - 1).bit_length(), 1), "link": link, "row": link + neurons.bit_length()}
        return {**super().state_bits(), **bits}

    def _matrices(self) -> dict[str, Any]:
        return dict(zip(SPARSE, (self.state.inp, self.state.rec), strict=True))

    def _heard(self, samples: Samples, masks: range) -> range:
        """All time steps; rows are counted as they are before these."""
        self._rows = {
            name: Rows.of(getattr(matrix, "present", np.ones_like(matrix.w)), self.shape.width)
            for name, matrix in self._matrices().items()
        }
        return range(samples.ticks)

    def _take_rows(
        self, counts: NDArray[np.int64], record: Any, masks: range, held: Mapping[str, NDArray[np.uint8]], stimulus: Any
    ) -> Any:
        """Count the words and synapses of rows."""
        occasion = stimulus.occasion.astype(np.int64)
        found = row_counts(self._rows, record.events, held["learning"], occasion, self._situations[0])
        for name, values in found.items():
            counts[:, self.vocabulary.column(name)] = values
        return record._replace(
            events=record.events[masks.start : masks.stop],
            rows=tuple(marks[masks.start :] for marks in record.rows),
            **{what: tuple(marks[masks.start :] for marks in getattr(record, what)) for what in CHANGED},
        )
