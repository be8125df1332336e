"""Write the report of a directory into it."""

from __future__ import annotations

from pathlib import Path

from accelsim.config.errors import ConfigError, Problem
from accelsim.formats.atomic import write_bytes_atomic, write_text_atomic
from accelsim.report.drawing import Drawn
from accelsim.report.figures import run_figures
from accelsim.report.load import RESULT, load_run
from accelsim.report.noc import NOC, latency_figure, load_curve
from accelsim.report.page import run_page
from accelsim.report.steps import is_steps, load_steps, steps_figures, steps_page
from accelsim.report.study.configurations import FILE, configurations_section, configurations_table
from accelsim.report.study.data import SWEEP, load_sweep
from accelsim.report.study.page import sweep_page
from accelsim.report.study.pareto import sweep_figures

PAGE, FIGURES = "report.html", "figures"


def report(folder: Path | str) -> list[Path]:
    """Draw a run or a sweep: `figures/*.svg`, `figures/*.png` and `report.html`, each whole or not at all.

    A sweep over several seeds also gets `configurations.md`, the means of its objectives over them.
    Of a latency-throughput curve of a network, only the figure is drawn.

    Parameters
    ----------
    folder : directory with `result.json` of a run, `sweep.json` and `points.csv` of a sweep, or `noc.json` of a curve.

    Returns
    -------
    list of Path
        The files that were written, the page last.

    Raises
    ------
    ConfigError
        If the folder holds none of them, a file is damaged, or a file cannot be written.
    """
    folder = Path(folder)
    if (folder / NOC).is_file():
        return _write_figures(folder / FIGURES, [latency_figure(load_curve(folder))])
    if (folder / SWEEP).is_file():
        sweep = load_sweep(folder)
        drawn = sweep_figures(sweep)
        repeated = sweep.seeds > 1 and bool(sweep.objectives)
        page = sweep_page(sweep, drawn, configurations_section(sweep) if repeated else "")
        if repeated:
            write_text_atomic(folder / FILE, configurations_table(sweep))
    elif (folder / RESULT).is_file() and is_steps(folder):
        run = load_steps(folder)
        drawn = steps_figures(run)
        page = steps_page(run, drawn)
    elif (folder / RESULT).is_file():
        run = load_run(folder)
        drawn = run_figures(run)
        page = run_page(run, drawn)
    else:
        message = f"is no run or sweep directory; expected a folder with `{RESULT}` or `{SWEEP}`"
        raise ConfigError(Problem(str(folder), message=message))
    written = _write_figures(folder / FIGURES, drawn)
    write_text_atomic(folder / PAGE, page)
    return [*written, folder / PAGE]


def _write_figures(folder: Path, drawn: list[Drawn]) -> list[Path]:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(Problem(str(folder), message=f"cannot be made: {reason}")) from None
    written = []
    for figure in drawn:
        for ending, content in (("svg", figure.svg), ("png", figure.png)):
            path = folder / f"{figure.name}.{ending}"
            write_bytes_atomic(path, content)
            written.append(path)
    return written
