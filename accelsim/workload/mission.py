"""The mission of a device: how often its sensor brings an event, what it is made of, and what it must keep to.

A run simulates some samples; the mission repeats them at the rate at which they really come, and sleeps in between.
A part is a name of the catalogue (`accelsim.technology.catalogue`) or is described in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.errors import choose_from
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import (
    Area,
    Charge,
    Current,
    Length,
    Mass,
    Power,
    PowerDensity,
    Temperature,
    TemperatureRise,
    ThermalResistance,
    Time,
    Voltage,
    Volume,
)
from accelsim.technology import catalogue
from accelsim.technology.catalogue import Section

Positive = Annotated[float, Field(gt=0)]


class OwnBattery(Model):
    """A battery: of the catalogue (`cell`), or of one's own with voltage, capacity, mass and volume."""

    cell: str | None = None
    """Name in the catalogue: a cell, or a chemistry that `capacity` sizes."""
    count: int = Field(default=1, gt=0)
    """Cells in parallel."""
    capacity: Charge | None = Field(default=None, gt=0)
    """Of a cell of a chemistry, or of one's own."""
    voltage: Voltage | None = Field(default=None, gt=0)
    """Nominal voltage."""
    mass: Mass | None = None
    """Of a cell."""
    volume: Volume | None = None
    """Of a cell."""
    max_current: Current | None = Field(default=None, gt=0)
    """Largest continuous current."""
    self_discharge_per_year: float | None = Field(default=None, ge=0, le=1)
    """Share of its energy that it loses in a year."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        own = ("voltage", "capacity", "mass", "volume")
        given = [name for name in (*own, "max_current", "self_discharge_per_year") if getattr(self, name) is not None]
        if self.cell is None:
            missing = [name for name in own if name not in given]
            if missing:
                others = "name a `cell` of the catalogue, or give voltage, capacity, mass and volume"
                raise PathError(missing[0], f"missing; {others}")
            return self
        _check_name(self.cell, "batteries", ("cell",))
        sized = catalogue.battery(self.cell).capacity_c is None
        if sized and self.capacity is None:
            raise PathError("capacity", f"missing; `{self.cell}` is a chemistry, which comes in any size")
        for name in given:
            if not (sized and name == "capacity"):
                raise PathError(name, f"comes with `{self.cell}`; leave out `cell` to describe a battery of your own")
        return self


class Harvester(Model):
    """A source that gives power all the time."""

    power: Power
    """Mean power at the supply of the chip."""
    mass: Mass
    """Of the whole source."""
    volume: Volume
    """Of the whole source."""


class OwnRegulator(Model):
    """A converter between battery and chip."""

    efficiency: float = Field(gt=0, le=1)
    """Share of the power that arrives."""
    quiescent: Power
    """What it takes itself, all the time."""
    mass: Mass
    """Of the converter and its parts."""
    volume: Volume
    """Of the converter and its parts."""


class OwnPackage(Model):
    """A package."""

    theta_ja: ThermalResistance
    """Thermal resistance from junction to ambient."""
    mass: Mass
    """Without the die."""
    volume: Volume
    """Outer volume."""
    cavity: Area | None = None
    """Die area that fits."""


class Board(Model):
    """A printed circuit."""

    area: Area = Field(gt=0)
    """Of one side."""
    thickness: Length = Field(default=0.8e-3, gt=0)
    """Of the laminate."""
    material: str = "fr4"
    """Name in the catalogue."""
    copper_layers: int = Field(default=2, ge=0, le=64)
    """Layers of 35 um copper, partly etched away."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_name(self.material, "materials", ("material",))
        return self


class OwnAllowance(Model):
    """A part beside the chip: a sensor, an antenna, a housing, a strap."""

    name: str
    """What it is called in reports."""
    mass: Mass
    """Of the part."""
    volume: Volume
    """Of the part."""
    power: Power
    """Mean power, all the time."""


class Limits(Model):
    """What the device must keep to; a limit that is not given is that of the catalogue, or none."""

    mission_time: Time | None = Field(default=None, gt=0)
    """Least time on one battery; the duration of the mission if it is not given."""
    mass: Mass | None = Field(default=None, gt=0)
    """Of the whole device."""
    volume: Volume | None = Field(default=None, gt=0)
    """Of the whole device."""
    power: Power | None = Field(default=None, gt=0)
    """Mean power of chip and sensors."""
    skin_temperature: Temperature | None = Field(default=None, gt=0)
    """Of a wearable's surface."""
    tissue_rise: TemperatureRise | None = Field(default=None, gt=0)
    """Warming of the tissue around an implant."""
    power_density: PowerDensity | None = Field(default=None, gt=0)
    """Heat that an implant gives off per surface."""
    junction_temperature: Temperature | None = Field(default=None, gt=0)
    """Of the chip."""


class Mission(Model):
    """What the device does all day, and what it is made of."""

    duration: Time = Field(default=86400.0, gt=0)
    """How long it should last."""
    events_per_hour: Positive | None = None
    """Samples that the sensor brings; or `events_per_day`."""
    events_per_day: Positive | None = None
    """Samples that the sensor brings; or `events_per_hour`."""
    learn_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the samples that is learnt from; the others are only answered."""
    battery: str | OwnBattery | None = None
    """A cell of the catalogue, or one's own."""
    harvester: Harvester | None = None
    """A source beside the battery, or instead of it."""
    regulator: str | OwnRegulator = "buck"
    """A converter of the catalogue, or one's own."""
    package: str | OwnPackage = "qfn-32"
    """A package of the catalogue, or one's own."""
    board: Board | None = None
    """The printed circuit, if there is one."""
    allowances: tuple[str | OwnAllowance, ...] = ()
    """Parts beside the chip."""
    placement: Literal["wearable", "implant", "none"] = "none"
    """Where it is worn: decides what heat may do."""
    surface: Area | None = Field(default=None, gt=0)
    """Surface that gives off heat; both sides of the board if it is not given."""
    ambient: Temperature | None = Field(default=None, gt=0)
    """Temperature around the device; by default of skin for a wearable, of the body for an implant, or of a room."""
    limits: Limits = Limits()
    """What the device must keep to."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := list(self._problems()):
            raise PathErrors(problems)
        return self

    def _problems(self) -> Iterator[PathError]:
        if (self.events_per_hour is None) == (self.events_per_day is None):
            yield PathError("events_per_hour", "give either `events_per_hour` or `events_per_day`")
        if self.battery is None and self.harvester is None:
            yield PathError("battery", f"missing; {_known('batteries')}, or give a `harvester`")
        named: Sequence[tuple[Any, Section, tuple[str | int, ...]]] = (
            (self.battery, "batteries", ("battery",)),
            (self.regulator, "regulators", ("regulator",)),
            (self.package, "packages", ("package",)),
            *((part, "allowances", ("allowances", i)) for i, part in enumerate(self.allowances)),
        )
        for name, section, at in named:
            if isinstance(name, str):
                try:
                    _check_name(name, section, at)
                    if section == "batteries" and catalogue.battery(name).capacity_c is None:
                        message = f"`{name}` is a chemistry: write `{{cell: {name}, capacity: 40 mAh}}`"
                        raise PathError(at, message)
                except PathError as error:
                    yield error
        if self.placement != "none" and self.surface is None and self.board is None:
            yield PathError("surface", f"missing; {self.placement} parts give off heat, or give a `board`")

    @property
    def events_per_s(self) -> float:
        """Samples that the sensor brings in a second."""
        if self.events_per_hour is not None:
            return self.events_per_hour / 3600
        assert self.events_per_day is not None
        return self.events_per_day / 86400


def check_samples(mission: Mission, sample_s: float, training: int, test: int) -> Iterator[PathError]:
    """Yield what a mission asks of a run that simulates other samples.

    Parameters
    ----------
    mission
    sample_s
        How long a sample lasts in the real world.
    training, test
        Samples of the run.
    """
    if mission.learn_share > 0 and not training:
        yield PathError(("mission", "learn_share"), "the run has no `training_samples` that show what learning costs")
    if mission.learn_share < 1 and not test:
        yield PathError(("mission", "learn_share"), "the run has no `test_samples` that show what an answer costs")
    if mission.events_per_s * sample_s > 1 + 1e-9:
        name = "events_per_day" if mission.events_per_hour is None else "events_per_hour"
        often = (3600 if name == "events_per_hour" else 86400) / sample_s
        yield PathError(("mission", name), f"samples of {sample_s:g} s would overlap; at most {often:g} fit")


def _check_name(name: str, section: Section, at: tuple[str | int, ...]) -> None:
    if name not in catalogue.names(section):
        raise PathError(at, f"`{name}` is not in the catalogue{choose_from(name, catalogue.names(section))}")


def _known(section: Section) -> str:
    return f"there are: {', '.join(catalogue.names(section))}"
