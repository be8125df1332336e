"""What the command `compare` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from accelsim.cli.progress import console
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.config.node import Origin
from accelsim.config.overrides import Override
from accelsim.report.compare import VERSIONS, Side, versions_in

KINDS = ("architecture", "workload")
HASH = "#"
"""Between a study and the id of one of its points."""


def compare(a: str, b: str, as_json: bool, out: str | None) -> None:
    """Print what differs between two runs, or two points of studies, and what that changed; save it if asked to."""
    from accelsim.formats.atomic import write_text_atomic
    from accelsim.report.compare import compare as compared
    from accelsim.report.compare_text import data, markdown, rendered

    comparison = compared(_load(a), _load(b))
    if out is not None:
        write_text_atomic(out, markdown(comparison))
    if as_json:
        print(json.dumps(data(comparison), indent=1, allow_nan=False, default=str))
    else:
        console().print(rendered(comparison))


def _load(place: str) -> Side:
    study, hash_, point = place.rpartition(HASH)
    if hash_ and not Path(place).exists():
        return _point(place, study, point)
    return _run(place)


def _run(place: str) -> Side:
    """A run, with the technology files it was priced with."""
    from accelsim.explore.store import DATABASE
    from accelsim.formats.json_file import damaged, read_json
    from accelsim.report.load import RESULT, load_run
    from accelsim.report.steps import is_steps, load_steps

    folder = Path(place)
    path = folder / RESULT
    if (folder / DATABASE).is_file() and not path.is_file():
        raise ConfigError(Problem(place, message=f"is a study; name one of its points, as `{folder}{HASH}0`"))
    try:
        run = load_steps(folder) if path.is_file() and is_steps(folder) else load_run(folder)
        accounts, about = read_json(path).get("accounts", {}), run.about
        files = {f"memory technology {name}": each for name, each in accounts.get("memory_technologies", {}).items()}
        if technology := accounts.get("technology") or about.get("process"):
            files[f"technology {about['technology']}"] = technology
        side = Side.of_run(place, run, files)
        return replace(side, defaults=_defaults({kind: side.inputs[kind] for kind in KINDS}))
    except KeyError as error:
        raise damaged(path, f"`{error.args[0]}` is missing") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise damaged(path, str(error)) from None


def _point(place: str, study: str, number: str) -> Side:
    """A finished point of a study."""
    from accelsim.explore.store import DATABASE, read_study
    from accelsim.formats.json_file import check_version, damaged

    if not number.isdecimal():
        raise ConfigError(Problem(place, message=f"expected STUDY{HASH}ID, the id of a point being a whole number"))
    found = read_study(study)
    path = Path(study) / DATABASE if Path(study).is_dir() else Path(study)
    check_version(path, found.summary.get("accelsim"))
    rows = {point.id: (point, status, outcome) for point, status, outcome in found.rows}
    if int(number) not in rows:
        there = f"; there are {min(rows)} to {max(rows)}" if rows else ""
        raise ConfigError(Problem(place, message=f"the study has no point {number}{there}"))
    point, status, outcome = rows[int(number)]
    if status != "done":
        reason = f"failed: {outcome.message}" if status == "failed" else f"is {status}: it has no result yet"
        raise ConfigError(Problem(place, message=f"point {number} {reason}"))
    try:
        documents = _documents(found.summary, point.axes, point.bases)
        plugins = found.summary["plugins"]
        inputs = {
            **documents,
            "seed": point.seed,
            "engine": found.summary["engine"],
            **({"plugins": plugins} if plugins else {}),
            VERSIONS: versions_in(found.summary),
        }
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise damaged(path, f"cannot tell what point {number} was run with ({error})") from None
    title = " on ".join(document[kind] for kind, document in documents.items())
    axes = ", ".join(f"{name.rpartition('.')[2]}={label}" for name, label in point.axes.items() if label is not None)
    title = f"{title}, {axes}" if axes else title
    return Side(place, title, inputs, outcome.metrics, defaults=_defaults(documents))


def _defaults(documents: Mapping[str, Any]) -> dict[str, Any]:
    """Architecture and workload with the defaults of their schemas; without those that only a plug-in completes."""
    from accelsim.architecture.roles import plain
    from accelsim.config.model import validate
    from accelsim.simulation.kinds import architecture_model, workload_model

    found = {}
    for (kind, data), model in zip(documents.items(), (architecture_model, workload_model), strict=True):
        with suppress(ConfigError):
            document = Document.of(data, kind)
            found[kind] = plain(validate(document, model(document)))
    return found


def _documents(summary: Any, labels: Any, bases: Any) -> dict[str, dict[str, Any]]:
    """Architecture and workload of a point: what the study was based on, and what its axes set."""
    from accelsim.config.model import validate
    from accelsim.explore.points import axes
    from accelsim.explore.schema import SweepDocument

    document = Document.of(summary["resolved"], "sweep")
    plan = validate(document, SweepDocument)
    settings: dict[str, Any] = {}
    for axis in axes(plan, document):
        if axis.applies(labels):
            chosen = {choice.label: choice for choice in axis.choices}[labels[axis.name]]
            settings |= {key: override.value for key, override in chosen.settings.items()}
    found = {}
    for kind in KINDS:
        known = summary[kind] if isinstance(summary[kind], list) else [summary[kind]]
        base = known[plan.bases(kind).index(bases[kind])]["resolved"]
        own = [
            Override(tuple(path), value, Origin(key))
            for key, value in settings.items()
            for of, *path in [key.split(".")]
            if of == kind
        ]
        found[kind] = Document.of(base, kind).with_overrides(own).data
    return found
