"""The package keeps its layers, its general parts know no chip, and no file depends on one machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "accelsim"
GENERAL = ("engine", "mapping", "cost", "metrics", "report", "explore", "simulation")
PUBLISHED_CHIPS = (
    "Akida", "BrainScaleS", "DYNAP", "DYNAPs", "Loihi", "MorphIC", "Neurogrid", "ODIN", "ReckOn", "SENECA", "SpiNNaker",
    "Tianjic", "TrueNorth", "Xylo",
)  # fmt: skip
ABSOLUTE = re.compile(r"""(?<![\w.:/<~])/(?:bin|etc|home|mnt|opt|proc|root|srv|tmp|usr|Users|var|work)(?:/|\b)""")


PARAMETRIC = {"crossbar", "mesh"}
"""Shipped architectures that are no chip but a family, named by the term for it."""


def chip_names():
    """Names of the shipped architectures, and of published chips whether they ship or not."""
    shipped = {path.stem for path in (ROOT / "architectures").rglob("*.yaml")} - PARAMETRIC
    return sorted(shipped | set(PUBLISHED_CHIPS), key=str.lower)


def files(*folders, suffixes=(".py", ".html", ".css", ".js", ".yaml")):
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes)


def test_imports_point_downward():
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("part", GENERAL)
def test_general_parts_know_no_chip(part):
    names = re.compile(rf"(?<![a-z])(?:{'|'.join(chip_names())})(?![a-z])", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(PACKAGE / part)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if names.search(line)
    ]
    assert found == []


def test_no_absolute_paths():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(
            PACKAGE, ROOT / "architectures", ROOT / "workloads", suffixes=(".py", ".html", ".css", ".js", ".yaml")
        )
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ABSOLUTE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["open('/home/me/x')", "see /tmp", "/usr/lib"])
def test_absolute_paths_are_found(line):
    assert ABSOLUTE.search(line)


@pytest.mark.parametrize(
    "line", ["runs/tmp", "https://example.org/home/x", "samples/ticks", "a ~/tmp b", "cycles /variant"]
)
def test_other_slashes_are_not(line):
    assert not ABSOLUTE.search(line)
