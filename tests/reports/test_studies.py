"""Studies in `reports/`: each has its reading, its figures and the command that re-creates its numbers."""

import re
from pathlib import Path

import pytest

from accelsim.config.loader import load_document
from accelsim.explore import sweep
from accelsim.report import report

REPORTS = Path(__file__).parents[2] / "reports"
FOLDERS = sorted(path for path in REPORTS.iterdir() if path.is_dir())
SWEEPS = [path for path in sorted(REPORTS.glob("*/*.yaml")) if re.search(r"^sweep:", path.read_text(), re.MULTILINE)]
TABLES = [path for path in SWEEPS if path.with_suffix(".md").is_file()]
LARGEST_FIGURE_BYTES = 100_000


def _name(path: Path) -> str:
    return str(path.relative_to(REPORTS))


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_a_study_has_a_reading_and_its_figures_are_there_and_small(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (folder / target).exists(), target
    for figure in folder.glob("*.svg"):
        assert figure.stat().st_size <= LARGEST_FIGURE_BYTES, figure.name


@pytest.mark.parametrize("path", SWEEPS, ids=_name)
def test_the_reading_names_the_command_of_each_sweep(path: Path) -> None:
    assert f"accelsim sweep reports/{_name(path)} " in (path.parent / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("path", TABLES, ids=_name)
def test_a_study_is_re_created_to_the_same_numbers(path: Path, tmp_path: Path) -> None:
    sweep(load_document(str(path), "sweep"), tmp_path / "out", workers=2)
    report(tmp_path / "out")
    assert (tmp_path / "out" / "configurations.md").read_text() == path.with_suffix(".md").read_text()
