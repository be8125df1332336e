"""Published chips: predicted area, energy, power and leakage beside what was published of them.

Every chip is a shipped architecture ``chips/NAME``.  One constant, the overhead on dynamic energy, was fitted on one
of them; the figures of all others are blind predictions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from accelsim.architecture.profile import SYNAPTIC_OPERATION, Profile
from accelsim.config.errors import ConfigError, check
from accelsim.config.library import shipped
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.cost.account import OVERHEAD
from accelsim.cost.profile import one_second
from accelsim.simulation.chip_figures import ChipFigure, chip_costs, chip_figures
from accelsim.technology.node import Technology
from accelsim.validation.chip_targets import METRICS, Target, read_targets

FOLDER = "chips/"


@dataclass(frozen=True)
class Prediction:
    """One figure of a chip: a band in the unit of the metric, and what it rests on."""

    chip: str
    metric: str
    low: float
    nominal: float
    high: float
    condition: str
    calibrated: bool
    provenance: str


@dataclass(frozen=True)
class ChipRow:
    """A predicted band beside a published figure; either may be missing, and `note` says why."""

    chip: str
    metric: str
    predicted: Prediction | None
    published: tuple[float, float] | None
    note: str

    @property
    def verdict(self) -> str:
        """``inside`` or ``outside`` the band, or ``alone`` where there is nothing to compare."""
        if self.predicted is None or self.published is None:
            return "alone"
        low, high = self.published
        return "inside" if low <= self.predicted.high and self.predicted.low <= high else "outside"

    @property
    def ratio(self) -> float | None:
        """Predicted nominal over published (geometric middle of a range)."""
        if self.predicted is None or self.published is None:
            return None
        return self.predicted.nominal / math.sqrt(self.published[0] * self.published[1])

    @property
    def predicted_band(self) -> str:
        """Nominal and band, empty without a prediction."""
        band = self.predicted
        return "" if band is None else f"{band.nominal:.4g} ({band.low:.4g} .. {band.high:.4g})"

    @property
    def published_range(self) -> str:
        """The published figure or range, empty without one."""
        if self.published is None:
            return ""
        low, high = self.published
        return f"{low:.4g}" + (f" .. {high:.4g}" if high != low else "")

    @property
    def times(self) -> str:
        """The ratio as ``x1.05``, empty where there is nothing to compare."""
        return "" if self.ratio is None else f"x{self.ratio:.2f}"

    def line(self) -> str:
        """The row in one line."""
        parts = [f"{self.verdict:7}", self.chip, self.metric]
        parts += [f"predicted {self.predicted_band}"] if self.predicted is not None else []
        parts += [f"published {self.published_range}"] if self.published is not None else []
        parts += [self.times] if self.times else []
        if self.predicted is not None:
            parts.append("calibrated" if self.predicted.calibrated else "blind")
        return "  ".join(parts) + (f"  ({self.note})" if self.note else "")


def load_chips() -> dict[str, Profile]:
    """Return the shipped chips by name; raises `ConfigError` with the problems of every broken one."""
    found, problems = {}, []
    for name in shipped("architecture"):
        if name.startswith(FOLDER):
            try:
                found[name.removeprefix(FOLDER)] = validate(load_document(name, "architecture"), Profile)
            except ConfigError as error:
                problems += list(error.problems)
    check(problems)
    return found


def predictions(profile: Profile, technology: Technology | None = None) -> list[Prediction]:
    """Return every figure that can be predicted of a chip, in the units of the metrics.

    In the chip's own process unless one is given.
    """
    return [_prediction(profile, figure) for figure in chip_figures(profile, technology)]


def compare(targets: str | Path | None = None) -> Iterator[ChipRow]:
    """Compare predictions with published figures.

    Parameters
    ----------
    targets : CSV with the columns chip, metric, value, unit (and, if wanted, condition: the start of the name of one
        of the chip's conditions). Without it, the figures in the descriptions of the chips are compared, and what has
        none is predicted alone.

    Raises
    ------
    ConfigError
        If a description or the table is malformed.
    """
    chips = load_chips()
    if targets is not None:
        yield from _targeted(chips, read_targets(Path(targets)))
        return
    for profile in chips.values():
        yield from described(profile)


def described(profile: Profile, technology: Technology | None = None) -> Iterator[ChipRow]:
    """Compare the predictions of a chip with the figures in its own description.

    In the chip's own process unless one is given.
    """
    for prediction in predictions(profile, technology):
        figures = [figure for figure in profile.published if figure.metric == prediction.metric]
        first = next((figure for figure in figures if prediction.condition.startswith(figure.condition)), None)
        chosen = first or next((figure for figure in figures if len(figures) == 1), None)
        if chosen is None:
            yield ChipRow(profile.architecture, prediction.metric, prediction, None, prediction.condition)
            continue
        note = f"{prediction.condition}; published: {chosen.source} [{chosen.verified}]"
        yield ChipRow(profile.architecture, prediction.metric, prediction, (chosen.low, chosen.high), note)


def implied_overhead() -> tuple[float, float]:
    """Return the overhead factor at which the nominal energy of the calibration chip is its published one, and the
    one in use."""
    profile = next(chip for chip in load_chips().values() if chip.calibration)
    condition = next(iter(profile.conditions.values()))
    costs = chip_costs(profile, condition)
    report = one_second(profile, condition, costs)
    published = next(figure for figure in profile.published if figure.metric == "energy_per_sop_pj")
    used = costs.overhead.nominal
    switched = report.component_energy_j()[OVERHEAD].nominal / (used - 1)
    wanted = published.low * 1e-12 * condition.rates[SYNAPTIC_OPERATION]
    return used + (wanted - report.energy_total_j.nominal) / switched, used


def _prediction(profile: Profile, figure: ChipFigure) -> Prediction:
    metric, band, factor = figure.metric, figure.estimate, METRICS[figure.metric]
    return Prediction(
        profile.architecture,
        metric,
        band.low * factor,
        band.nominal * factor,
        band.high * factor,
        figure.condition,
        profile.calibration and metric in ("energy_per_sop_pj", "power_mw"),
        band.provenance(),
    )


def _targeted(chips: dict[str, Profile], targets: Sequence[Target]) -> Iterator[ChipRow]:
    made: dict[str, list[Prediction]] = {}
    for target in targets:
        profile = _named(chips, target.chip)
        published = None if target.value is None else (target.value, target.value)
        if profile is None or target.value is None:
            note = target.note or f"no such chip; known: {', '.join(chips)}"
            yield ChipRow(target.chip, target.metric, None, published, note)
            continue
        if profile.architecture not in made:
            made[profile.architecture] = predictions(profile)
        fitting = [
            item
            for item in made[profile.architecture]
            if item.metric == target.metric and item.condition.startswith(target.condition)
        ]
        if not fitting:
            note = f"not predicted of {profile.architecture}"
            yield ChipRow(target.chip, target.metric, None, published, note)
            continue
        yield ChipRow(target.chip, target.metric, fitting[0], published, fitting[0].condition)


def _named(chips: dict[str, Profile], name: str) -> Profile | None:
    """The chip of that name, spelled in any case, with or without blanks and signs."""
    plain = _plain(name)
    for key, profile in chips.items():
        if plain in {_plain(known) for known in (key, profile.architecture, *profile.aliases)}:
            return profile
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
