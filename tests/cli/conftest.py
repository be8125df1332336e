"""Commands run in this process; the corpus of broken files is copied, so that nothing can be left in the sources."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from accelsim.cli import main
from accelsim.controllers.registry import controllers
from accelsim.neurons.base import models
from accelsim.plasticity.base import rules
from accelsim.technology.node import names as technologies

BROKEN = Path(__file__).parent / "broken"


class Answer(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line given as words."""

    def run(*words: str) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main(list(words))
        out, err = capsys.readouterr()
        assert isinstance(stopped.value.code, int)
        return Answer(stopped.value.code, out, err)

    return run


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the broken files."""
    return Path(shutil.copytree(BROKEN, tmp_path_factory.mktemp("corpus") / "broken"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def content() -> Callable[[Path], set[str]]:
    """Tell everything below a folder."""
    return lambda folder: {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def filled() -> Callable[[str], str]:
    """Fill in the names there are of a kind: ``{rules}`` becomes ``delta, delta-fixed, ...``."""

    def fill(message: str) -> str:
        known = {
            "rules": rules.names(),
            "neurons": models.names(),
            "controllers": controllers.names(),
            "technologies": technologies(),
        }
        for kind, names in known.items():
            message = message.replace(f"{{{kind}}}", ", ".join(names))
        return message

    return fill
