"""accelsim: a cycle-level simulator of edge accelerators that keep learning.

The Python interface is the flow of the command line::

    architecture = accelsim.load_architecture("reckon", overrides=["core.units.plasticity.lanes=32"])
    workload = accelsim.load_workload("cue_accumulation")
    result = accelsim.simulate(architecture, workload, seed=1)
    result.accuracy_test, result.energy_training_uj, result.area_mm2

Heavy packages are imported when a name is first used.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accelsim.config.document import Document
    from accelsim.explore import load_study as load_study
    from accelsim.explore import sweep as sweep
    from accelsim.simulation import Result as Result
    from accelsim.simulation import simulate as simulate

__version__ = "0.1.0"
__all__ = ["Result", "load_architecture", "load_study", "load_workload", "simulate", "sweep"]

_HOMES = {
    "Result": "accelsim.simulation",
    "simulate": "accelsim.simulation",
    "sweep": "accelsim.explore",
    "load_study": "accelsim.explore",
}


def load_architecture(path_or_name: str | PathLike[str], *, overrides: Iterable[str] = ()) -> Document:
    """Read the description of a chip: a YAML file or a shipped name, with `key.path=value` overrides."""
    from accelsim.config.loader import load_document

    return load_document(path_or_name, "architecture", overrides=overrides)


def load_workload(path_or_name: str | PathLike[str], *, overrides: Iterable[str] = ()) -> Document:
    """Read a workload: a YAML file or a shipped name, with `key.path=value` overrides."""
    from accelsim.config.loader import load_document

    return load_document(path_or_name, "workload", overrides=overrides)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'accelsim' has no attribute '{name}'")
