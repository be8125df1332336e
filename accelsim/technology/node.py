"""Processes: supply limits, and how energy, area, leakage and delay move with node, voltage and temperature.

Laws (sources beside the constants in ``data/``):

* dynamic energy ~ V^2 (node/45 nm)^0.6, exponent 0.25-0.85;
* area ~ the published area table, log-log between its nodes;
* leakage ~ V exp(V / 0.25 V), times a factor per 60 K;
* delay ~ node V / (V - Vth)^1.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check
from accelsim.config.library import shipped
from accelsim.config.model import validate
from accelsim.config.named import named_document, plain_name
from accelsim.technology.constants import constant, constant_names, data_file
from accelsim.technology.estimate import Estimate, Source, merged
from accelsim.technology.process import Device, Process

KIND = "technology"
"""First key of a technology file."""

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
    own_constants : constants that differ from the shared ones, by name.
    sram_device : class of the transistors of its memories.
    """

    name: str
    title: str
    node_nm: float
    supply_v: Estimate
    threshold_v: Estimate
    logic_leakage_w_per_m2: Estimate
    own_constants: tuple[tuple[str, Estimate], ...] = ()
    sram_device: Device = "lstp"

    def constant(self, name: str) -> Estimate:
        """Return the constant `name` in SI units: this process's own, or the shared one."""
        return dict(self.own_constants).get(name) or constant(name)

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
            return Estimate.exact(squared, None, text, "1")
        exponent = self.constant("capacitance_exponent")
        return _band(
            lambda power: squared * (self.node_nm / reference_node_nm) ** power,
            f"{text} x ({self.node_nm:g} nm / {reference_node_nm:g} nm)^{exponent.nominal:g}",
            exponent,
        )

    def area_factor(self, reference_node_nm: float = REFERENCE_NODE_NM) -> Estimate:
        """Return logic area here over logic area at the reference node."""
        table = data_file("area_scaling.yaml")["area_ratio_to_45nm"]
        ratio = _area_ratio(self.node_nm) / _area_ratio(reference_node_nm)
        exponent = self.constant("area_exponent")
        source = Source(table["source"], table["verified"])
        text = f"area ratio {self.node_nm:g} nm / {reference_node_nm:g} nm"
        return _band(lambda power: ratio**power, text, exponent, Estimate.exact(ratio, source, text, "1"))

    def leakage_factor(self, voltage_v: float, reference_voltage_v: float, temperature_k: float) -> Estimate:
        """Return leakage here over leakage at the reference voltage and 300 K."""
        linear, delta = voltage_v / reference_voltage_v, voltage_v - reference_voltage_v
        slope = self.constant("leakage_voltage_slope")
        by_voltage = _band(
            lambda slope: linear * math.exp(delta / slope),
            f"V exp(V / {slope.nominal:g} V) from {reference_voltage_v:g} V to {voltage_v:g} V",
            slope,
        )
        name = "leakage_factor_per_60k" + ("_small_node" if self.node_nm <= SMALL_NODE_NM else "")
        warmer = (temperature_k - REFERENCE_TEMPERATURE_K) / 60.0
        if not warmer:
            return by_voltage
        text = f"leakage at {temperature_k:g} K / 300 K"
        by_temperature = _band(lambda factor: factor**warmer, text, self.constant(name))
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
        alpha = self.constant("alpha_power_exponent")

        def slowdown(threshold: float) -> float:
            drive = (reference_voltage_v - threshold) / (voltage_v - threshold)
            return voltage_v / reference_voltage_v * drive**alpha.nominal

        text = f"V / (V - Vth)^{alpha.nominal:g} from {reference_voltage_v:g} V to {voltage_v:g} V"
        return _band(slowdown, text, self.threshold_v, alpha)

    def gate_delay_s(self, voltage_v: float) -> Estimate:
        """Return the delay of one level of logic, in seconds; `ConfigError` below the threshold voltage."""
        at_nominal = self.constant("gate_delay_45nm") * (self.node_nm / REFERENCE_NODE_NM)
        return at_nominal.scaled(self.delay_factor(voltage_v, self.supply_v.nominal))


def names() -> tuple[str, ...]:
    """Return the names of the shipped processes, the largest node first."""
    return tuple(sorted(shipped(KIND), key=lambda name: (-int(name.partition("nm")[0]), name)))


def technology_document(name: str, beside: Iterable[Path] = ()) -> Document:
    """Return the technology file that `name` means: a shipped process, a path, or a file in a folder of `beside`.

    Raises
    ------
    ConfigError : there is none, or it cannot be read.
    """
    return named_document(name, KIND, names(), beside)


def load_technology(name: str, beside: Iterable[Path] = ()) -> Technology:
    """Return the process `name`: a shipped one (``28nm-fdsoi``, ``28 nm``) or a technology file.

    Parameters
    ----------
    name : name or path.
    beside : folders in which a file is looked for, after the working directory.

    Raises
    ------
    ConfigError : there is no such process, naming the nearest, or its file is wrong.
    """
    key = plain_name(name)
    return _shipped(key) if key in shipped(KIND) else technology_of(technology_document(name, beside))


@cache
def _shipped(key: str) -> Technology:
    return technology_of(technology_document(key))


def technology_of(document: Document) -> Technology:
    """Return the process that a technology file describes, or raise `ConfigError`."""
    process = validate(document, Process)
    key = process.technology
    return Technology(
        name=key,
        title=process.title,
        node_nm=process.node_nm,
        supply_v=process.supply.estimate(f"supply voltage of {key}"),
        threshold_v=process.threshold.estimate(f"threshold voltage of {key}"),
        logic_leakage_w_per_m2=process.logic_leakage.estimate(f"logic leakage of {key}"),
        own_constants=tuple(
            (name, figure.estimate(f"{name.replace('_', ' ')} of {key}"))
            for name, figure in sorted(process.constants.items())
        ),
        sram_device=process.sram_device,
    )


def describe_technology(technology: Technology) -> list[tuple[str, float, float, float, str, str, str]]:
    """Return one row per constant: quantity, low, nominal, high, unit, source, verified.

    The process's own numbers come first, then the constants it shares with others; all in SI units.
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
        value = technology.constant(name)
        rows.append((name.replace("_", " "), value.low, value.nominal, value.high, value.unit, *_cited(value)))
    return rows


def _cited(value: Estimate) -> tuple[str, str]:
    if not value.sources:
        return "by definition", "verified"
    flags = [source.verified for source in value.sources]
    weakest = next(flag for flag in ("assumed", "memory", "measured", "verified") if flag in flags)
    return "; ".join(source.text for source in value.sources), weakest


def _band(law: Callable[[float], float], formula: str, parameter: Estimate, *others: Estimate) -> Estimate:
    """Return the band of a monotonic law over the band of its parameter; `others` are what else it rests on."""
    ends = (law(parameter.low), law(parameter.high))
    sources = merged(*(other.sources for other in (*others, parameter)))
    band = Estimate.spanning(law(parameter.nominal), ends, sources, formula)
    return replace(band, unit="1", operator="from", operands=(parameter, *others))


def _area_ratio(node_nm: float) -> float:
    ratios = sorted(
        (float(node), float(ratio))
        for node, ratio in data_file("area_scaling.yaml")["area_ratio_to_45nm"]["ratio"].items()
    )
    for (small, small_ratio), (large, large_ratio) in pairwise(ratios):
        if small <= node_nm <= large:
            part = math.log(node_nm / small) / math.log(large / small)
            return math.exp((1 - part) * math.log(small_ratio) + part * math.log(large_ratio))
    raise ValueError(f"no area ratio at {node_nm:g} nm")
