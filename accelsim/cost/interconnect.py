"""The parts around the cores: FIFOs, routers, links.

Their figures hold their own clock and control, so that the overhead on memories and datapaths does not apply to them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from accelsim.config.errors import Problem, check
from accelsim.technology.estimate import ZERO, Estimate
from accelsim.technology.fifo import Body, fifo
from accelsim.technology.link import OffChip, off_chip_energy, toggle_energy, wire_energy
from accelsim.technology.memory import check_sizes
from accelsim.technology.router import router

if TYPE_CHECKING:
    from accelsim.cost.components import OperatingPoint


class Figures(NamedTuple):
    """What a part costs: energy per action, leakage and area of all instances, warnings."""

    energy_j: dict[str, Estimate]
    leakage_w: Estimate
    area_m2: Estimate
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class FifoComponent:
    """FIFOs of `depth` words of `bits` bits; their actions are ``push`` and ``pop`` of one, and ``clock`` of all."""

    kind: ClassVar[str] = "fifo"
    name: str
    depth: int
    bits: int
    instances: int = 1
    body: Body = "registers"
    overrides: Mapping[str, Estimate | float] = field(default_factory=dict)

    def figures(self, point: OperatingPoint) -> Figures:
        """Return the costs at an operating point."""
        one = fifo(
            self.depth,
            self.bits,
            technology=point.technology,
            body=self.body,
            voltage_v=point.voltage_v,
            temperature_k=point.temperature_k,
            minimum_voltage_v=point.minimum_voltage_v,
        )
        energy = {
            "push": one.push_energy_j,
            "pop": one.pop_energy_j,
            "clock": one.clock_energy_j * self.instances,
        }
        return Figures(energy, one.leakage_w * self.instances, one.area_m2 * self.instances, one.warnings)


@dataclass(frozen=True)
class RouterComponent:
    """Routers with buffers at their inputs; their actions are ``flit``, its way through one, and ``clock`` of all."""

    kind: ClassVar[str] = "router"
    name: str
    ports: int
    flit_bits: int
    buffer_flits: int
    virtual_channels: int = 1
    instances: int = 1
    overrides: Mapping[str, Estimate | float] = field(default_factory=dict)

    def figures(self, point: OperatingPoint) -> Figures:
        """Return the costs at an operating point."""
        one = router(
            self.ports,
            self.flit_bits,
            self.buffer_flits,
            technology=point.technology,
            virtual_channels=self.virtual_channels,
            voltage_v=point.voltage_v,
            temperature_k=point.temperature_k,
            minimum_voltage_v=point.minimum_voltage_v,
        )
        energy = {"flit": one.traversal_energy_j, "clock": one.clock_energy_j * self.instances}
        return Figures(energy, one.leakage_w * self.instances, one.area_m2 * self.instances, one.warnings)


@dataclass(frozen=True)
class LinkComponent:
    """A link of `bits` bits; its action is ``packet``, all of them sent once.

    It leads over wires of `length_m`, whose repeaters take no area of their own here, or over an interface to another
    chip. `handshake_wires` rise and fall once for each packet.
    """

    kind: ClassVar[str] = "link"
    name: str
    bits: int
    length_m: Estimate | None = None
    off_chip: OffChip | None = None
    handshake_wires: int = 0
    overrides: Mapping[str, Estimate | float] = field(default_factory=dict)
    instances: ClassVar[int] = 1

    def figures(self, point: OperatingPoint) -> Figures:
        """Return the costs at an operating point."""
        check_sizes(bits=self.bits)
        if (self.length_m is None) == (self.off_chip is None):
            check([Problem(path="length", message="a link has either a `length` or an `off_chip` interface")])
        if self.off_chip is not None:
            bit = off_chip_energy(self.off_chip, technology=point.technology)
            return Figures({"packet": _sent(bit, self.bits, self.off_chip)}, ZERO, ZERO)
        assert self.length_m is not None
        technology, voltage = point.technology, point.voltage_v
        packet = _sent(wire_energy(self.length_m, technology=technology, voltage_v=voltage), self.bits, "wires")
        if self.handshake_wires:
            edges = toggle_energy(self.length_m, technology=technology, voltage_v=voltage) * (2 * self.handshake_wires)
            packet = (packet + edges).described(f"{packet.formula}, and {self.handshake_wires} wires of the handshake")
        return Figures({"packet": packet}, ZERO, ZERO)


def side_m(area_m2: Estimate) -> Estimate:
    """Return the side (m) of a square of an area: as long as wires across it."""
    low, nominal, high = (math.sqrt(area) for area in (area_m2.low, area_m2.nominal, area_m2.high))
    return Estimate(low, nominal, high, area_m2.sources, "side of the area", "m", "from", (area_m2,))


def _sent(bit: Estimate, bits: int, over: str) -> Estimate:
    return (bit * bits).described(f"{bits} bits over {over}", "J")
