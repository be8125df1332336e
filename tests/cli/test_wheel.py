"""What users get: the wheel, installed outside the checkout, doing the three daily uses."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SHORT = ["--set", "workload.epochs=1", "--set", "workload.training_samples=2", "--set", "workload.test_samples=2"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(CHECKOUT)],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    zipfile.ZipFile(wheel).extractall(target)
    return target


def accelsim(installed: Path, where: Path, *arguments: str) -> str:
    """Run a command of the wheel from a folder outside the checkout."""
    environment = os.environ | {"PYTHONPATH": str(installed), "ACCELSIM_CACHE_DIR": str(installed.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "accelsim", *arguments], cwd=where, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_shipped_documents_are_found(installed: Path, tmp_path: Path) -> None:
    for kind in ("architecture", "workload"):
        root = CHECKOUT / f"{kind}s"
        shipped = sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.yaml"))
        assert accelsim(installed, tmp_path, "list", f"{kind}s").split() == shipped


@pytest.mark.slow
def test_run_and_report(installed: Path, tmp_path: Path) -> None:
    text = accelsim(installed, tmp_path, "run", "architectures/reckon.yaml", "workloads/cue_accumulation.yaml", *SHORT)
    assert "engines agree event for event" in text
    folder = tmp_path / "runs" / "reckon-cue-accumulation"
    page = (folder / "report.html").read_bytes()
    accelsim(installed, tmp_path, "report", str(folder))
    assert (folder / "report.html").read_bytes() == page


@pytest.mark.slow
def test_sweep(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "lanes.yaml").write_text(
        "sweep: lanes\narchitecture: reckon\nworkload: cue_accumulation\n"
        "axes:\n  architecture.core.units.plasticity.lanes: [8, 16]\n"
        "  workload.epochs: [1]\n  workload.training_samples: [1]\n  workload.test_samples: [1]\n"
        "objectives:\n  - {metric: energy_total_pj, direction: min}\n  - {metric: area_mm2, direction: min}\n"
    )
    accelsim(installed, tmp_path, "sweep", "lanes.yaml", "--out", "study", "--workers", "2")
    assert len((tmp_path / "study" / "points.csv").read_text().splitlines()) == 3


@pytest.mark.slow
def test_plug_in(installed: Path, tmp_path: Path) -> None:
    plugin = CHECKOUT / "tests" / "plugins" / "three_factor.py"
    text = accelsim(
        installed, tmp_path, "run", "single_core", "cue_accumulation", "--plugin", str(plugin),
        "--set", "workload.learning.rule=three-factor-example", *SHORT,
    )  # fmt: skip
    assert "area" in text
    (folder,) = (tmp_path / "runs").iterdir()
    energy = (folder / "energy.csv").read_text()
    assert "plasticity" in energy


@pytest.mark.slow
def test_memory_does_not_grow_with_epochs(installed: Path, tmp_path: Path) -> None:
    program = (
        "import resource, sys\nfrom accelsim import load_workload, simulate\n"
        "settings = [f'epochs={sys.argv[1]}', 'training_samples=20', 'test_samples=20']\n"
        "simulate('reckon', load_workload('cue_accumulation', overrides=settings))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(installed), "ACCELSIM_CACHE_DIR": str(installed.parent / "cache")}

    def peak_kib(epochs: int) -> int:
        command = [sys.executable, "-c", program, str(epochs)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    peak_kib(1)  # compiles
    assert peak_kib(20) - peak_kib(2) < 10_000
