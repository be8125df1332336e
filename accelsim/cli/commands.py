"""What the commands `run`, `report` and `validate` do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from accelsim.cli.progress import console, run_progress
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check, choose_from
from accelsim.config.loader import load_document
from accelsim.config.overrides import Override, parse_override

SHOWN_FAILURES = 5
CHIPS = "chips"
"""What `validate` is told instead of a folder."""


def usage(path: str, message: str) -> ConfigError:
    """A mistake in a flag."""
    return ConfigError(Problem(path=path, message=message))


def check_engine(engine: str) -> Any:
    """The engine of that name."""
    from accelsim.engine.choice import ENGINES

    if engine not in ENGINES:
        raise usage("--engine", f"`{engine}` is no engine{choose_from(engine, ENGINES)}")
    return engine


def load_plugins(files: Sequence[str]) -> None:
    """Execute plug-in files: the user named them."""
    if not files:
        return
    from accelsim.simulation.plugins import load_plugins as load

    load(files)


def split_settings(settings: Sequence[str]) -> dict[str, list[Override]]:
    """Settings of the architecture and of the workload, by kind."""
    found: dict[str, list[Override]] = {"architecture": [], "workload": []}
    problems: list[Problem] = []
    for text in settings:
        try:
            override = parse_override(text)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        kind, *path = override.path
        if kind in found and path:
            found[kind].append(replace(override, path=tuple(path)))
        else:
            found["architecture"].append(override)
    check(problems)
    return found


def load_set(name: str, kind: str, overrides: Sequence[Override], base: Document | None = None) -> Document:
    """A document, read unless it is given, with settings, which may only change keys that it may have."""
    from accelsim.config.keys import unknown_key
    from accelsim.simulation.kinds import architecture_model, workload_model

    document = base or load_document(name, kind)
    model = (architecture_model if kind == "architecture" else workload_model)(document)
    problems = []
    for override in overrides:
        message = unknown_key(override.path, document, model)
        if message is not None:
            problems.append(Problem(override.origin.file, message=message))
    check(problems)
    return document.with_overrides(overrides)


def load_pair(architecture: str, workload: str, settings: Sequence[str]) -> tuple[Document, Document]:
    """Both documents with their settings; the problems of both are told together."""
    from accelsim.simulation.kinds import described_for

    parts = split_settings(settings)
    problems: list[Problem] = []
    chip = task = None
    try:
        task = load_set(workload, "workload", parts["workload"])
    except ConfigError as error:
        problems.extend(error.problems)
    try:
        base = load_document(architecture, "architecture")
        base = base if task is None else described_for(base, task)
        chip = load_set(architecture, "architecture", parts["architecture"], base)
    except ConfigError as error:
        problems = [*error.problems, *problems]
    if problems or chip is None or task is None:
        raise ConfigError(problems)
    return chip, task


def parse_window(text: str | None) -> tuple[int, int] | None:
    """A range of time steps from `FROM:TO`."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not (colon and first.isdecimal() and last.isdecimal() and int(first) < int(last)):
        raise usage("--window", f"'{text}' is no range of time steps; write it as FROM:TO, e.g. 2100:2110")
    return int(first), int(last)


def run(
    architecture: str,
    workload: str,
    engine: str,
    out: str | None,
    settings: Sequence[str],
    seed: int,
    window: str | None,
    trace: str | None,
    plugins: Sequence[str],
    overwrite: bool,
    resume: bool,
    l2m_log: str | None = None,
    shown: str | None = None,
) -> None:
    """Simulate, save, draw, summarise."""
    chosen = check_engine(engine)
    ticks = parse_window(window)
    if shown is not None and trace is None:
        raise usage("--components", "chooses what `--trace FILE` shows, which is not given")
    globs = [glob.strip() for glob in shown.split(",")] if shown else []
    load_plugins(plugins)
    documents = load_pair(architecture, workload, settings)

    from accelsim.simulation.kinds import runs_in_steps

    folder = Path(out) if out else Path("runs") / f"{documents[0].name}-{documents[1].name}"
    if runs_in_steps(*documents):
        for flag, given in (("--window", window), ("--trace", trace)):
            if given is not None:
                raise usage(flag, "chips of many cores have no timeline of single events")
        if l2m_log is not None:
            raise usage("--l2m-log", "chips of many cores without a learning unit have nothing to log")
        if resume:
            raise usage("--resume", "runs of networks step by step cannot be resumed")
        _run_steps(documents, chosen, folder, seed, overwrite=overwrite or out is None)
        return

    from accelsim.cli.interrupting import interruptible, keeper_of
    from accelsim.formats.atomic import check_writable
    from accelsim.simulation.l2m import write_stream_log
    from accelsim.simulation.run import check_window
    from accelsim.simulation.run import run as simulate
    from accelsim.simulation.setup import prepare
    from accelsim.simulation.timeline import check_components, check_timeline, write_timeline

    setup = prepare(*documents, seed)
    if l2m_log is not None and setup.workload.tasks is None:
        raise usage("--l2m-log", "the workload has no `tasks`: there is nothing to log")
    if ticks is not None:
        check_window(ticks, setup.ticks)
    if trace is not None:
        check_writable(trace)
        check_timeline(trace)
        check_components(globs, setup)
    keeper = keeper_of(folder, setup, resume=resume, overwrite=overwrite or out is None)
    screen = console()
    with interruptible(keeper), run_progress(screen) as progress:
        result = simulate(setup, engine=chosen, window=ticks, progress=progress, keeper=keeper)
    result.save(folder, overwrite=True)
    if trace is not None and result.window is not None:
        write_timeline(trace, result.window, globs)

    if l2m_log is not None:
        write_stream_log(l2m_log, result.tables, result.about)

    from accelsim.report import report as draw
    from accelsim.report.summary import print_summary

    draw(folder)
    print_summary(result, screen)
    screen.print(f"results in {folder}: report.html, result.json, epochs.csv, steps.csv, timeline.json, figures/")


def _run_steps(documents: tuple[Document, Document], engine: Any, folder: Path, seed: int, *, overwrite: bool) -> None:
    """Run a network on a chip of many cores."""
    from accelsim.formats.atomic import prepare_output_directory
    from accelsim.simulation.stepped_run import run_stepped
    from accelsim.simulation.stepped_setup import prepare_stepped

    setup = prepare_stepped(*documents, seed)
    prepare_output_directory(folder, marker="result.json", overwrite=overwrite)
    screen = console()
    with run_progress(screen) as progress:
        result = run_stepped(setup, engine=engine, progress=progress)
    result.save(folder, overwrite=True)

    from accelsim.report import report as draw
    from accelsim.report.steps import steps_summary

    draw(folder)
    screen.print(steps_summary(result))
    screen.print(
        f"results in {folder}: report.html, result.json, steps.csv, cores.csv, links.csv, energy.csv, figures/"
    )


def report(folder: str, formats: list[str] | None = None, labels: list[str] | None = None) -> None:
    """Draw a run or a sweep again."""
    from accelsim.report import report as draw
    from accelsim.report.drawing import FORMATS

    for path in draw(Path(folder), formats or FORMATS, parse_labels(labels or [])):
        print(path)


def parse_labels(given: Sequence[str]) -> dict[int, str]:
    """Names of points by id, from `ID=TEXT` or `ID`."""
    found = {}
    for each in given:
        number, _, text = each.partition("=")
        if not (number.isascii() and number.isdigit()):
            raise usage("--label", f"`{each}` does not begin with the id of a point; write it like `12=as built`")
        found[int(number)] = text.strip() or f"#{int(number)}"
    return found


def validate_chips(targets: str | None, json_file: str | None) -> None:
    """Published chips, one line a figure, last line the summary."""
    from accelsim.formats.atomic import check_writable, write_text_atomic
    from accelsim.validation.chips import compare, implied_overhead

    if json_file is not None:
        check_writable(json_file)
    rows = []
    for row in compare(targets):
        print(row.line(), flush=True)
        rows.append(row)
    if json_file is not None:
        data = [asdict(row) | {"verdict": row.verdict} for row in rows]
        write_text_atomic(Path(json_file), json.dumps(data, indent=1))
    implied, used = implied_overhead()
    print(f"overhead on dynamic energy, fitted on ODIN alone: {used:.3g} in use, {implied:.3g} would meet its figure")
    calibrated = [row for row in rows if row.predicted is not None and row.predicted.calibrated]
    compared = [row for row in rows if row.verdict != "alone"]
    blind = [row for row in compared if row not in calibrated]
    outside = [row for row in compared if row.verdict == "outside"]
    inside = sum(row.verdict == "inside" for row in blind)
    print(
        f"{len(rows)} figures, {len(compared)} compared: {inside} of {len(blind)} blind ones inside their band, "
        f"{len(compared) - len(blind)} calibrated; {len(outside)} outside"
    )
    if outside:
        raise SystemExit(1)


def validate(folder: str, targets: str | None, engine: str, pattern: str, json_file: str | None) -> None:
    """Replay golden cases, one line a case, last line the summary."""
    if targets is not None:
        raise usage("validate", f"`{targets}`: a table of published figures goes with `accelsim validate {CHIPS}`")
    chosen = check_engine(engine)

    from accelsim.formats.atomic import check_writable, write_text_atomic
    from accelsim.validation import validate_folder

    if json_file is not None:
        check_writable(json_file)
    reports = []
    for case in validate_folder(folder, engine=chosen, pattern=pattern):
        print(case.line(), flush=True)
        reports.append(case)
    failed = sum(not case.passed and case.skipped is None for case in reports)
    skipped = sum(case.skipped is not None for case in reports)
    values = sum(case.values for case in reports)
    mismatches = sum(case.mismatches for case in reports)
    if json_file is not None:
        write_text_atomic(Path(json_file), json.dumps([case.as_data() for case in reports], indent=1))
    print(
        f"{len(reports) - failed - skipped} passed, {failed} failed, {skipped} skipped; "
        f"{values} values compared, {mismatches} mismatches"
    )
    if failed:
        raise SystemExit(1)
