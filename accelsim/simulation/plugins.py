"""Everything that a plug-in file may register."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from accelsim.config.registry import Registry
from accelsim.datapath.plugins import load_plugin
from accelsim.neurons.base import models
from accelsim.plasticity.base import rules
from accelsim.plasticity.consolidation import consolidations

PLUGGABLE: dict[str, Registry[Any]] = {"rule": rules, "consolidation": consolidations, "neuron": models}
"""Registries by the kind of thing they hold."""


def load_plugins(paths: Iterable[str | Path]) -> None:
    """Run plug-in files, which the user named; a file is run once in a process.

    Raises
    ------
    ConfigError
        If one cannot be used.
    """
    for path in paths:
        load_plugin(path, *PLUGGABLE.values())
