"""Processes: supply limits, and how energy, area, leakage and delay move with node, voltage and temperature.

Laws (sources beside the constants in ``data/``):

* dynamic energy ~ V^2 (node/45 nm)^0.6, exponent 0.25-0.85;
* area ~ the published area table, log-log between its nodes;
* leakage ~ V exp(V / 0.25 V), times a factor per 60 K;
* delay ~ node V / (V - Vth)^1.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from accelsim.config.errors import ConfigError, Problem, check, did_you_mean
from accelsim.technology.constants import constant, constant_names, data_file, estimate_of
from accelsim.technology.estimate import Estimate, Source, merged

REFERENCE_NODE_NM = 45.0
"""Node at which the logic data were taken."""
REFERENCE_TEMPERATURE_K = 300.0
SMALL_NODE_NM = 28.0
"""At and below this node leakage rises more steeply with temperature."""
TEMPERATURE_RANGE_K = (230.0, 400.0)


@dataclass(frozen=True)
class Technology:
    """One process.

    Parameters
    ----------
    name, title : short name and description.
    node_nm : feature size that selects the scaling.
    supply_v : lowest allowed, nominal and highest supply voltage.
    threshold_v : transistor threshold, for the delay law.
    logic_leakage_w_per_m2 : leakage of placed logic at nominal supply and 300 K.
    """

    name: str
    title: str
    node_nm: float
    supply_v: Estimate
    threshold_v: Estimate
    logic_leakage_w_per_m2: Estimate

    def check(self, voltage_v: float, temperature_k: float, minimum_voltage_v: float | None = None) -> None:
        """Raise `ConfigError` unless the operating point lies where the models hold.

        `minimum_voltage_v` declares a lower limit than the process's own, for a chip known to work there.
        """
        lowest = self.supply_v.low if minimum_voltage_v is None else minimum_voltage_v
        problems = []
        if not lowest <= voltage_v <= self.supply_v.high:
            problems.append(
                Problem(
                    path="voltage",
                    message=(
                        f"{voltage_v:g} V is outside {lowest:g} V to {self.supply_v.high:g} V, the range of "
                        f"the models of {self.name}; declare a lower `minimum_voltage` if it works there"
                    ),
                )
            )
        coldest, hottest = TEMPERATURE_RANGE_K
        if not coldest <= temperature_k <= hottest:
            problems.append(
                Problem(
                    path="temperature",
                    message=f"{temperature_k:g} K is outside {coldest:g} K to {hottest:g} K",
                )
            )
        check(problems)

    def energy_factor(
        self, voltage_v: float, reference_voltage_v: float, reference_node_nm: float = REFERENCE_NODE_NM
    ) -> Estimate:
        """Return dynamic energy here over dynamic energy at the reference node and voltage."""
        squared = (voltage_v / reference_voltage_v) ** 2
        text = f"({voltage_v:.3g} V / {reference_voltage_v:.3g} V)^2"
        if self.node_nm == reference_node_nm:
            return Estimate(squared, squared, squared, (), text)
        exponent = constant("capacitance_exponent")
        return _band(
            lambda power: squared * (self.node_nm / reference_node_nm) ** power,
            exponent,
            f"{text} x ({self.node_nm:g} nm / {reference_node_nm:g} nm)^{exponent.nominal:g}",
        )

    def area_factor(self, reference_node_nm: float = REFERENCE_NODE_NM) -> Estimate:
        """Return logic area here over logic area at the reference node."""
        table = data_file("processes.yaml")["area_ratio_to_45nm"]
        ratio = _area_ratio(self.node_nm) / _area_ratio(reference_node_nm)
        exponent = constant("area_exponent")
        source = Source(table["source"], table["verified"])
        band = _band(lambda power: ratio**power, exponent, f"area ratio {self.node_nm:g} nm / {reference_node_nm:g} nm")
        return Estimate(band.low, band.nominal, band.high, merged((source,), band.sources), band.formula)

    def leakage_factor(self, voltage_v: float, reference_voltage_v: float, temperature_k: float) -> Estimate:
        """Return leakage here over leakage at the reference voltage and 300 K."""
        linear, delta = voltage_v / reference_voltage_v, voltage_v - reference_voltage_v
        by_voltage = _band(
            lambda slope: linear * math.exp(delta / slope),
            constant("leakage_voltage_slope"),
            f"V exp(V / 0.25 V) from {reference_voltage_v:g} V to {voltage_v:g} V",
        )
        name = "leakage_factor_per_60k" + ("_small_node" if self.node_nm <= SMALL_NODE_NM else "")
        warmer = (temperature_k - REFERENCE_TEMPERATURE_K) / 60.0
        if not warmer:
            return by_voltage
        by_temperature = _band(lambda factor: factor**warmer, constant(name), f"leakage at {temperature_k:g} K / 300 K")
        return by_voltage.scaled(by_temperature)

    def delay_factor(self, voltage_v: float, reference_voltage_v: float) -> Estimate:
        """Return gate delay here over that at the reference voltage; `ConfigError` below the threshold."""
        lowest = min(voltage_v, reference_voltage_v)
        if lowest <= self.threshold_v.high:
            raise ConfigError(
                Problem(
                    path="voltage",
                    message=(f"{lowest:g} V is not above the threshold voltage ({self.threshold_v.high:g} V)"),
                )
            )
        alpha = constant("alpha_power_exponent").nominal

        def slowdown(threshold: float) -> float:
            drive = (reference_voltage_v - threshold) / (voltage_v - threshold)
            return voltage_v / reference_voltage_v * drive**alpha

        return _band(
            slowdown,
            self.threshold_v,
            f"V / (V - Vth)^{alpha:g} from {reference_voltage_v:g} V to {voltage_v:g} V",
        )

    def gate_delay_s(self, voltage_v: float) -> Estimate:
        """Return the delay of one level of logic, in seconds; `ConfigError` below the threshold voltage."""
        at_nominal = constant("gate_delay_45nm") * (self.node_nm / REFERENCE_NODE_NM)
        return at_nominal.scaled(self.delay_factor(voltage_v, self.supply_v.nominal))


def names() -> tuple[str, ...]:
    """Return the names of all processes."""
    return tuple(data_file("processes.yaml")["processes"])


@cache
def load_technology(name: str) -> Technology:
    """Return the process `name` (``28nm-fdsoi``, ``28 nm``), or raise `ConfigError` naming the nearest."""
    key = name.strip().lower().replace(" ", "").replace("_", "-")
    document = data_file("processes.yaml")
    if key not in document["processes"]:
        raise ConfigError(
            Problem(
                path="technology",
                message=(f"unknown technology `{name}`{did_you_mean(key, names())}; known: {', '.join(names())}"),
            )
        )
    entry = document["defaults"] | document["processes"][key]
    return Technology(
        name=key,
        title=entry["title"],
        node_nm=float(entry["node_nm"]),
        supply_v=estimate_of(entry["supply"], f"supply voltage of {key}"),
        threshold_v=estimate_of(entry["threshold"], f"threshold voltage of {key}"),
        logic_leakage_w_per_m2=estimate_of(entry["logic_leakage"], f"logic leakage of {key}"),
    )


def describe_technology(technology: Technology) -> list[tuple[str, float, float, float, str, str, str]]:
    """Return one row per constant: quantity, low, nominal, high, unit, source, verified.

    The process's own numbers come first, in SI units; the shared constants keep the unit of their data file.
    """
    own = [
        ("node", Estimate.exact(technology.node_nm, Source("name of the process", "verified")), "nm"),
        ("supply voltage", technology.supply_v, "V"),
        ("threshold voltage", technology.threshold_v, "V"),
        ("logic leakage", technology.logic_leakage_w_per_m2, "W/m2"),
        ("logic energy over 45 nm at equal voltage", technology.energy_factor(1.0, 1.0), "1"),
        ("logic area over 45 nm", technology.area_factor(), "1"),
        ("gate delay at nominal supply", technology.gate_delay_s(technology.supply_v.nominal), "s"),
    ]
    rows = [(quantity, value.low, value.nominal, value.high, unit, *_cited(value)) for quantity, value, unit in own]
    for name in constant_names():
        entry = data_file("constants.yaml")[name]
        low, nominal, high = (float(entry.get(key, entry.get("value"))) for key in ("low", "nominal", "high"))
        rows.append((name.replace("_", " "), low, nominal, high, entry["unit"], entry["source"], entry["verified"]))
    return rows


def _cited(value: Estimate) -> tuple[str, str]:
    if not value.sources:
        return "by definition", "verified"
    flags = [source.verified for source in value.sources]
    weakest = next(flag for flag in ("assumed", "memory", "measured", "verified") if flag in flags)
    return "; ".join(source.text for source in value.sources), weakest


def _band(law: Callable[[float], float], parameter: Estimate, formula: str) -> Estimate:
    """Return the band of a monotonic law over the band of its parameter."""
    ends = (law(parameter.low), law(parameter.high))
    return Estimate.spanning(law(parameter.nominal), ends, parameter.sources, formula)


def _area_ratio(node_nm: float) -> float:
    ratios = sorted(
        (float(node), float(ratio))
        for node, ratio in data_file("processes.yaml")["area_ratio_to_45nm"]["ratio"].items()
    )
    for (small, small_ratio), (large, large_ratio) in pairwise(ratios):
        if small <= node_nm <= large:
            part = math.log(node_nm / small) / math.log(large / small)
            return math.exp((1 - part) * math.log(small_ratio) + part * math.log(large_ratio))
    raise ValueError(f"no area ratio at {node_nm:g} nm")
