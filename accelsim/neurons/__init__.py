"""Neuron models: how membranes integrate and fire, one file per model."""

from pathlib import Path

from accelsim.datapath.plugins import load_plugin as _load_plugin
from accelsim.datapath.stages import stage
from accelsim.datapath.words import BIT, Float, Word
from accelsim.neurons.base import NeuronModel, models, register


def load_plugin(path: str | Path) -> list[str]:
    """Run a plug-in file named by the user; return the names of the neuron models it registered."""
    return _load_plugin(path, models)


__all__ = ["BIT", "Float", "NeuronModel", "Word", "load_plugin", "models", "register", "stage"]
