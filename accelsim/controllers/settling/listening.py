"""The loop of a settling core in plain Python, which tells what the stages see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from accelsim.controllers.settling.module import JIT, loop_source
from accelsim.datapath.probe import EVALUATIONS
from accelsim.datapath.stages import Program
from accelsim.datapath.toggles import Operands
from accelsim.plasticity.unit import PlasticityUnit


class Listener:
    """Keeps the operands of every stage."""

    def __init__(self, programs: Mapping[str, Program]) -> None:
        self.programs = programs
        self.heard: dict[str, list[tuple[Any, ...]]] = {}

    def __call__(self, stage: str, lane: int, *operands: Any) -> None:
        """Keep what a stage sees at a lane, if there is not enough yet."""
        rows = self.heard.setdefault(stage, [])
        if len(rows) < EVALUATIONS:
            rows.append((lane, *operands))

    def operands(self) -> dict[str, Operands]:
        """What was heard of each stage that reads anything."""
        found = {}
        for stage, rows in self.heard.items():
            lane, *columns = (np.array(column) for column in zip(*rows, strict=True))
            if columns:
                words = dict(zip(self.programs[stage].reads, columns, strict=True))
                found[stage] = Operands(words, lane.astype(np.int64))
        return found


def plain_loop(
    programs: Mapping[str, Program], unit: PlasticityUnit | None, listener: Listener | None = None
) -> Callable[..., None]:
    """The loop, interpreted: the same source as the compiled one and the same bits, a thousand times slower."""
    names: dict[str, Any] = {"listener": listener}
    source = loop_source(programs, unit, "listener" if listener is not None else None).replace(JIT, "")
    exec(source, names)
    names |= {name: getattr(np, name) for name in ("float32", "float64", "int32", "int64", "uint32", "uint64")}

    def run_samples(*arguments: Any) -> None:
        with np.errstate(all="ignore"):
            names["run_samples"](*arguments)

    return run_samples
