"""Write the report of a directory into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.formats.atomic import write_bytes_atomic, write_text_atomic
from accelsim.report.drawing import FORMATS, Drawn, in_formats
from accelsim.report.figures import run_figures
from accelsim.report.load import RESULT, load_run
from accelsim.report.noc import NOC, latency_figure, load_curve
from accelsim.report.page import run_page
from accelsim.report.quantity import printable
from accelsim.report.steps import is_steps, load_steps, steps_figures, steps_page
from accelsim.report.study.configurations import FILE, configurations_table
from accelsim.report.study.data import SWEEP, load_sweep
from accelsim.report.study.figures import sweep_figures
from accelsim.report.study.page import sweep_page

PAGE, FIGURES = "report.html", "figures"


def report(folder: Path | str, formats: Sequence[str] = FORMATS, labels: Mapping[int, str] | None = None) -> list[Path]:
    """Draw a run or a sweep: `figures/*.svg`, `*.png`, `*.pdf` and `report.html`, each whole or not at all.

    A sweep with objectives also gets `configurations.md`, the means of its objectives over seeds.
    Of a latency-throughput curve of a network, only the figure is drawn.

    Parameters
    ----------
    folder : directory with `result.json` of a run, `sweep.json` and `points.csv` of a sweep, or `noc.json` of a curve.
    formats : of the figures, some of `svg`, `png` and `pdf`.
    labels : names for the designs of some points of a sweep, by id, beside those that the sweep gives.

    Returns
    -------
    list of Path
        The files that were written, the page last.

    Raises
    ------
    ConfigError
        If the folder holds none of them, a file is damaged, a file cannot be written, or a format is unknown.
    """
    folder = Path(folder)
    _check_formats(formats)
    if labels and not (folder / SWEEP).is_file():
        raise ConfigError(Problem(path="--label", message=f"{folder} is no sweep, so it has no points to name"))
    wanted = partial(in_formats, formats=formats)
    if (folder / NOC).is_file():
        return _write_figures(folder / FIGURES, wanted([latency_figure(load_curve(folder))]))
    if (folder / SWEEP).is_file():
        sweep = load_sweep(folder, labels)
        drawn = wanted(sweep_figures(sweep))
        page = sweep_page(sweep, drawn)
        if sweep.tabled:
            write_text_atomic(folder / FILE, configurations_table(sweep))
    elif (folder / RESULT).is_file() and is_steps(folder):
        run = load_steps(folder)
        drawn = wanted(steps_figures(run))
        page = steps_page(run, drawn)
    elif (folder / RESULT).is_file():
        run = load_run(folder)
        drawn = wanted(run_figures(run))
        page = run_page(run, drawn)
    else:
        message = f"is no run or sweep directory; expected a folder with `{RESULT}` or `{SWEEP}`"
        raise ConfigError(Problem(str(folder), message=message))
    written = _write_figures(folder / FIGURES, drawn)
    write_text_atomic(folder / PAGE, page)
    return [*written, folder / PAGE]


def _check_formats(formats: Sequence[str]) -> None:
    expected = f"expected one of {', '.join(FORMATS)}"
    unknown = [name for name in formats if name not in FORMATS]
    check(Problem("--format", message=f"`{printable(name)}` is no format; {expected}") for name in unknown)


def _write_figures(folder: Path, drawn: list[Drawn]) -> list[Path]:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(Problem(str(folder), message=f"cannot be made: {reason}")) from None
    written = []
    for figure in drawn:
        for ending in figure.formats:
            path = folder / f"{figure.name}.{ending}"
            write_bytes_atomic(path, figure.file(ending))
            written.append(path)
    return written
