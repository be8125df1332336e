"""Predictions beside published figures.

A chip is a name in ``data/published.yaml``; an architecture says with which one it wants to be compared.
Every row keeps the condition of the figure and how far its source was checked: definitions differ between
chips.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.technology.estimate import Source

VOLTAGE_TOLERANCE_V = 0.005


@dataclass(frozen=True)
class Published:
    """One published figure of one chip; `low` equals `high` unless a range was published."""

    chip: str
    metric: str
    low: float
    high: float
    unit: str
    condition: str
    voltage_v: float | None
    source: Source


@dataclass(frozen=True)
class Comparison:
    """A predicted band beside a published figure, both in the unit of the metric.

    `ratio` is predicted nominal over published (geometric middle of a range); `inside` says whether the
    published figure, or part of its range, lies in the predicted band.
    """

    chip: str
    metric: str
    unit: str
    predicted_low: float
    predicted: float
    predicted_high: float
    published_low: float
    published_high: float
    ratio: float
    inside: bool
    condition: str
    source: str
    verified: str

    def row(self) -> dict[str, object]:
        """Return the fields as a mapping: ready for a DataFrame."""
        return asdict(self)


def chips() -> tuple[str, ...]:
    """Return the names of the chips with published figures."""
    return tuple(_document())


def published(chip: str) -> tuple[Published, ...]:
    """Return the published figures of `chip` (any case), or raise `ConfigError` naming the nearest."""
    names = {name.casefold(): name for name in chips()}
    if chip.casefold() not in names:
        raise ConfigError(
            Problem(
                path="published",
                message=(f"no published figures of `{chip}`{did_you_mean(chip, chips())}; known: {', '.join(chips())}"),
            )
        )
    name = names[chip.casefold()]
    return tuple(_read(name, entry) for entry in _document()[name])


def comparison(metrics: Mapping[str, float | None], chip: str, voltage_v: float | None = None) -> list[Comparison]:
    """Return one row per published figure of `chip` that was predicted.

    Parameters
    ----------
    metrics : predictions as in `CostReport.metrics`, with ``<name>_low`` and ``<name>_high`` where banded.
    chip : name in ``data/published.yaml``.
    voltage_v : supply of the prediction. Figures taken at another supply are left out; so are all
        figures tied to a supply when it is None.
    """
    rows = []
    for figure in published(chip):
        predicted = metrics.get(figure.metric)
        if predicted is None or not _same_supply(figure, voltage_v):
            continue
        low, high = (_bound(metrics, f"{figure.metric}_{end}", predicted) for end in ("low", "high"))
        rows.append(
            Comparison(
                chip=figure.chip,
                metric=figure.metric,
                unit=figure.unit,
                predicted_low=low,
                predicted=predicted,
                predicted_high=high,
                published_low=figure.low,
                published_high=figure.high,
                ratio=predicted / math.sqrt(figure.low * figure.high),
                inside=low <= figure.high and figure.low <= high,
                condition=figure.condition,
                source=figure.source.text,
                verified=figure.source.verified,
            )
        )
    return rows


def _bound(metrics: Mapping[str, float | None], name: str, nominal: float) -> float:
    value = metrics.get(name)
    return nominal if value is None else value


def _same_supply(figure: Published, voltage_v: float | None) -> bool:
    if figure.voltage_v is None:
        return True
    return voltage_v is not None and abs(figure.voltage_v - voltage_v) <= VOLTAGE_TOLERANCE_V


def _read(chip: str, entry: Mapping[str, Any]) -> Published:
    low, high = entry.get("range", (entry.get("value"),) * 2)
    return Published(
        chip,
        entry["metric"],
        float(low),
        float(high),
        entry["unit"],
        entry["condition"],
        entry.get("voltage"),
        Source(entry["source"], entry["verified"]),
    )


@cache
def _document() -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load(files(__package__).joinpath("data", "published.yaml").read_text(encoding="utf-8"))
