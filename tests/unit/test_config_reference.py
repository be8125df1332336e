"""Pages of reference: what they tell of a schema, and that every key of the real ones says what it means."""

import re
from typing import Annotated, Literal

import pytest
from pydantic import Field

from accelsim.cli import describing
from accelsim.cli.app import app
from accelsim.cli.reference import reference as commands
from accelsim.config.errors import ConfigError
from accelsim.config.model import Model
from accelsim.config.quantity import Time
from accelsim.config.reference import reference

KINDS = ("architecture", "workload", "sweep", "technology", "memory_technology")


class Sram(Model):
    """Static memory: six transistors."""

    kind: Literal["sram"]
    words: int = Field(gt=0, le=64)
    """Number of words, e.g. a | b."""
    latency: Time = 2e-9
    """As :class:`~pkg.Thing` has it."""


class Flash(Model):
    """Flash memory."""

    kind: Literal["flash"]


class Chip(Model):
    """A chip.

    ==== ====
    a    b
    ==== ====
    """

    architecture: str
    """Its name."""
    memories: dict[str, Annotated[Sram | Flash, Field(discriminator="kind")]]
    """Memories by name."""
    spare: tuple[Sram, ...] = ()


class Other(Model):
    """Another chip."""

    architecture: str
    """Its name."""
    memory: Sram | None = None


def row(page, key):
    line = next(line for line in page.splitlines() if f"`{key}` |" in line)
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_rows_tell_type_default_and_meaning():
    page = reference("architecture", [Chip])
    assert row(page, "words") == [
        '<a id="sram.words"></a>`words`', "whole number > 0 and ≤ 64", "required", r"Number of words, e.g. a \| b.",
    ]  # fmt: skip
    assert row(page, "latency")[1:] == ["time, e.g. `1 ms`", "`2 ns`", "As `pkg.Thing` has it."]
    assert row(page, "memories")[1:3] == ["mapping from names to [Sram](#sram) or [Flash](#flash)", "required"]
    assert row(page, "spare")[1:] == ["list of [Sram](#sram)", "-", "Static memory"]
    assert "Stands at `memories.NAME`, `spare[]`." in page
    assert "```text\n==== ====" in page


def test_models_of_several_documents_are_told_once():
    page = reference("architecture", [Chip, Other])
    assert page.count("### Sram") == 1
    assert "* [Other](#other): Another chip." in page
    assert row(page.split("## Other")[1], "memory")[1] == "[Sram](#sram)"


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_says_what_it_means(kind, capsys):
    describing.schema(kind, "markdown")
    page = capsys.readouterr().out
    rows = [line for line in page.splitlines() if line.startswith('| <a id="')]
    assert rows
    assert [line for line in rows if line.endswith("|  |")] == []
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links <= set(re.findall(r'<a id="([^"]+)">', page))


def test_a_format_that_is_none():
    with pytest.raises(ConfigError, match=r"no format `markdwn`.*did you mean `markdown`"):
        describing.schema("sweep", "markdwn")


def test_every_command_and_option_is_told():
    page = commands()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"## accelsim {name}\n" in page
    assert "| `--set KEY=VALUE`, repeatable | - |" in page
    assert "`--resume` | - |" in page
