"""Predictions beside published figures.

The figures stand in the description of the chip.  Every row keeps the condition of the figure and how far its
source was checked: definitions differ between chips.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from accelsim.architecture.schema import PublishedFigure

VOLTAGE_TOLERANCE_V = 0.005


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


def comparison(
    metrics: Mapping[str, float | None], chip: str, figures: Iterable[PublishedFigure], voltage_v: float | None = None
) -> list[Comparison]:
    """Return one row per published figure that was predicted.

    Parameters
    ----------
    metrics : predictions as in `CostReport.metrics`, with ``<name>_low`` and ``<name>_high`` where banded.
    chip : name of the chip.
    figures : what was published of it.
    voltage_v : supply of the prediction. Figures taken at another supply are left out; so are all
        figures tied to a supply when it is None.
    """
    rows = []
    for figure in figures:
        predicted = metrics.get(figure.metric)
        if predicted is None or not _same_supply(figure, voltage_v):
            continue
        low, high = (_bound(metrics, f"{figure.metric}_{end}", predicted) for end in ("low", "high"))
        rows.append(
            Comparison(
                chip=chip,
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
                source=figure.source,
                verified=figure.verified,
            )
        )
    return rows


def _bound(metrics: Mapping[str, float | None], name: str, nominal: float) -> float:
    value = metrics.get(name)
    return nominal if value is None else value


def _same_supply(figure: PublishedFigure, voltage_v: float | None) -> bool:
    if figure.voltage is None:
        return True
    return voltage_v is not None and abs(figure.voltage - voltage_v) <= VOLTAGE_TOLERANCE_V
