"""Golden cases of kind `l2m-log`: logs of lifelong learning, and the figures that others computed from them.

A folder holds `logs/<scenario>` (runs of one learner; `ste-*` are runs of single-task experts) and at least one of

* `l2metrics_output*.json`: what l2metrics 3.1.0 wrote for one scenario or a list of them, run with
  `-n none -g none -m both -t both`; each names its scenario in `run_id`, and NaN may stand for what is undefined;
* `expected_by_numpy.json`: accuracy matrix R with its baseline in the first row, ACC, BWT, FWT, both kinds of
  forgetting, maintenance and transfer by task; for the only scenario (that there is, or that l2metrics told of), or by
  scenario. `logs/accuracy_rows.json` is R once more.

Every figure with a known name must agree within `TOLERANCE`; other names are told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.formats.json_file import damaged, read_json_value
from accelsim.formats.l2m_log import L2MLog, read_log
from accelsim.metrics.l2m import LifetimeFigures, accuracy_matrix, l2m_figures
from accelsim.metrics.l2m_blocks import Block, blocks_of
from accelsim.metrics.l2m_experts import experts_of
from accelsim.metrics.matrix import AccuracyMatrix
from accelsim.validation.runner import CaseReport, Check, Folder, Replay

TOLERANCE = 1e-5
"""Largest difference, relative to values above 1."""
EXPERT = "ste-"
"""How names of experts' folders begin."""
_SCENARIO = ("complexity", "difficulty", "scenario_type")
_BY_EXPERT = ("ste_rel_perf_vals", "ste_saturation_vals", "ste_exp_to_sat_vals", "se_saturation_vals",
              "se_exp_to_sat_vals", "sample_efficiency_vals")  # fmt: skip
"""Lists in the order in which experts were stored, which no file tells: compared sorted."""
_OF_MATRIX = {"ACC": "acc", "BWT": "bwt", "FWT": "fwt", "Avalanche StreamForgetting": "forgetting_last",
              "Chaudhry forgetting": "forgetting_max"}  # fmt: skip
_NOT_FIGURES = {"run_id", "rows"}


@dataclass(frozen=True)
class Run:
    """A scenario and its experts, read when first asked for."""

    logs: Path
    name: str

    @cached_property
    def log(self) -> L2MLog:
        """The scenario's log."""
        return read_log(self.logs / self.name)

    def blocks(self, log: L2MLog, measure: str) -> list[Block]:
        """The blocks of a log by a measure."""
        path = self.logs / log.name
        if measure not in log.measures:
            message = f"no measure `{measure}`{choose_from(measure, log.measures)}"
            raise ConfigError(Problem(str(path / "logger_info.json"), path="metrics_columns", message=message))
        blocks = blocks_of(log, measure)
        if not blocks:
            raise ConfigError(Problem(str(path), message=f"no complete experience has a value of {measure}"))
        return blocks

    def figures(self, measure: str) -> LifetimeFigures:
        """All figures by a measure."""
        names = [path.name for path in _folders(self.logs) if path.name.startswith(EXPERT)]
        experts = {str(self.logs / name): self.blocks(read_log(self.logs / name), measure) for name in names}
        return l2m_figures(self.blocks(self.log, measure), experts_of(experts))


def cases(folder: Folder) -> list[Replay]:
    """Each scenario against l2metrics, and against numpy where there is such a file."""
    logs = folder.path / "logs"
    runs = {path.name: Run(logs, path.name) for path in _folders(logs) if not path.name.startswith(EXPERT)}
    if not runs:
        raise ConfigError(Problem(str(logs), message="no logs of scenarios"))
    outputs = _outputs(folder.path, list(runs))
    recomputed = _recomputed(folder.path, list(outputs) if len(outputs) == 1 else list(runs))
    if not outputs and not recomputed:
        raise ConfigError(
            Problem(str(folder.path), message="neither `l2metrics_output.json` nor `expected_by_numpy.json`")
        )
    replays = []
    for name in sorted(runs.keys() | outputs.keys() | recomputed.keys()):
        run = runs.get(name)
        replays.append(Replay(name, partial(_replay, name, run, outputs.get(name), _against_l2metrics)))
        if name in recomputed:
            numpy_name = f"{name}.numpy"
            replays.append(Replay(numpy_name, partial(_replay, numpy_name, run, recomputed[name], _against_numpy)))
    return replays


def _replay(name: str, run: Run | None, expected: Mapping[str, Any] | None, compare: Any, engine: str) -> CaseReport:
    if expected is None:
        return CaseReport(name, "metrics", (), skipped="no figures to compare with")
    if run is None:
        return CaseReport(name, "metrics", (), error="figures of a scenario that has no log")
    try:
        differences = Differences()
        unknown = [key for key in compare(run, expected, differences) if key not in _NOT_FIGURES]
    except ConfigError as error:
        return CaseReport(name, "metrics", (), error=str(error.problems[0]))
    notes = [f"largest difference {differences.largest:.1e}"]
    if unknown:
        notes.append(f"not compared: {', '.join(unknown)}")
    return CaseReport(name, "metrics", tuple(differences.checks), tuple(notes))


class Differences:
    """Comparisons of figures, number by number."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.largest = 0.0

    def compare(self, what: str, found: Any, expected: Any) -> None:
        """Compare two figures: texts, numbers, or lists and mappings of them; None is undefined, as is NaN."""
        leaves = list(_leaves("", found, expected))
        wrong = []
        for where, a, b in leaves:
            difference = _difference(a, b)
            if difference > TOLERANCE:
                wrong.append(f"{where} {_shown(a)} against {_shown(b)}".strip())
            else:
                self.largest = max(self.largest, difference)
        self.checks.append(Check(what, len(leaves), len(wrong), wrong[0] if wrong else ""))


def _against_l2metrics(run: Run, expected: Mapping[str, Any], differences: Differences) -> list[str]:
    """Compare with an output of l2metrics; return the names of what is not compared."""
    if expected.get("normalization_data_range") is not None:
        message = "figures of normalised performance; l2metrics is to be run with `-n none -g none`"
        raise ConfigError(Problem(path="normalization_data_range", message=message))
    measure = str(expected.get("metrics_column", run.log.measures[0]))
    found = asdict(run.figures(measure))
    found |= {key: run.log.scenario.get(key, "") for key in _SCENARIO}
    found |= {"metrics_column": measure, "runtime": _runtime_s(run.log, measure), "normalization_data_range": None}
    tasks = found.pop("task_metrics")
    unknown = []
    for name, value in expected.items():
        if name in found:
            differences.compare(name, found[name], value)
        elif name != "task_metrics":
            unknown.append(name)
    expected_tasks = _mapping(expected.get("task_metrics", {}), "task_metrics")
    if expected_tasks:
        differences.compare("tasks", sorted(tasks), sorted(expected_tasks))
    for task in tasks.keys() & expected_tasks.keys():
        for name, value in _mapping(expected_tasks[task], f"task_metrics.{task}").items():
            if name in _BY_EXPERT:
                differences.compare(f"{task}.{name}", _in_order(tasks[task][name]), _in_order(value))
            elif name in tasks[task]:
                differences.compare(f"{task}.{name}", tasks[task][name], value)
            else:
                unknown.append(f"{task}.{name}")
    return unknown


def _against_numpy(run: Run, expected: Mapping[str, Any], differences: Differences) -> list[str]:
    """Compare with figures computed from the accuracy matrix; return the names of what is not compared."""
    measure = run.log.measures[0]
    matrix = accuracy_matrix(run.blocks(run.log, measure))
    tasks = asdict(l2m_figures(run.blocks(run.log, measure)))["task_metrics"]
    unknown = []
    for name, value in expected.items():
        plain = name.split(" (")[0]
        per_task = re.fullmatch(r"l2m (\w+) per task", name)
        kind = re.fullmatch(r"l2m (forward|backward)_transfer", name)
        if name in ("R", "accuracy_rows"):
            differences.compare(name, _rows(matrix), value)
        elif plain in _OF_MATRIX:
            differences.compare(plain, getattr(matrix, _OF_MATRIX[plain]), value)
        elif per_task and all(per_task[1] in figures for figures in tasks.values()):
            found = {task: tasks[task][per_task[1]] for task in _mapping(value, name) if task in tasks}
            differences.compare(per_task[1], found, value)
        elif kind:
            differences.compare(name.removeprefix("l2m "), _pairs(tasks, kind[0].removeprefix("l2m ")), value)
        else:
            unknown.append(name)
    return unknown


def _rows(matrix: AccuracyMatrix) -> list[list[float]]:
    baseline = np.full(len(matrix.tasks), np.nan) if matrix.baseline is None else matrix.baseline
    return [baseline.tolist(), *matrix.accuracy.tolist()]


def _pairs(tasks: Mapping[str, Any], name: str) -> dict[str, dict[str, float]]:
    """First transfer of each pair of tasks, by `<trained>-><tested>` and kind."""
    found: dict[str, dict[str, float]] = {}
    for kind in ("ratio", "contrast"):
        for trained, figures in tasks.items():
            for tested, values in figures[f"{name}_{kind}"].items():
                found.setdefault(f"{trained}->{tested}", {})[kind] = values[0]
    return found


def _runtime_s(log: L2MLog, measure: str) -> float:
    column = log.measures.index(measure)
    counted = [one for one in log.experiences if one.status == "complete" and one.values[column] is not None]
    times = [one.time_us for one in counted]
    return (max(times) - min(times)) / 1e6


def _leaves(where: str, found: Any, expected: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield place, found and expected value of every leaf; what stands on one side only is missing on the other."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys([*expected, *found]):
            yield from _leaves(f"{where}[{key}]", found.get(key, "nothing"), expected.get(key, "nothing"))
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield where, f"{len(found)} values", f"{len(expected)} values"
            return
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            yield from _leaves(f"{where}[{i}]", a, b)
    else:
        yield where, found, expected


def _difference(found: Any, expected: Any) -> float:
    """Difference of two leaves, relative for values above 1; infinite where they are not alike."""
    if _undefined(found) or _undefined(expected):
        return 0.0 if _undefined(found) and _undefined(expected) else math.inf
    if not (_number(found) and _number(expected)):
        return 0.0 if found == expected else math.inf
    return abs(found - expected) / max(1.0, abs(expected))


def _undefined(value: Any) -> bool:
    """None, or what JSON writes as null or NaN: what is divided by nothing, too, has no figure."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _shown(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_order(values: Any) -> Any:
    plain = isinstance(values, list) and all(_number(value) for value in values)
    return sorted(values) if plain else values


def _folders(logs: Path) -> list[Path]:
    if not logs.is_dir():
        raise ConfigError(Problem(str(logs), message="no such folder"))
    return sorted(path for path in logs.iterdir() if path.is_dir() and not path.name.startswith("."))


def _outputs(folder: Path, scenarios: list[str]) -> dict[str, dict[str, Any]]:
    """Return outputs of l2metrics by scenario."""
    outputs = []
    for path in sorted(folder.glob("l2metrics_output*.json")):
        data = read_json_value(path, nan=True)
        for one in data if isinstance(data, list) else [data]:
            if not isinstance(one, dict) or not isinstance(one.get("run_id", ""), str):
                raise damaged(path, "expected an object of figures, or a list of such")
            outputs.append(one)
    if len(outputs) == len(scenarios) == 1:
        return {scenarios[0]: outputs[0]}
    return {one.get("run_id", ""): one for one in outputs}


def _recomputed(folder: Path, scenarios: list[str]) -> dict[str, dict[str, Any]]:
    """Return what numpy computed, by scenario."""
    path, rows = folder / "expected_by_numpy.json", folder / "logs" / "accuracy_rows.json"
    figures: dict[str, Any] = {}
    if path.exists():
        data = read_json_value(path, nan=True)
        if not isinstance(data, dict):
            raise damaged(path, "expected an object of figures")
        if data and data.keys() <= set(scenarios):
            return {name: _mapping(one, name) for name, one in data.items()}
        figures = data
    if rows.exists():
        figures = {**figures, "accuracy_rows": read_json_value(rows, nan=True)}
    if figures and len(scenarios) != 1:
        raise ConfigError(Problem(str(path), message=f"does not say which of {', '.join(scenarios)} it is about"))
    return {scenarios[0]: figures} if figures else {}


def _mapping(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(Problem(path=key, message="expected an object of figures"))
    return value
