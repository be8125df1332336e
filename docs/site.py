"""Hooks of the site: the studies of `reports/`, which lie beside their files, are pages of it too."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
STUDIES = "reports"
SHOWN = (".md", ".svg", ".png", ".yaml")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the studies into the navigation, each under its title."""
    assert config.nav is not None
    studies = sorted((ROOT / STUDIES).glob("*/README.md"))
    config.nav.insert(-1, {"Studies": [{_title(study): _pages(study)} for study in studies]})
    return config


def _pages(study: Path) -> list[str | dict[str, str]]:
    """A study and its tables."""
    tables = sorted(page for page in study.parent.glob("*.md") if page != study)
    name = study.relative_to(ROOT).as_posix()
    return [name, *({_title(page): page.relative_to(ROOT).as_posix()} for page in tables)]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the studies and what they show."""
    for path in sorted((ROOT / STUDIES).rglob("*")):
        if path.suffix in SHOWN:
            name = path.relative_to(ROOT).as_posix()
            files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def _title(page: Path) -> str:
    found = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else page.parent.name
