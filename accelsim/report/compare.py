"""Two finished runs, or two points of studies: what differs in their inputs, and what that changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from accelsim.report.load import Run

ROUNDING = 1e-12
"""Share of a figure below which two differ by rounding alone."""
VERSIONS = "versions"
LABELS = ("architecture.architecture", "architecture.description", "workload.workload", "workload.description")
"""Keys of inputs that name things and change nothing."""


@dataclass(frozen=True)
class Figure:
    """A number and its band; no band where it is exact."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def banded(self) -> bool:
        """Whether there is a band of some width."""
        return self.low is not None and self.high is not None and self.low < self.high


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    Attributes
    ----------
    place : str
        As the user named it.
    title : str
        Architecture and workload, and the point of a study.
    inputs : nested mapping
        Resolved `architecture` and `workload`, `seed`, `engine`, `versions`.
    metrics : mapping of str to number or None
    files : mapping of str to nested mapping
        Technologies that it was priced with, as far as it keeps them; compared where both sides have one of a name.
    energy_pj : mapping of component to Figure, or None
        Over the run; None where the tables of a run were not kept, as in a study.
    cycles : mapping of state to int, or None
        Over the run; None as above, or where a chip has no clock.
    defaults : nested mapping
        The inputs with what their schemas have for keys that are not set, in SI units.
    """

    place: str
    title: str
    inputs: Mapping[str, Any]
    metrics: Mapping[str, float | int | None]
    files: Mapping[str, Any] = field(default_factory=dict)
    energy_pj: Mapping[str, Figure] | None = None
    cycles: Mapping[str, int] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_run(cls, place: str, run: Run, files: Mapping[str, Any]) -> Side:
        """Make the side of a run; `files` are the technologies that it was priced with."""
        about = run.about
        documents = {kind: about[kind]["resolved"] for kind in ("architecture", "workload")}
        inputs = {
            **documents,
            "seed": about["seed"],
            "engine": about["engine"],
            VERSIONS: versions_in(about),
        }
        energies: dict[str, list[Mapping[str, Any]]] = {}
        for row in run.tables["energy"]:
            energies.setdefault(row["component"], []).append(row)
        cycles: dict[str, int] = {}
        for row in run.tables.get("counters", ()):
            if row["kind"] == "cycles" and row["count"]:
                cycles[row["target"]] = cycles.get(row["target"], 0) + row["count"]
        return cls(
            place,
            f"{about['architecture']['name']} on {about['workload']['name']}",
            inputs,
            run.metrics,
            files,
            {name: _summed(rows) for name, rows in energies.items()},
            cycles or None,
        )


@dataclass(frozen=True)
class InputChange:
    """A key whose values differ; None where it is missing."""

    key: str
    a: Any
    b: Any


@dataclass(frozen=True)
class Change:
    """A figure that differs; None where it is missing."""

    name: str
    a: Figure | None
    b: Figure | None

    @property
    def difference(self) -> float:
        """B less A, a missing one counted as nothing."""
        return (self.b.value if self.b else 0.0) - (self.a.value if self.a else 0.0)

    @property
    def relative(self) -> float | None:
        """Difference as a share of A; None if there is nothing to relate it to."""
        return self.difference / abs(self.a.value) if self.a and self.b and self.a.value else None

    @property
    def within_band(self) -> bool | None:
        """Whether the bands overlap; None for exact figures."""
        if not (self.a and self.b and self.a.banded and self.b.banded):
            return None
        return self.a.low <= self.b.high and self.b.low <= self.a.high  # type: ignore[operator]

    def data(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "name": self.name,
            "a": self.a and asdict(self.a),
            "b": self.b and asdict(self.b),
            "relative_change": self.relative,
            "within_band": self.within_band,
        }


@dataclass(frozen=True)
class Comparison:
    """What differs between two sides; every list holds only that.

    Attributes
    ----------
    a, b : Side
    inputs : list of InputChange
    metrics : list of Change
    energy_pj, cycles : list of Change, the largest movers first, or None if a side does not tell
    """

    a: Side
    b: Side
    inputs: Sequence[InputChange]
    metrics: Sequence[Change]
    energy_pj: Sequence[Change] | None
    cycles: Sequence[Change] | None

    @property
    def causes(self) -> list[InputChange]:
        """Differences of the inputs that are more than names."""
        return [change for change in self.inputs if change.key not in LABELS]

    def differs(self, *parts: str) -> bool:
        """Whether an input below one of these keys differs."""
        return any(change.key.split(".")[0] in parts for change in self.causes)

    def default(self, side: Side, change: InputChange) -> Any:
        """What a key that one side does not set has there; None if its schema has nothing that compares."""
        found: Any = side.defaults
        for key in change.key.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        return _alike(found, change.a if change.b is None else change.b)

    def metric(self, name: str) -> Change | None:
        """Both values of a metric, whether they differ or not; None unless both sides have it."""
        a, b = _figure(self.a.metrics, name), _figure(self.b.metrics, name)
        return Change(name, a, b) if a and b else None

    def data(self) -> dict[str, Any]:
        """For other programs."""
        return {
            **{name: {"place": side.place, "title": side.title} for name, side in (("a", self.a), ("b", self.b))},
            "inputs": [asdict(change) for change in self.inputs],
            "metrics": [change.data() for change in self.metrics],
            "energy_pj_by_component": self.energy_pj and [change.data() for change in self.energy_pj],
            "cycles_by_state": self.cycles and [change.data() for change in self.cycles],
        }


def compare(a: Side, b: Side) -> Comparison:
    """Compare two sides."""
    names = [name for name in dict.fromkeys([*a.metrics, *b.metrics]) if not _is_bound(name, a.metrics, b.metrics)]
    return Comparison(
        a,
        b,
        [*differences(a.inputs, b.inputs), *differences(_shared(a.files, b.files), _shared(b.files, a.files))],
        _changed(names, lambda name: _figure(a.metrics, name), lambda name: _figure(b.metrics, name)),
        _movers(a.energy_pj, b.energy_pj),
        _movers(_figures(a.cycles), _figures(b.cycles)),
    )


def differences(a: Any, b: Any, at: tuple[str, ...] = ()) -> list[InputChange]:
    """Return the keys in which two documents differ, as few as name every difference.

    A branch that one of them does not have is one key, and a list of plain values is one value. Lists of mappings are
    compared by `name` if all have one, else item by item if they are equally long.
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        keys = dict.fromkeys([*a, *b])
        return [found for key in keys for found in differences(a.get(key), b.get(key), (*at, str(key)))]
    if isinstance(a, list) and isinstance(b, list):
        named = _by_name(a), _by_name(b)
        if None not in named:
            return differences(*named, at=at)
        if len(a) == len(b) and any(isinstance(item, Mapping | list) for item in a):
            return [found for i in range(len(a)) for found in differences(a[i], b[i], (*at, str(i)))]
    same = a == b and isinstance(a, bool) is isinstance(b, bool)
    return [] if same else [InputChange(".".join(at), a, b)]


def versions_in(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the software that made a result, as `accelsim.simulation.about.versions` wrote it."""
    return {name: about[name] for name in ("accelsim", "python", "packages")}


def _shared(files: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Files of the names that both have; a file of another name is told by the key that names it."""
    return {name: content for name, content in files.items() if name in others}


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """Items by their names; None unless all have one of their own."""
    found = {item["name"]: item for item in items if isinstance(item, Mapping) and isinstance(item.get("name"), str)}
    return found if found and len(found) == len(items) else None


def _is_bound(name: str, *metrics: Mapping[str, Any]) -> bool:
    """Whether a metric is the end of another's band."""
    stem, _, end = name.rpartition("_")
    return end in ("low", "high") and any(stem in each for each in metrics)


def _alike(found: Any, given: Any) -> Any:
    """The part of a default that a given value can be compared with; None if there is none."""
    if isinstance(found, Mapping) and isinstance(given, Mapping):
        parts = {key: _alike(found.get(key), value) for key, value in given.items()}
        return None if None in parts.values() else parts
    return found if isinstance(found, bool | int | float | str) and type(found) is type(given) else None


def _figure(metrics: Mapping[str, float | int | None], name: str) -> Figure | None:
    value = metrics.get(name)
    return None if value is None else Figure(value, metrics.get(f"{name}_low"), metrics.get(f"{name}_high"))


def _figures(counts: Mapping[str, int] | None) -> dict[str, Figure] | None:
    return None if counts is None else {name: Figure(count) for name, count in counts.items()}


def _summed(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Energy of the actions of a component; their constants are shared, so low goes with low."""
    return Figure(*(sum(row[f"energy_pj{end}"] for row in rows) for end in ("", "_low", "_high")))


def _movers(a: Mapping[str, Figure] | None, b: Mapping[str, Figure] | None) -> list[Change] | None:
    if a is None or b is None:
        return None
    found = _changed(dict.fromkeys([*a, *b]), a.get, b.get)
    return sorted(found, key=lambda change: -abs(change.difference))


def _changed(
    names: Iterable[str], a: Callable[[str], Figure | None], b: Callable[[str], Figure | None]
) -> list[Change]:
    changes = (Change(name, a(name), b(name)) for name in names)
    return [change for change in changes if not _equal(change.a, change.b)]


def _equal(a: Figure | None, b: Figure | None) -> bool:
    """Whether nominal values are equal but for rounding; nothing equals nothing."""
    if a is None or b is None:
        return a is b
    return math.isclose(a.value, b.value, rel_tol=ROUNDING)
