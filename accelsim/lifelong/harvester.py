"""Power from a harvester: a capacitor is charged, the chip works until it is empty, and waits for it to be full."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.config.quantity import Capacitance, Power, Voltage


class Harvester(Model):
    """A harvester of constant power that charges a capacitor, without losses."""

    power: Power = Field(gt=0)
    """What it harvests."""
    capacitance: Capacitance = Field(gt=0)
    """Of the capacitor."""
    v_on: Voltage
    """Voltage at which the chip begins to work."""
    v_off: Voltage
    """Voltage at which it stops."""
    load_power: Power = Field(gt=0)
    """What the working chip draws, on average."""

    @model_validator(mode="after")
    def _order(self) -> Self:
        if not 0 <= self.v_off < self.v_on:
            raise PathError("v_off", f"{self.v_off:g} V is not between 0 and `v_on`")
        return self

    @property
    def energy_j(self) -> float:
        """What the capacitor gives between both voltages, C (v_on^2 - v_off^2) / 2."""
        return self.capacitance * (self.v_on**2 - self.v_off**2) / 2

    @property
    def on_s(self) -> float | None:
        """How long the chip works at a time, harvesting meanwhile; None if it never stops."""
        missing = self.load_power - self.power
        return self.energy_j / missing if missing > 0 else None

    @property
    def off_s(self) -> float:
        """How long the capacitor charges then."""
        return self.energy_j / self.power
