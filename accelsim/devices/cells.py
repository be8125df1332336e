"""How the cells of a memory differ from ideal ones: published figures of its technology times a strength."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from accelsim.architecture.devices import Devices
from accelsim.technology.memory_technology import MemoryTechnology

LABEL_UNIT = 10.1015
"""NeuroSim's label of a non-linear update over the largest distance of the normalised curve from a straight line: found
from the table of labels of MLP NeuroSim V3.0 (labels 0.01 to 9), which it reproduces within 0.01 %."""
STEEPEST_LABEL = 9.0
"""End of that table."""


@dataclass(frozen=True)
class CellModel:
    """Cells of a synaptic memory; conductances count from 0 to 1 of their range.

    Attributes
    ----------
    technology : str
    binary : bool
        Whether a cell holds a bit of a word, rather than a whole weight.
    step : float
        What a pulse changes on the average.
    bend_up, bend_down : float
        Bend of the curve of increases and decreases: conductance after a share p of all pulses is
        (1 - exp(-p bend)) / (1 - exp(-bend)), with the signs of the published labels.
    cycle_sigma : float
        Standard deviation of a pulse.
    device_sigma : float
        Relative standard deviation of steps and bends between cells.
    drift_exponent, drift_spread : float
        Of G(t) = G0 (t / t0)^-nu, and its standard deviation between cells.
    read_noise : float
        Standard deviation of a read over the conductance.
    stuck_fraction, write_error : float
        Shares of cells that never change, and of bits that fail to switch.
    floor : float
        Lowest conductance over the range.
    endurance : float
        Writes that the median cell stands.
    endurance_spread : float
        Standard deviation of its decimal logarithm.
    retention_s : float
        Time after which exp(-1) of what was written is left.
    verify, stochastic : bool
        Write-verify instead of unseen pulses; stochastic instead of nearest rounding.
    wear : float
        Writes of a life that one stands for.
    range : float or None
        Largest weight, where its format and rule do not tell.
    """

    technology: str
    binary: bool
    step: float
    bend_up: float
    bend_down: float
    cycle_sigma: float
    device_sigma: float
    drift_exponent: float
    drift_spread: float
    read_noise: float
    stuck_fraction: float
    write_error: float
    floor: float
    endurance: float
    endurance_spread: float
    retention_s: float
    verify: bool
    stochastic: bool
    wear: float
    range: float | None


def cell_model(technology: MemoryTechnology, devices: Devices) -> CellModel | None:
    """Return the cells of a technology at the strength asked for; None if they are ideal ones."""
    published, strength = technology.device, devices.strength

    def given(name: str) -> float:
        own = getattr(devices, name)
        return float(own if own is not None else getattr(published, name).nominal)

    levels = given("levels")
    endurance = devices.endurance if devices.endurance is not None else technology.endurance.nominal
    retention = devices.retention
    if retention is None:
        retention = technology.retention_s.nominal if technology.retention_s is not None else math.inf
    ratio = published.conductance_ratio.nominal if published.conductance_ratio is not None else math.inf
    model = CellModel(
        technology=technology.name,
        binary=levels < 3,
        step=min(strength / (levels - 1), 1.0),
        bend_up=bend(given("nonlinearity_potentiation") * strength),
        bend_down=bend(given("nonlinearity_depression") * strength),
        cycle_sigma=given("cycle_sigma") * strength,
        device_sigma=given("device_sigma") * strength,
        drift_exponent=given("drift_exponent") * strength,
        drift_spread=given("drift_spread") * strength,
        read_noise=given("read_noise") * strength,
        stuck_fraction=min(given("stuck_fraction") * strength, 1.0),
        write_error=min(given("write_error") * strength, 1.0),
        floor=1 / (ratio - 1),
        endurance=endurance,
        endurance_spread=technology.endurance_spread_decades.nominal,
        retention_s=(devices.retention if devices.retention is not None else retention) / strength
        if strength
        else math.inf,
        verify=devices.programming == "verify",
        stochastic=devices.rounding == "stochastic",
        wear=devices.wear * strength,
        range=devices.range,
    )
    if technology.volatile and devices.retention is None:  # refreshed, and it does not wear
        model = replace(model, retention_s=math.inf, wear=0.0)
    return None if strength == 0 or _ideal(model) else model


def _ideal(model: CellModel) -> bool:
    """Whether cells hold exactly what is written: binary ones that never fail."""
    failures = (model.stuck_fraction, model.write_error, model.wear, 1 / model.retention_s)
    return model.binary and not any(failures)


@cache
def bend(label: float) -> float:
    """Return the bend of the update curve that a NeuroSim label stands for: Pmax / A of its formula.

    The label measures how far the curve strays from a straight line (`LABEL_UNIT`); it grows with the bend.
    """
    distance = min(abs(label), STEEPEST_LABEL) / LABEL_UNIT
    if distance < 1e-6:
        return 0.0
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if straying(middle) < distance else (low, middle)
    return math.copysign(low, label)


def straying(bend: float) -> float:
    """Return the largest distance of the curve (1 - exp(-p bend)) / (1 - exp(-bend)) from p, for 0 < p < 1."""
    whole = -math.expm1(-bend)
    return (1 - whole / bend) / whole - math.log(bend / whole) / bend
