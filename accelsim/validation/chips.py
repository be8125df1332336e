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

from accelsim.architecture.profile import SYNAPTIC_OPERATION, Condition, Profile
from accelsim.config.errors import ConfigError, check
from accelsim.config.library import shipped
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.cost.account import CostReport, core_area_m2
from accelsim.cost.components import ComponentCosts
from accelsim.cost.profile import one_second, profile_costs, with_parts
from accelsim.technology.estimate import Estimate, total
from accelsim.validation.chip_targets import METRICS, Target, read_targets

FOLDER = "chips/"
WIDEST_BAND = {"area_mm2": 1.6, "energy_per_sop_pj": 3.0, "power_mw": 3.0, "synapse_density_per_mm2": 1.6}
"""Bands combine as if all errors were one, which they are not: a band of a whole chip ends at this ratio to nominal."""
LEAKAGE_BAND = 10.0
"""Leakage is known to its order of magnitude: its band is this ratio to nominal, no less and no more."""


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

    def line(self) -> str:
        """The row in one line."""
        parts = [f"{self.verdict:7}", self.chip, self.metric]
        if self.predicted is not None:
            band = self.predicted
            parts.append(f"predicted {band.nominal:.4g} ({band.low:.4g} .. {band.high:.4g})")
        if self.published is not None:
            low, high = self.published
            parts.append(f"published {low:.4g}" + (f" .. {high:.4g}" if high != low else ""))
        if self.ratio is not None:
            parts.append(f"x{self.ratio:.2f}")
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


def chip_costs(profile: Profile, condition: Condition | None = None) -> ComponentCosts:
    """Return the costs of all parts of a chip, those of its functional model among them."""
    own = profile_costs(profile, condition)
    if profile.model is None or profile.workload is None:
        return own
    from accelsim.simulation.setup import prepare

    overrides = [f"voltage={own.point.voltage_v} V", f"clock={own.point.frequency_hz} Hz"]
    chip = load_document(profile.model, "architecture", overrides=overrides)
    return with_parts(prepare(chip, load_document(profile.workload, "workload"), seed=0).costs, own)


def predictions(profile: Profile) -> list[Prediction]:
    """Return every figure that can be predicted of a chip, those of the first condition first."""
    costs = chip_costs(profile)
    found = [_figure(profile, "area_mm2", _area_m2(profile, costs), "placed cells and macros over utilisation")]
    if profile.synapses is not None:
        density = _area_m2(profile, costs).inverse() * profile.synapses
        found.append(_figure(profile, "synapse_density_per_mm2", density, f"{profile.synapses} synapses over the area"))
    leaking = total([part.leakage_w for part in costs.components.values()], "sum of leakages")
    text = f"{profile.voltage:g} V, {profile.temperature:g} K"
    found.append(_figure(profile, "leakage_uw", leaking + _other_leakage_w(profile), text))
    for name, condition in profile.conditions.items():
        report = one_second(profile, condition, chip_costs(profile, condition))
        text = f"{name}: {condition.source} [{condition.verified}]"
        for metric in condition.predicts:
            found.append(_figure(profile, metric, _energy(profile, metric, condition, report), text))
    return found


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
    yield from _described(chips) if targets is None else _targeted(chips, read_targets(Path(targets)))


def implied_overhead() -> tuple[float, float]:
    """Return the overhead factor at which the nominal energy of the calibration chip is its published one, and the
    one in use."""
    profile = next(chip for chip in load_chips().values() if chip.calibration)
    condition = next(iter(profile.conditions.values()))
    costs = chip_costs(profile, condition)
    report = one_second(profile, condition, costs)
    published = next(figure for figure in profile.published if figure.metric == "energy_per_sop_pj")
    switched = report.energy_dynamic_j.nominal - sum(
        entry.energy_j.nominal for entry in report.entries if entry.action == "clock"
    )
    wanted = published.low * 1e-12 * condition.rates[SYNAPTIC_OPERATION]
    fixed = report.energy_total_j.nominal - switched
    return (wanted - fixed) / (switched / costs.overhead.nominal), costs.overhead.nominal


def _figure(profile: Profile, metric: str, estimate: Estimate, condition: str) -> Prediction:
    factor, nominal = METRICS[metric], estimate.nominal
    if metric in WIDEST_BAND:
        low, high = max(estimate.low, nominal / WIDEST_BAND[metric]), min(estimate.high, nominal * WIDEST_BAND[metric])
    else:
        low, high = nominal / LEAKAGE_BAND, nominal * LEAKAGE_BAND
    return Prediction(
        profile.architecture,
        metric,
        low * factor,
        nominal * factor,
        high * factor,
        condition,
        profile.calibration and metric in ("energy_per_sop_pj", "power_mw"),
        estimate.provenance(),
    )


def _energy(profile: Profile, metric: str, condition: Condition, report: CostReport) -> Estimate:
    spent = report.energy_dynamic_j
    if not condition.dynamic_only:
        spent = (report.energy_total_j + _other_leakage_w(profile)).described("energy of a second")
    return spent if metric == "power_mw" else spent / condition.rates[SYNAPTIC_OPERATION]


def _area_m2(profile: Profile, costs: ComponentCosts) -> Estimate:
    given = [Estimate.exact(part.area) for part in profile.other.values() if part.area is not None]
    area = total([core_area_m2(costs), *given], "cores and other parts")
    if profile.ring is None:
        return area
    around = 2 * profile.ring.width
    low, nominal, high = ((math.sqrt(part) + around) ** 2 for part in (area.low, area.nominal, area.high))
    return Estimate(low, nominal, high, area.sources, f"{area.formula}, and a square ring around them")


def _other_leakage_w(profile: Profile) -> Estimate:
    given = [Estimate.exact(part.leakage) for part in profile.other.values() if part.leakage is not None]
    return total(given, "leakage of other parts")


def _described(chips: dict[str, Profile]) -> Iterator[ChipRow]:
    for profile in chips.values():
        for prediction in predictions(profile):
            figures = [figure for figure in profile.published if figure.metric == prediction.metric]
            first = next((figure for figure in figures if prediction.condition.startswith(figure.condition)), None)
            chosen = first or next((figure for figure in figures if len(figures) == 1), None)
            if chosen is None:
                yield ChipRow(profile.architecture, prediction.metric, prediction, None, prediction.condition)
                continue
            note = f"{prediction.condition}; published: {chosen.source} [{chosen.verified}]"
            yield ChipRow(profile.architecture, prediction.metric, prediction, (chosen.low, chosen.high), note)


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
