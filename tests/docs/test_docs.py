"""What the documentation shows runs as it stands there, and prints what it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from doc_pages import DOCS, GENERATED, ROOT, Block, blocks, missing, pages
from study_data import save_study

from accelsim.report.figures import FIGURES
from accelsim.report.study.data import load_sweep
from accelsim.report.study.figures import sweep_figures

PROGRAMS = ("accelsim", "python", "cat", "ls")
LINKED = ("architectures", "workloads", "reports", "tests")
"""Folders of the repository that commands name, as seen from where it was cloned."""
MOST_NOT_RUN = 6
GLOSSARY = DOCS / "reference" / "metrics.md"
RUNNABLE = [page for page in pages() if any(block.runs for block in blocks(page))]


def _name(page: Path) -> str:
    return str(page.relative_to(DOCS))


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `accelsim` and `python` as an environment has them."""
    folder = tmp_path_factory.mktemp("bin")
    for name, arguments in (("accelsim", "-m accelsim"), ("python", "")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n')
        script.chmod(0o755)
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that looks like the cloned repository, where a page may write what it likes."""
    for name in LINKED:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def _do(words: list[str], where: Path, programs: Path, status: int = 0) -> str:
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "MPLBACKEND": "agg",
    }
    done = subprocess.run(words, cwd=where, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == status, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def _run(block: Block, where: Path, programs: Path) -> str:
    if block.language == "python":
        return _do(["python", "-c", block.text], where, programs)
    lines = [shlex.split(line) for line in block.commands()]
    return "".join(_do(words, where, programs, block.status) for words in lines if words[0] in PROGRAMS)


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=_name)
def test_a_page_does_what_it_says(page: Path, clone: Path, programs: Path) -> None:
    output = None
    for block in blocks(page):
        if block.title is not None:
            file = clone / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.runs:
            output = _run(block, clone, programs)
        elif block.language == "text" and output is not None:
            assert missing(block.text, output) == [], f"{block.place}: not in\n{output}"
        else:
            output = None
    assert _unknown_metrics(clone) == [], f"not in {GLOSSARY.relative_to(ROOT)}"


def _unknown_metrics(folder: Path) -> list[str]:
    """Metrics of the runs in a folder that the glossary does not explain."""
    told = set(re.findall(r"^\| `([a-z0-9_]+)`", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE))
    found = {
        re.sub(r"_(low|high)$", "", name)
        for file in folder.glob("runs/**/result.json")
        for name in json.loads(file.read_text())["metrics"]
    }
    return sorted(found - told)


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_blocks_are_of_kinds_that_run(page: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for block in blocks(page):
        if block.language == "bash" and "no-run" not in block.classes:
            for words in map(shlex.split, block.commands()):
                if words[:2] == ["pip", "install"]:
                    asked = re.fullmatch(r"\.(?:\[([a-z,]+)\])?", words[2])
                    assert asked, f"{block.place}: {words}"
                    assert set((asked[1] or "").split(",")) - {""} <= extras.keys(), f"{block.place}: {words}"
                else:
                    assert words[0] in PROGRAMS, f"{block.place}: {words}"
        if block.language == "yaml":
            assert block.title, f"{block.place}: YAML without a file name is not tried"
            yaml.safe_load(block.text)


def test_few_blocks_are_not_run() -> None:
    left_out = [block.place for page in pages() for block in blocks(page) if "no-run" in block.classes]
    assert len(left_out) <= MOST_NOT_RUN, left_out


def _links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", target)]


def _anchors(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if target.is_relative_to(DOCS / "reports"):  # studies are part of the site
            target = ROOT / target.relative_to(DOCS)
        assert target.exists(), f"{_name(page)}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{_name(page)}: {link}"


def _listed(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    children = entry.values() if isinstance(entry, dict) else entry
    return [name for child in children for name in _listed(child)]  # type: ignore[attr-defined]


def test_every_page_is_in_the_navigation() -> None:
    listed = _listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert sorted(listed) == sorted(map(_name, pages()))


def _figures_told(heading: str) -> list[str]:
    """Names of figures in the table of a section, as patterns."""
    page = (DOCS / "how-to" / "report.md").read_text(encoding="utf-8")
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_tables_of_figures_have_all(tmp_path: Path) -> None:
    save_study(tmp_path, mission=True)
    data = replace(load_sweep(tmp_path), figures=())
    drawn = {
        "Figures of a run": [kind.name for kind in FIGURES],
        "Figures of a sweep": [figure.name for figure in sweep_figures(data)],
    }
    for heading, names in drawn.items():
        told = _figures_told(heading)
        assert [name for name in names if not any(fnmatch(name, each) for each in told)] == [], heading


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    fetched = re.findall(r'<(?:script|img|link)\b[^>]*?(?:src|href)="(https?:[^"]+)"', page)
    assert fetched == []


def test_pages_written_by_commands_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    from accelsim.cli import describing
    from accelsim.cli.reference import reference

    found = {"commands": reference()}
    for kind in ("architecture", "workload", "sweep", "technology", "memory_technology"):
        describing.schema(kind, "markdown")
        found[kind] = capsys.readouterr().out
    stale = [
        name for name, text in found.items() if text != (DOCS / GENERATED / f"{name}.md").read_text(encoding="utf-8")
    ]
    assert stale == [], (
        "run: accelsim schema KIND --format markdown > docs/reference/KIND.md, "
        "python -m accelsim.cli.reference > docs/reference/commands.md"
    )
