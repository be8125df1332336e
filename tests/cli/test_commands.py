"""What the commands print, and what they do not: help, lists, descriptions, schemas, pipes, imports."""

import errno
import json
import os
import re
import subprocess
import sys

import pytest

import accelsim
from accelsim.technology.node import names as technologies

COMMANDS = ("run", "sweep", "report", "validate", "noc", "describe", "list", "schema")
HEAVY = ("numba", "numpy", "pandas", "matplotlib", "sklearn", "simpy", "pydantic", "scipy")


def started(*words, **environment):
    """A command in a process of its own, with pipes."""
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name, command):
    answer = command(name, "--help")
    assert (answer.status, answer.err) == (0, "")
    assert f"Usage: accelsim {name}" in answer.out or f" {name} [OPTIONS]" in answer.out


def test_help_lists_every_command(command):
    answer = command("--help")
    assert answer.status == 0
    assert [name for name in COMMANDS if not re.search(rf"│ {name} ", answer.out)] == []


def test_no_command_prints_the_help(command):
    answer = command()
    assert answer.status == 2
    assert "Usage: " in answer.out


def test_version(command):
    assert command("--version") == (0, f"accelsim {accelsim.__version__}\n", "")


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        ("architectures", {"reckon", "single_core"}),
        ("workloads", {"cue_accumulation"}),
        ("rules", {"eprop", "eprop-fixed", "delta", "delta-fixed"}),
        ("neurons", {"lif", "lif-fixed"}),
        ("controllers", {"reckon", "tick"}),
        ("technologies", set(technologies())),
    ],
)
def test_list(kind, some, command):
    answer = command("list", kind)
    assert (answer.status, answer.err) == (0, "")
    assert some <= set(answer.out.splitlines())


@pytest.mark.parametrize("kind", ["architecture", "workload", "sweep"])
def test_schema(kind, command):
    answer = command("schema", kind)
    assert answer.status == 0
    schema = json.loads(answer.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    alternatives = schema.get("anyOf", [schema])
    assert len(alternatives) == {"architecture": 3, "workload": 2, "sweep": 1}[kind]
    assert all(one["required"] == [kind] for one in alternatives)
    fields = [field for one in alternatives for field in one["then"]["properties"].items()]
    undocumented = [name for name, field in fields if "description" not in field]
    assert undocumented == []


def test_describe_technology_gives_every_figure_a_source(command):
    answer = command("describe", "technology", "28nm")
    rows = _rows(answer.out)
    assert rows[0] == ["quantity", "low", "nominal", "high", "unit", "source", "verified"]
    figures = [row for row in rows[1:] if row[0]]  # the others go on with a long text
    assert len(figures) > 10
    assert all(row[5] and row[6] in ("verified", "measured", "memory", "assumed") for row in figures)
    assert {"supply voltage", "gate delay at nominal supply"} <= {row[0] for row in figures}


def test_describe_architecture_prices_every_component_with_sources(command):
    answer = command("describe", "reckon")
    assert answer.status == 0
    rows = _rows(answer.out)
    start = rows.index(["component", "action", "energy", "leakage", "area", "from"])
    priced = [row for row in rows[start + 1 :] if len(row) == 6 and row[0]]
    found = {row[0] for row in priced}
    assert {"neurons", "winp", "wrec", "wout", "soma.sweep", "plasticity.update_recurrent", "random"} <= found
    assert all(row[5] for row in priced)
    assert "phases of a time step: deliver -> step -> classify -> request" in answer.out


DATAPATHS = ["datapath", "operations", "critical path", "depth", "interval", "registers", "area", "energy per update"]


def test_describe_places_datapaths_on_the_clock_of_a_chip(command):
    answer = command("describe", "reckon", "--set", "clock=300 MHz")
    assert "datapaths at 300 MHz (" in answer.out
    rows = _rows(answer.out)
    placed = {row[0]: row for row in rows[rows.index(DATAPATHS) + 1 :] if len(row) == len(DATAPATHS)}
    row = placed["16 x plasticity.update_input"]
    assert row[1] == "33"
    assert row[2].startswith("5.3")
    assert row[3:5] == ["2", "1"]
    assert int(row[5].removesuffix(" b")) > 0
    assert placed["2 x soma.sweep"][3:6] == ["1", "1", "0 b"]
    clockless = _rows(command("describe", "chips/loihi").out)
    assert clockless[clockless.index(DATAPATHS) + 1][3:6] == ["-", "-", "0 b"]


def test_describe_prices_a_neuron_model_at_two_clocks(command):
    out = command("describe", "neuron", "lif").out
    rows = _rows(out)
    placed = [row for row in rows if row[0] == "per neuron on time step"]
    assert [row[3] for row in placed] == ["1", "3"]
    assert "datapaths at 100 MHz in 28nm, 900 mV (" in out
    assert "datapaths at 500 MHz in 28nm, 900 mV (" in out


def test_describe_rule_shows_state_and_operations(command):
    answer = command("describe", "rule", "eprop")
    assert answer.status == 0
    assert "per synapse: 64 bits (w: float32; eligibility: float32)\n" in answer.out
    assert "per synapse on learning signal: 4 operations, depth 4\n" in answer.out
    assert command("describe", "eprop").out == answer.out


@pytest.mark.parametrize("words", [("neuron", "lif"), ("controller", "tick"), ("workload", "cue_accumulation")])
def test_describe_other_things(words, command):
    answer = command("describe", *words)
    assert (answer.status, answer.err) == (0, "")
    assert words[1].replace("_", "-") in answer.out


def test_describe_takes_markup_as_text(command):
    answer = command("describe", "reckon", "--set", "architecture='[bold]x[/red]'")
    assert answer.out.startswith("[bold]x[/red]\n")


def test_help_imports_nothing_heavy():
    listing = started("-X", "importtime", "-m", "accelsim", "--help")
    assert listing.returncode == 0
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in listing.stderr.splitlines()}
    assert "typer" in imported
    assert sorted(imported & set(HEAVY)) == []


@pytest.mark.parametrize("words", [("describe", "reckon"), ("--help",), ("run", "recon", "cue_accumulation")])
def test_pipes_get_no_escape_codes(words):
    answer = started("-m", "accelsim", *words, TERM="xterm-256color")
    assert "\x1b" not in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_terminal_without_the_letters_is_no_reason_to_stop():
    answer = started("-m", "accelsim", "describe", "reckon", "--set", "description=µ", PYTHONIOENCODING="ascii")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\\xb5\n" in answer.stdout


def test_a_mistake_in_a_process_of_its_own(tmp_path):
    (tmp_path / "chip.yaml").write_text("architecture: a\nextends: reckon\nclock: 13\n")
    answer = started("-m", "accelsim", "run", str(tmp_path / "chip.yaml"), "cue_accumulation")
    assert answer.returncode == 2
    assert answer.stderr == f"{tmp_path}/chip.yaml:3:1  clock: 13 has no unit; expected a frequency such as `200 MHz`\n"
    assert answer.stdout == ""


def test_a_full_disk_behind_the_output(command, monkeypatch):
    def full(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys.stdout, "write", full)
    answer = command("list", "rules")
    assert (answer.status, answer.err) == (2, "output: no space left on device\n")


def _rows(text):
    """Cells of the tables in a text."""
    lines = [re.split("[│┃]", line)[1:-1] for line in text.splitlines() if line.startswith(("│", "┃"))]
    return [[cell.strip() for cell in line] for line in lines]


def test_run_of_an_event_driven_core(command, here):
    answer = command("run", "odin", "cue_accumulation")
    assert answer.status == 2
    assert "network.recurrent: controller `odin` has a layer of outputs only" in answer.err
    assert "learning.rule: controller `odin` learns by `sdsp` only, not by `eprop`" in answer.err
    assert not list(here.iterdir())


def test_export_and_cache(command, here, monkeypatch):
    monkeypatch.setenv("ACCELSIM_CACHE_DIR", str(here / "cache"))
    answer = command("cache")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.splitlines()[0].split() == ["activity", "0", "entries", "0.0", "MB"]
    assert command("cache", "clear").out == f"0 entries removed from {here / 'cache/stages'}\n"
    assert command("cache", "cler").err == "cache: `cler` is nothing to do with it (did you mean `clear`?)\n"
    wrong = command("export", "x", "--format", "xls")
    assert wrong.err == "--format: `xls` is no format; there are: csv, parquet, json\n"
    assert command("export", "x").err == "x  is no study; expected a folder with `study.sqlite`\n"
