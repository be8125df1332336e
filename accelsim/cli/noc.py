"""What the command `noc` does: latency against load of a network on chip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelsim.cli.commands import load_set, usage
from accelsim.cli.progress import console, noc_progress
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.node import Origin
from accelsim.config.overrides import Override, parse_override

DEFAULT_NAME = "router"
MOST_TERMINAL_CYCLES = 20_000_000
"""Terminals times cycles of a measurement: beyond it, overload takes gigabytes of packets."""
MOST_LOADS = 200


def noc(
    architecture: str | None,
    pattern: str,
    size: int,
    loads: str | None,
    shape: dict[str, Any],
    settings: Sequence[str],
    windows: tuple[int, int, int],
    seed: int,
    out: str | None,
    overwrite: bool,
) -> None:
    """Measure, save, draw, tell."""
    from accelsim.engine.noc.curve import SUB_WINDOWS, Bench, Windows, measure_curve
    from accelsim.engine.noc.traffic import Pattern

    chosen = parse_loads(loads)
    name, config = network(architecture, shape, settings)
    try:
        traffic = Pattern(config, pattern)
    except ConfigError as error:
        raise usage("--pattern", error.problems[0].message) from None
    bench = Bench(config, traffic, size, Windows(*windows), seed)
    if config.cores * bench.windows.end > MOST_TERMINAL_CYCLES:
        most = MOST_TERMINAL_CYCLES // config.cores
        message = f"{bench.windows.end} cycles of {config.cores} terminals are too many; at most {most} with --warmup"
        raise usage("--measure", f"{message} and --drain")
    if windows[1] < SUB_WINDOWS:
        raise usage("--measure", f"{windows[1]} cycles are too few for {SUB_WINDOWS} parts")

    from accelsim.formats.atomic import prepare_output_directory
    from accelsim.report import report as draw
    from accelsim.report.noc import NOC, curve_data, curve_table, save_curve, summary_line, title

    folder = Path(out) if out else Path("runs") / f"{name}-{pattern}"
    prepare_output_directory(folder, marker=NOC, overwrite=overwrite or out is None)
    screen = console()
    with noc_progress(screen) as progress:
        curve = measure_curve(bench, chosen, progress)
    data = curve_data(name, bench, curve)
    save_curve(folder, data)
    draw(folder)
    screen.print(title(data))
    screen.print(curve_table(data))
    screen.print(summary_line(data))
    screen.print(f"results in {folder}: noc.json, curve.csv, figures/")


def parse_loads(text: str | None) -> list[float] | None:
    """Loads from `0.1,0.2,0.3` or `FROM:TO:STEP`."""
    if text is None:
        return None
    try:
        if ":" in text:
            first, last, step = (float(part) for part in text.split(":"))
            if not (step > 0 and 0 < first <= last):
                raise ValueError
            count = int((last - first) / step + 1e-9) + 1
            loads = [round(first + i * step, 12) for i in range(min(count, MOST_LOADS + 1))]
        else:
            loads = [float(part) for part in text.split(",")]
    except (ValueError, OverflowError):
        message = f"'{text}' is no list of loads; write it as 0.1,0.2,0.3 or FROM:TO:STEP, e.g. 0.05:0.4:0.05"
        raise usage("--loads", message) from None
    if len(loads) > MOST_LOADS:
        raise usage("--loads", f"more than {MOST_LOADS} loads")
    wrong = [load for load in loads if not 0 < load <= 1]
    if wrong:
        raise usage("--loads", f"{wrong[0]:g} is not above 0 and at most 1 flit per terminal and cycle")
    return loads


def network(architecture: str | None, shape: dict[str, Any], settings: Sequence[str]) -> tuple[str, Any]:
    """Name and parameters of the network: that of an architecture, or the default router's.

    Parameters
    ----------
    shape : values of `--topology`, `--width` and `--height`, None where not given
    settings : of keys of the architecture, such as `interconnect.router.buffer_flits=4`
    """
    overrides: list[Override] = []
    problems: list[Problem] = []
    for text in settings:
        try:
            overrides.append(parse_override(text))
        except ConfigError as error:
            problems.extend(error.problems)
    check(problems)
    for key, value in shape.items():
        if value is not None:
            overrides.append(Override(("interconnect", key), value, Origin(f"--{key} {value}")))
    base = _default() if architecture is None else None
    document = load_set(architecture or DEFAULT_NAME, "architecture", overrides, base)

    from accelsim.architecture.interconnect import Interconnect
    from accelsim.architecture.many_core import ManyCore, is_many_core
    from accelsim.config.model import validate
    from accelsim.engine.noc.config import noc_config
    from accelsim.simulation.stepped_setup import router_config, step_costs

    if "interconnect" not in document.data:
        raise ConfigError(Problem(document.file, path="interconnect", message="missing; it has no network to measure"))
    interconnect = validate(document, Interconnect, ("interconnect",))
    if interconnect.topology not in ("mesh", "torus"):
        message = f"`{interconnect.topology}` is no network of routers; expected mesh or torus"
        raise ConfigError(document.problem("interconnect.topology", message))
    if is_many_core(document):  # the hops' latencies are those of its links
        chip = validate(document, ManyCore)
        return document.name, router_config(chip, step_costs(chip))
    return document.name, noc_config(interconnect)


def _default() -> Document:
    """Eight by eight default routers."""
    mesh = {"topology": "mesh", "width": 8, "height": 8}
    return Document.of({"architecture": DEFAULT_NAME, "interconnect": mesh}, "architecture")
