"""One module per rule: generated kernels and the loop over samples that calls them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from accelsim.controllers.settling import loop
from accelsim.controllers.settling.stages import kernel
from accelsim.datapath.emit import PRELUDE
from accelsim.datapath.generate import load_generated
from accelsim.datapath.stages import Program
from accelsim.plasticity.unit import PlasticityUnit

_EMPTY = (loop.nothing, loop.no_row)
_FUNCTIONS = (
    *(loop.predict, loop.feed_back, loop.run_forward, loop.answer, loop.pull_output, loop.note),
    *(loop.settle, loop.finish, loop.learn, loop.close, loop.run_samples),
)
# Arrays all come from the caller, so nothing counts references.
JIT = '@njit(cache=True, error_model="numpy", nogil=True, _nrt=False)\n'


def loop_source(programs: Mapping[str, Program], unit: PlasticityUnit | None, listener: str | None = None) -> str:
    """Source of :func:`accelsim.controllers.settling.loop.run_samples` with the kernels of these stages, which tell
    their operands to a function of the name `listener`."""
    parts = ["from typing import Any\n" + PRELUDE]
    parts += [JIT + inspect.getsource(function) for function in _EMPTY]
    for name, thing in vars(loop).items():
        if thing in _EMPTY and name != thing.__name__:
            empty = f"{name} = {thing.__name__}\n"
            parts.append(kernel(name, programs[name], unit, listener) if programs[name].writes else empty)
    parts += [JIT + inspect.getsource(function) for function in _FUNCTIONS]
    return "\n\n".join(parts).replace("nogil=True)", "nogil=True, _nrt=False)")


def load_loop(programs: Mapping[str, Program], unit: PlasticityUnit | None) -> Callable[..., None]:
    """The loop, compiled."""
    return load_generated("settling", loop_source(programs, unit)).run_samples
