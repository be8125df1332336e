"""The reference of commands, in Markdown: `python -m accelsim.cli.reference > docs/reference/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from accelsim.cli.app import app

INTRODUCTION = """\
# Commands

`accelsim --help` and `accelsim COMMAND --help` say the same on the terminal. An architecture or workload is the name of
a shipped one (`accelsim list architectures`) or a YAML file; in either, `--set KEY=VALUE` changes a key, as often as it
stands there.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | `validate` found a difference |
| 2 | a mistake in a file or on the command line, told with its place; nothing was run |
| 130 | interrupted (Ctrl-C); `--resume` goes on where the command has it |
| 141 | what reads the output has gone |

This page is written by `python -m accelsim.cli.reference`.
"""


def reference() -> str:
    """Return the page of all commands."""
    group: Any = typer.main.get_command(app)
    sections = ["\n".join(_section(name, group.commands[name])) for name in group.commands]
    return INTRODUCTION + "\n" + "\n\n".join(sections) + "\n"


def _section(name: str, command: Any) -> Iterator[str]:
    shown = [parameter for parameter in command.params if parameter.name != "help"]
    arguments = [_usage(parameter) for parameter in shown if parameter.param_type_name == "argument"]
    yield from (f"## accelsim {name}", "", command.help, "")
    yield from (f"    accelsim {name} {' '.join([*arguments, '[OPTIONS]'])}", "")
    yield from ("| argument or option | default | meaning |", "|---|---|---|")
    for parameter in shown:
        cells = (_name(parameter), _default(parameter), " ".join((parameter.help or "").split()))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper()).strip("[]").replace("|", " or ")  # a bar ends a cell


def _usage(parameter: Any) -> str:
    return _metavar(parameter) if parameter.required else f"[{_metavar(parameter)}]"


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    value = "" if parameter.is_flag else f" {_metavar(parameter)}"
    return f"`{', '.join(parameter.opts)}{value}`" + (", repeatable" if parameter.multiple else "")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if parameter.default in (None, "", [], ()) or getattr(parameter, "is_flag", False):
        return "-"
    return f"`{parameter.default}`"


if __name__ == "__main__":
    print(reference(), end="")
