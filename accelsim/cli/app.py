"""The commands.  Everything heavy is imported when a command runs, so that `--help` answers at once."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    name="accelsim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Simulate edge accelerators that keep learning: time, energy, area and learning scores in one run.",
)

_SET = "Change a key of the architecture, or of the workload with `workload.` in front."
_PLUGIN = "Load rules, consolidations or neuron models from a Python file (it is executed)."
_OUT_RUN = "Folder for the results [default: runs/ARCH-WORKLOAD]."
_OUT_SWEEP = "Folder for the results [default: runs/NAME]."
_L2M_LOG = "Write a log of a stream of tasks in the format of the L2M programme here."
_OUT_ABLATE = "Folder for the results [default: runs/ablate-ARCH-WORKLOAD]."
_OUT_NOC = "Folder for the results; runs/ARCH-PATTERN by default."
_NETWORK = "Architecture whose interconnect is measured; without it, 8 x 8 default routers."
_PATTERN = "uniform, transpose, bit-complement, tornado, neighbour or hotspot."
_LOADS = "Flits per core and cycle, as 0.1,0.2 or FROM:TO:STEP; shares of the saturation load by default."
_SET_NOC = "Change a key of the architecture, such as interconnect.router.virtual_channels=4."
_WINDOW = "Time steps that the timeline shows."
_TRACE = "Write the timeline here too: Chrome trace FILE.json, Perfetto FILE.pftrace or waveforms FILE.vcd."
_COMPONENTS = "Only these components in that file, e.g. 'learn,w*'."
_THING = "An architecture, workload, rule, neuron model, technology or memory, e.g. `reckon`, or `rules` for all."

_PLURALS = "One of architectures, workloads, rules, consolidations, neurons, controllers, technologies or memories."
_SCHEMAS = "architecture, workload, sweep, technology or memory_technology."
_FORM = "json: JSON Schema; markdown: the reference of keys in the documentation."
_LABEL = "Name the design of a point of a sweep in every figure; by its number without a text."
_FIGURE = "A metric or a row of a table, e.g. energy.neurons.read, area.neurons; without it, all there are."
_PLACE = "Folder of a run, or an architecture, e.g. chips/loihi."
_CASES = "Folder of golden cases (with a golden.yaml), or `chips`: published chips beside their predicted figures."
_TARGETS = "With `chips`: table of published figures, columns chip, metric, value, unit."
_SET_COST = "Change a key of the architecture that only costs depend on, e.g. technology=22nm or voltage=0.7 V."
_SCHEDULER = "Run points on the Dask cluster there."
_OUT_EXPORT = "File to write [default: export.FORMAT beside the study]."
_OUT_RECOST = "Write the results here too."
_SIDE = "Folder of a run, or STUDY#ID: a point of the study in a folder."
_FORMAT = "Files of the figures, repeatable [default: all three]."
_OUT_COMPARE = "Write the comparison here too, in Markdown."

Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=_SET)]
Plugins = Annotated[list[str] | None, typer.Option("--plugin", metavar="FILE", help=_PLUGIN)]
EngineName = Annotated[str, typer.Option("--engine", help="compiled or simpy; both give the same events.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]


def _version(wanted: bool) -> None:
    if wanted:
        from accelsim import __version__

        typer.echo(f"accelsim {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    del version


@app.command()
def run(
    architecture: Annotated[str, typer.Argument(help="Architecture: a YAML file or a shipped name.")],
    workload: Annotated[str, typer.Argument(help="Workload: a YAML file or a shipped name.")],
    engine: EngineName = "compiled",
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help=_OUT_RUN)] = None,
    settings: Settings = None,
    seed: Seed = 0,
    window: Annotated[str | None, typer.Option("--window", metavar="FROM:TO", help=_WINDOW)] = None,
    trace: Annotated[str | None, typer.Option("--trace", metavar="FILE", help=_TRACE)] = None,
    shown: Annotated[str | None, typer.Option("--components", metavar="NAME,GLOB", help=_COMPONENTS)] = None,
    plugin: Plugins = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    l2m_log: Annotated[str | None, typer.Option("--l2m-log", metavar="DIR", help=_L2M_LOG)] = None,
) -> None:
    """Run a workload on a chip and report time, energy, area and how well it learned."""
    from accelsim.cli import commands

    commands.run(
        *(architecture, workload, engine, out, settings or [], seed, window, trace, plugin or [], overwrite, resume),
        l2m_log=l2m_log,
        shown=shown,
    )


@app.command()
def sweep(
    study: Annotated[str, typer.Argument(help="Sweep: a YAML file.")],
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help=_OUT_SWEEP)] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 2,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted sweep.")] = False,
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="ADDRESS", help=_SCHEDULER)] = None,
    slurm: Annotated[bool, typer.Option("--slurm", help="Run points as jobs of Slurm, so many at once.")] = False,
    settings: Settings = None,
    plugin: Plugins = None,
) -> None:
    """Run the points of a design space."""
    from accelsim.cli import studies

    studies.sweep(study, out, workers, resume, settings or [], plugin or [], scheduler, slurm)


@app.command()
def ablate(
    architecture: Annotated[str, typer.Argument(help="Architecture: a YAML file or a shipped name.")],
    workload: Annotated[str, typer.Argument(help="Workload with `capabilities`: a YAML file or a shipped name.")],
    settings: Settings = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each variant, with seeds from 0.")] = 1,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help=_OUT_ABLATE)] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 2,
    plugin: Plugins = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Price the capabilities of a lifelong learner, each alone and all together, in one table."""
    from accelsim.cli import ablating

    ablating.ablate(architecture, workload, settings or [], seeds, out, workers, plugin or [], overwrite)


@app.command()
def export(
    study: Annotated[str, typer.Argument(help="Folder of a sweep, finished or not.")],
    kind: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv, parquet or json.")] = "csv",
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help=_OUT_EXPORT)] = None,
) -> None:
    """Write the points of a sweep for other tools."""
    from accelsim.cli import studies

    studies.export(study, kind, out)


@app.command()
def cache(
    action: Annotated[str, typer.Argument(help="show or clear.")] = "show",
) -> None:
    """Show what sweeps keep of finished stages for other sweeps, or clear it."""
    from accelsim.cli import studies

    studies.cache(action)


@app.command()
def report(
    folder: Annotated[str, typer.Argument(help="Folder of a run or a sweep.")],
    formats: Annotated[list[str] | None, typer.Option("--format", metavar="svg|png|pdf", help=_FORMAT)] = None,
    labels: Annotated[list[str] | None, typer.Option("--label", metavar="ID[=TEXT]", help=_LABEL)] = None,
) -> None:
    """Draw the figures and the page of a run or a sweep."""
    from accelsim.cli import commands

    commands.report(folder, formats, labels)


@app.command()
def validate(
    folder: Annotated[str, typer.Argument(help=_CASES)],
    targets: Annotated[str | None, typer.Argument(metavar="[TARGETS.csv]", help=_TARGETS)] = None,
    engine: EngineName = "compiled",
    cases: Annotated[str, typer.Option("--cases", metavar="GLOB", help="Only cases whose name matches.")] = "*",
    json_file: Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write all comparisons here.")] = None,
) -> None:
    """Replay golden cases, or compare published chips; exit status 1 if any fails, 2 if the input is malformed."""
    from accelsim.cli import commands

    if folder == commands.CHIPS:
        commands.validate_chips(targets, json_file)
    else:
        commands.validate(folder, targets, engine, cases, json_file)


@app.command()
def noc(
    architecture: Annotated[str | None, typer.Argument(help=_NETWORK)] = None,
    pattern: Annotated[str, typer.Option("--pattern", help=_PATTERN)] = "uniform",
    size: Annotated[int, typer.Option("--size", min=1, max=4096, metavar="FLITS", help="Length of a packet.")] = 1,
    loads: Annotated[str | None, typer.Option("--loads", metavar="LOADS", help=_LOADS)] = None,
    topology: Annotated[str | None, typer.Option("--topology", help="mesh or torus.")] = None,
    width: Annotated[int | None, typer.Option("--width", help="Routers along x.")] = None,
    height: Annotated[int | None, typer.Option("--height", help="Routers along y.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=_SET_NOC)] = None,
    warmup: Annotated[int, typer.Option("--warmup", min=0, help="Cycles before the window.")] = 1000,
    measure: Annotated[int, typer.Option("--measure", min=1, help="Cycles of the window.")] = 4000,
    drain: Annotated[int, typer.Option("--drain", min=0, help="Cycles for its packets to arrive.")] = 4000,
    seed: Seed = 0,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help=_OUT_NOC)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Measure the latency of a network on chip against the load, and where it saturates."""
    from accelsim.cli import noc as tool

    shape = {"topology": topology, "width": width, "height": height}
    windows = (warmup, measure, drain)
    tool.noc(architecture, pattern, size, loads, shape, settings or [], windows, seed, out, overwrite)


@app.command()
def explain(
    place: Annotated[str, typer.Argument(metavar="RUN|CHIP", help=_PLACE)],
    figure: Annotated[str | None, typer.Argument(help=_FIGURE)] = None,
) -> None:
    """Walk from a reported number back through counts, formulas and constants to their sources."""
    from accelsim.cli import costs

    costs.explain(place, figure)


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=_SIDE)],
    b: Annotated[str, typer.Argument(metavar="B", help=_SIDE)],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything that differs as JSON instead.")] = False,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.md", help=_OUT_COMPARE)] = None,
) -> None:
    """Say what differs between two runs, or two points of a study, and what that changed."""
    from accelsim.cli import comparing

    comparing.compare(a, b, as_json, out)


@app.command()
def recost(
    folder: Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run.")],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=_SET_COST)] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help=_OUT_RECOST)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Price a finished run in another technology or at another voltage, without running it again."""
    from accelsim.cli import costs

    costs.recost(folder, settings or [], out, overwrite)


@app.command()
def describe(
    thing: Annotated[list[str], typer.Argument(help=_THING)],
    settings: Settings = None,
    plugin: Plugins = None,
) -> None:
    """Say what a thing is, in words and numbers, with sources."""
    from accelsim.cli import describing

    describing.describe(thing, settings or [], plugin or [])


@app.command(name="list")
def list_(
    kind: Annotated[str, typer.Argument(help=_PLURALS)],
    plugin: Plugins = None,
) -> None:
    """List what there is of a kind."""
    from accelsim.cli import describing

    describing.list_things(kind, plugin or [])


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="rule, neuron or consolidation.")],
    name: Annotated[str, typer.Argument(help="What it shall be called, e.g. `my-rule`.")],
) -> None:
    """Write a plug-in that runs as it is, to start from, and a test beside it."""
    from accelsim.cli import new as writing

    writing.new(kind, name)


@app.command()
def schema(
    kind: Annotated[str, typer.Argument(help=_SCHEMAS)],
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help=_FORM)] = "json",
) -> None:
    """Print the schema of a kind of document: JSON Schema for editors, or every key in words."""
    from accelsim.cli import describing

    describing.schema(kind, form)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs a command; a user's mistake is one clear message and exit status 2."""
    from accelsim.config.errors import ConfigError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no µ is no reason to stop
    try:
        status: Any = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except ConfigError as error:
        _complain(str(error), 2)
    except KeyboardInterrupt:
        _complain("interrupted", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write has no reader
        raise SystemExit(141) from None
    except OSError as error:
        _complain(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}", 2)
    except MemoryError as error:
        _complain(f"not enough memory: {str(error).lower() or 'the network or the data is too large'}", 2)
    except Exception as error:
        message = _usage_message(error)
        if message is None:
            raise
        _complain(message, 2)
    raise SystemExit(status if isinstance(status, int) else 0)


def _usage_message(error: Exception) -> str | None:
    """Message of a mistake on the command line, as the argument parser words it; a missing argument with its help."""
    formatted = getattr(error, "format_message", None)
    if not callable(formatted):
        return None
    message = str(formatted())
    help_text = getattr(getattr(error, "param", None), "help", None)
    return f"{message} {help_text}" if help_text and message.startswith("Missing argument") else message


def _complain(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(status) from None
