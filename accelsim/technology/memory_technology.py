"""Memory technologies: what a cell and a macro of it take, how long it lasts, and how far it is from an ideal device.

A file of ``memories/`` describes one; a user's own may extend it::

    memory_technology: my-rram
    extends: rram
    write_energy: {low: 8, nominal: 12, high: 20, unit: pJ/bit, source: own test chip, verified: measured}
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.document import Document
from accelsim.config.library import shipped
from accelsim.config.model import Model, PathError, validate
from accelsim.config.named import named_document, plain_name
from accelsim.technology.constants import SI_UNITS, UNITS
from accelsim.technology.estimate import Estimate, Source
from accelsim.technology.process import MOST, Figure

KIND = "memory_technology"
"""First key of the file of a memory technology."""

CostModel = Literal["sram", "edram", "registers", "cells"]
"""What prices a memory: the tables of SRAM and eDRAM, register files, or the figures of the file itself."""


class SignedFigure(Figure):
    """A number that may be negative."""

    value: float | None = Field(None, ge=-MOST, le=MOST)
    """The number, where it has no band."""
    low: float | None = Field(None, ge=-MOST, le=MOST)
    """Lower end of the band."""
    nominal: float | None = Field(None, ge=-MOST, le=MOST)
    """Best estimate."""
    high: float | None = Field(None, ge=-MOST, le=MOST)
    """Upper end of the band."""


class EraseModel(Model):
    """Erasing, where cells are not simply overwritten."""

    latency: Figure
    """Time to erase a block."""
    block: Figure
    """Bits erased together."""


class DeviceModel(Model):
    """Non-idealities of one device as published; all zero for a digital cell."""

    levels: Figure
    """Conductance levels that pulses reach one by one."""
    nonlinearity_potentiation: SignedFigure
    """NeuroSim label of the increase, 0 (linear) to 9: with P pulses G = B (1 - exp(-P / A)) + Gmin; the sign tells
    which way it bends."""
    nonlinearity_depression: SignedFigure
    """The same of the decrease."""
    cycle_sigma: Figure
    """Standard deviation of a pulse's effect between pulses, as a fraction of the conductance range."""
    device_sigma: Figure
    """Standard deviation between devices, as a fraction of the conductance range."""
    drift_exponent: Figure
    """Exponent nu of G(t) = G0 (t / t0)^-nu."""
    drift_spread: Figure
    """Standard deviation of the exponent between devices."""
    read_noise: Figure
    """Standard deviation of a read, as a fraction of the conductance."""
    stuck_fraction: Figure
    """Share of devices that do not change."""
    write_error: Figure
    """Probability that a bit written to a binary cell is wrong."""
    pulse_width: Figure | None = None
    """Length of a programming pulse."""
    conductance_ratio: Figure | None = None
    """Highest over lowest conductance."""
    on_resistance: Figure | None = None
    """Resistance at the highest conductance."""
    pulse_energy: Figure | None = None
    """Energy of a programming pulse in the cell alone."""


class MemoryModel(Model):
    """A memory technology."""

    memory_technology: str
    """Its name."""
    title: str
    """Its name in reports."""
    model: CostModel
    """What prices a memory of it."""
    volatile: bool
    """Whether its content is lost without supply."""
    destructive_read: bool
    """Whether a read destroys what it reads; the figures of a read include its restore."""
    off_chip: bool = False
    """Whether it is a part of its own, without area or leakage on the chip; its energies do not depend on the chip."""
    nodes: Figure | None = None
    """Feature sizes of the macros behind the figures."""
    cell_area: Figure | None = None
    """Area of a cell in squares of the feature size."""
    read_energy: Figure | None = None
    """Energy of a macro per bit read."""
    write_energy: Figure | None = None
    """Energy of a macro per bit written, verify pulses and drivers included."""
    read_latency: Figure | None = None
    """Time of a read; without it an access takes one clock cycle."""
    write_latency: Figure | None = None
    """Time of a write; without it an access takes one clock cycle."""
    erase: EraseModel | None = None
    levels_per_cell: Figure
    """Levels that a cell tells apart as a digital memory."""
    endurance: Figure
    """Writes that the median cell stands."""
    endurance_spread: Figure
    """Standard deviation between cells in decades: endurance is lognormal."""
    retention: Figure | None = None
    """Time for which it keeps its content; without it, as long as it is supplied."""
    device: DeviceModel

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in ("nodes", "cell_area", "read_energy", "write_energy", "read_latency", "write_latency"):
            if self.model == "cells" and getattr(self, name) is None:
                raise PathError(name, "missing; the cost model `cells` needs it")
        for name in ("read_energy", "write_energy"):
            if self.model != "cells" and getattr(self, name) is not None:
                raise PathError(name, f"is not used by the cost model `{self.model}`; use `model: cells`")
        if self.off_chip and self.model != "cells":
            raise PathError("off_chip", f"the cost model `{self.model}` is of memories on the chip; use `model: cells`")
        for name, unit in _SI.items():
            _check_unit((name,), getattr(self, name), unit)
        for name in DeviceModel.model_fields:
            _check_unit(("device", name), getattr(self.device, name), _DEVICE_SI.get(name, "1"))
        if self.erase is not None:
            _check_unit(("erase", "latency"), self.erase.latency, "s")
            _check_unit(("erase", "block"), self.erase.block, "bit")
        return self


_SI = {
    "nodes": "m", "cell_area": "F2", "read_energy": "J/bit", "write_energy": "J/bit", "read_latency": "s",
    "write_latency": "s", "levels_per_cell": "1", "endurance": "1", "endurance_spread": "decade", "retention": "s",
}  # fmt: skip


_DEVICE_SI = {"pulse_width": "s", "on_resistance": "ohm", "pulse_energy": "J"}


def _check_unit(path: tuple[str, ...], figure: Figure | None, unit: str) -> None:
    if figure is not None and SI_UNITS[figure.unit] != unit:
        raise PathError((*path, "unit"), f"`{figure.unit}` does not measure this; expected {unit} or a multiple")


@dataclass(frozen=True)
class Published:
    """A published number in SI units, which may be negative."""

    low: float
    nominal: float
    high: float
    source: Source
    unit: str = "1"


@dataclass(frozen=True)
class Device:
    """Non-idealities of a device (see `DeviceModel`); None where a digital cell has no such thing."""

    levels: Published
    nonlinearity_potentiation: Published
    nonlinearity_depression: Published
    cycle_sigma: Published
    device_sigma: Published
    drift_exponent: Published
    drift_spread: Published
    read_noise: Published
    stuck_fraction: Published
    write_error: Published
    pulse_width: Published | None
    conductance_ratio: Published | None
    on_resistance: Published | None
    pulse_energy: Published | None


@dataclass(frozen=True)
class Erase:
    """Erasing of blocks."""

    latency_s: Estimate
    block_bits: Estimate


@dataclass(frozen=True)
class MemoryTechnology:
    """A memory technology (see `MemoryModel`), in SI units.

    The figures of nodes, cell, energies and latencies are None where the cost model does not take them from here.
    """

    name: str
    title: str
    model: CostModel
    volatile: bool
    destructive_read: bool
    off_chip: bool
    nodes_m: Estimate | None
    cell_area_f2: Estimate | None
    read_energy_j_per_bit: Estimate | None
    write_energy_j_per_bit: Estimate | None
    read_latency_s: Estimate | None
    write_latency_s: Estimate | None
    erase: Erase | None
    levels_per_cell: Estimate
    endurance: Estimate
    endurance_spread_decades: Estimate
    retention_s: Estimate | None
    device: Device

    def access_cycles(self, write: bool, clock_hz: float, rounds: int = 1) -> int:
        """Return the clock cycles that so many rounds of reading or writing take, at least one."""
        latency = self.write_latency_s if write else self.read_latency_s
        if latency is None:
            return 1
        cycles = round(latency.nominal * clock_hz * rounds, 6)  # 100 ns at 100 MHz are 10 cycles, not 11
        return max(1, math.ceil(cycles))


def names() -> tuple[str, ...]:
    """Return the names of the shipped memory technologies."""
    return tuple(sorted(shipped(KIND)))


def memory_document(name: str, beside: Iterable[Path] = ()) -> Document:
    """Return the file that `name` means: a shipped technology, a path, or a file in a folder of `beside`.

    Raises
    ------
    ConfigError : there is none, or it cannot be read.
    """
    return named_document(name, KIND, names(), beside, "kind")


def load_memory_technology(name: str, beside: Iterable[Path] = ()) -> MemoryTechnology:
    """Return the memory technology `name`: a shipped one (``stt-mram``) or a file.

    Parameters
    ----------
    name : name or path.
    beside : folders in which a file is looked for, after the working directory.

    Raises
    ------
    ConfigError : there is no such technology, naming the nearest, or its file is wrong.
    """
    plain = plain_name(name)
    return _shipped(plain) if plain in shipped(KIND) else memory_technology_of(memory_document(name, beside))


@cache
def _shipped(name: str) -> MemoryTechnology:
    return memory_technology_of(memory_document(name))


def memory_technology_of(document: Document) -> MemoryTechnology:
    """Return the memory technology that a file describes, or raise `ConfigError`."""
    given = validate(document, MemoryModel)
    name = given.memory_technology

    def band(figure: Figure | None, key: str) -> Estimate | None:
        return None if figure is None else figure.estimate(f"{key.replace('_', ' ')} of {name}")

    erase = None
    if given.erase is not None:
        erase = Erase(
            given.erase.latency.estimate(f"erase latency of {name}"),
            given.erase.block.estimate(f"erase block of {name}"),
        )
    return MemoryTechnology(
        name=name,
        title=given.title,
        model=given.model,
        volatile=given.volatile,
        destructive_read=given.destructive_read,
        off_chip=given.off_chip,
        nodes_m=band(given.nodes, "nodes"),
        cell_area_f2=band(given.cell_area, "cell area"),
        read_energy_j_per_bit=band(given.read_energy, "read energy"),
        write_energy_j_per_bit=band(given.write_energy, "write energy"),
        read_latency_s=band(given.read_latency, "read latency"),
        write_latency_s=band(given.write_latency, "write latency"),
        erase=erase,
        levels_per_cell=given.levels_per_cell.estimate(f"levels of a cell of {name}"),
        endurance=given.endurance.estimate(f"endurance of {name}"),
        endurance_spread_decades=given.endurance_spread.estimate(f"spread of the endurance of {name}"),
        retention_s=band(given.retention, "retention"),
        device=Device(**{field.name: _published(getattr(given.device, field.name)) for field in fields(Device)}),
    )


def _published(figure: Figure | None) -> Any:
    """A figure of a device in SI units, None if it has none."""
    if figure is None:
        return None
    low, nominal, high = (number * UNITS[figure.unit] for number in figure.numbers)
    return Published(low, nominal, high, Source(figure.source, figure.verified), SI_UNITS[figure.unit])


def describe_memory(technology: MemoryTechnology) -> list[tuple[str, float, float, float, str, str, str]]:
    """Return one row per number: quantity, low, nominal, high, unit, source, verified; all in SI units."""
    named: list[tuple[str, Estimate | Published]] = []
    for part in (technology, technology.erase):
        values = [getattr(part, field.name) for field in fields(part)] if part is not None else []
        bands = [value for value in values if isinstance(value, Estimate)]
        named += [(value.formula.removesuffix(f" of {technology.name}"), value) for value in bands]
    values = [
        (f"device: {field.name.replace('_', ' ')}", getattr(technology.device, field.name)) for field in fields(Device)
    ]
    named += [(name, value) for name, value in values if value is not None]
    return [(name, value.low, value.nominal, value.high, value.unit, *_cited(value)) for name, value in named]


def _cited(value: Estimate | Published) -> tuple[str, str]:
    source = value.source if isinstance(value, Published) else value.sources[0]
    return source.text, source.verified
