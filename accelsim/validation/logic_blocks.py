"""Golden cases of kind `logic-blocks`: synthesised datapaths, predicted from their scalar functions.

The index is a CSV file with a row per netlist: its library and node, area, and the energy of zero-delay (low) and
unit-delay (high) toggles. A block is a row of the library the operators were calibrated on that
`accelsim.datapath.blocks` has a function for. Blocks of one operator were what the operators were calibrated on;
those of several are predictions, and so is the order of any two blocks.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from pathlib import Path

from accelsim.config.errors import ConfigError, Problem, check
from accelsim.datapath.blocks import UPDATES, block
from accelsim.technology.logic import LogicCost, datapath_cost
from accelsim.technology.node import load_technology
from accelsim.validation.runner import CaseReport, Check, Folder, Replay

NODE, SUPPLY_V = "45nm", 1.1
"""Technology of the library the operators were calibrated on, and its supply."""
ENERGY_FACTOR, AREA_FACTOR, BAND_FACTOR = 1.6, 1.5, 3.0
"""Largest ratio to the netlist, and of an end of a band to its middle."""
ORDERED_FACTOR = 1.5
"""Blocks that differ by more must be ordered right."""


@dataclass(frozen=True)
class Netlist:
    """A synthesised block: energies in fJ, area in um2."""

    name: str
    low_fj: float
    high_fj: float
    area_um2: float

    @cached_property
    def cost(self) -> LogicCost:
        """The cost of its function as a netlist of the same library."""
        graph = block(self.name)
        assert graph is not None
        return datapath_cost(graph, load_technology(NODE), voltage_v=SUPPLY_V, basis="netlist")

    @property
    def energy_fj(self) -> float:
        """Predicted energy without glitches."""
        return self.cost.zero_delay_j * 1e15

    @property
    def predicted_um2(self) -> float:
        """Predicted area."""
        return self.cost.area_m2.nominal * 1e12


def cases(folder: Folder) -> list[Replay]:
    """A case per block that has a function, and one for the order of all pairs."""
    blocks = [netlist for netlist in read_netlists(folder) if block(netlist.name) is not None]
    replays = [Replay(netlist.name, partial(_block, netlist)) for netlist in blocks]
    return [*replays, Replay("order", partial(_order, blocks))] if len(blocks) > 1 else replays


def read_netlists(folder: Folder) -> list[Netlist]:
    """Return the rows of the folder's index that are of the calibrated library.

    Raises
    ------
    ConfigError
        If the index is missing or malformed, one line per problem.
    """
    if folder.golden.index is None:
        raise ConfigError(Problem(str(folder.path / "golden.yaml"), path="index", message="missing; names the table"))
    path = folder.path / folder.golden.index
    netlists, problems = [], []
    for line, row in enumerate(_rows(path), start=2):
        try:
            if (float(row["node_nm"]), float(row["vdd_V"])) == (45.0, SUPPLY_V):
                figures = tuple(float(row[name]) for name in ("E_low_fJ", "E_high_fJ", "area_um2"))
                if min(figures) <= 0:
                    raise ValueError("energies and area must be positive")
                netlists.append(Netlist(row["op"], *figures))
        except KeyError as error:
            problems.append(Problem(str(path), line, path=str(error.args[0]), message="no such column"))
        except (TypeError, ValueError) as error:
            problems.append(Problem(str(path), line, message=str(error)))
    check(problems)
    return netlists


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Problem(str(path), message=f"cannot be read: {reason.lower()}")) from None


def _block(netlist: Netlist, engine: str) -> CaseReport:
    energy = netlist.cost.energy_j
    low, high = energy.low * 1e15, energy.high * 1e15
    width = max(energy.high / energy.nominal, energy.nominal / energy.low)
    inside = low <= netlist.high_fj <= high
    checks = (
        _within("energy", netlist.energy_fj / netlist.low_fj, ENERGY_FACTOR),
        _within("area", netlist.predicted_um2 / netlist.area_um2, AREA_FACTOR),
        Check("unit-delay energy", 1, int(not inside), f"{netlist.high_fj:.0f} fJ outside {low:.0f} to {high:.0f} fJ"),
        _within("band", width, BAND_FACTOR),
    )
    notes = (
        f"energy {netlist.energy_fj:.0f} against {netlist.low_fj:.0f} fJ ({netlist.energy_fj / netlist.low_fj:.2f})",
        f"band {low:.0f} to {high:.0f} against {netlist.high_fj:.0f} fJ with unit delay",
        f"area {netlist.predicted_um2:.0f} against {netlist.area_um2:.0f} um2 "
        f"({netlist.predicted_um2 / netlist.area_um2:.2f})",
    )
    kind = "predicted" if netlist.name in UPDATES else "calibrated"
    return CaseReport(netlist.name, kind, checks, notes)


def _within(what: str, ratio: float, factor: float) -> Check:
    # Ends of bands are products of floats.
    missed = not 1 / factor <= ratio <= factor * (1 + 1e-9)
    return Check(what, 1, int(missed), f"{ratio:.2f} times, limit {factor:g}")


def _order(netlists: list[Netlist], engine: str) -> CaseReport:
    energies = [(each.name, each.energy_fj, each.low_fj) for each in netlists]
    areas = [(each.name, each.predicted_um2, each.area_um2) for each in netlists]
    return CaseReport("order", "pairs", (_ordered("energy", energies), _ordered("area", areas)))


def _ordered(what: str, figures: list[tuple[str, float, float]]) -> Check:
    """Compare the order of every pair that clearly differs."""
    wrong, pairs = [], 0
    for (one, predicted, known), (other, its_predicted, its_known) in combinations(figures, 2):
        if max(known / its_known, its_known / known) > ORDERED_FACTOR:
            pairs += 1
            if (predicted - its_predicted) * (known - its_known) <= 0:
                wrong.append(f"{one} and {other}")
    return Check(what, pairs, len(wrong), ", ".join(wrong[:3]))
