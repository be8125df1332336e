"""Rules and neuron models of an installed package: found by name, no flag needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGE = {
    "thirdparty/__init__.py": "",
    "thirdparty/rules.py": '''\
"""A rule of one's own."""

from accelsim.plasticity import Float, PlasticityRule, register, stage


@register("thirdparty-hebb")
class Hebb(PlasticityRule):
    """Signal times coincidence."""

    rate: float = 0.01
    presynaptic_state = {"pre_trace": Float(32)}

    @stage(on="time step", per="presynaptic neuron", writes=("pre_trace",))
    def remember(pre_trace, pre_spike):
        """p <- p / 2 + z."""
        return 0.5 * pre_trace + pre_spike

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(pre_trace, surrogate, learning_signal, rate):
        """-eta L psi p."""
        return -rate * learning_signal * surrogate * pre_trace
''',
    "thirdparty/neurons.py": '''\
"""A neuron model of one's own."""

from accelsim.datapath.intrinsics import where
from accelsim.datapath.stages import stage
from accelsim.datapath.words import Float
from accelsim.neurons.base import NeuronModel, register


@register("thirdparty-integrator")
class Integrator(NeuronModel):
    """Integrates without a leak, reset to zero."""

    threshold: float = 1.0
    state = {"potential": Float(32)}

    @stage(on="time step", per="neuron", writes=("potential", "spike", "surrogate"))
    def soma(potential, current, threshold):
        """v <- v + I, to zero at a spike."""
        potential = potential + current
        fires = potential > threshold
        return where(fires, 0.0, potential), fires, where(potential > 0.5 * threshold, 1.0, 0.0)
''',
    "thirdparty-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n",
    "thirdparty-1.0.dist-info/entry_points.txt": """\
[accelsim.plasticity]
thirdparty-hebb = thirdparty.rules:Hebb

[accelsim.neurons]
thirdparty-integrator = thirdparty.neurons:Integrator
""",
}
SHORT = [
    "core.neuron=thirdparty-integrator", "workload.learning.rule=thirdparty-hebb", "workload.epochs=1",
    "workload.training_samples=2", "workload.test_samples=1", "workload.network.recurrent=20",
    "workload.task.cues=1", "workload.task.delay=10 ms", "workload.settings.tick.neuron={threshold: 2.0}",
    "workload.settings.tick.output_parameters={}",
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as an installer leaves it."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in PACKAGE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def accelsim(site: Path, where: Path, *arguments: str) -> str:
    """Run a command with the package on the path."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(CHECKOUT)])}
    done = subprocess.run(
        [sys.executable, "-m", "accelsim", *arguments], cwd=where, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_their_names_are_listed(site: Path, tmp_path: Path) -> None:
    assert "thirdparty-hebb" in accelsim(site, tmp_path, "list", "rules").split()
    assert "thirdparty-integrator" in accelsim(site, tmp_path, "list", "neurons").split()


@pytest.mark.slow
def test_they_run_like_built_in_ones(site: Path, tmp_path: Path) -> None:
    settings = [word for setting in SHORT for word in ("--set", setting)]
    text = accelsim(site, tmp_path, "describe", "rule", "thirdparty-hebb")
    assert text.startswith("plasticity rule thirdparty-hebb: Signal times coincidence")
    for chip, sizes in (
        ("single_core", []),
        ("mesh", ["cores=4", "interconnect={topology: mesh, width: 2, height: 2}"]),
    ):
        more = [word for setting in sizes for word in ("--set", setting)]
        out = tmp_path / chip
        text = accelsim(site, tmp_path, "run", chip, "cue_accumulation", "--out", str(out), *settings, *more)
        assert "engines agree event for event" in text
        data = json.loads((out / "result.json").read_text())
        updates = [row for row in data["tables"]["energy"] if row["component"] == "plasticity.update_input"]
        assert sum(row["energy_pj"] for row in updates if row["action"] == "update") > 0
