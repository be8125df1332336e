"""Every number that a run reports, with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from accelsim.architecture.many_core import ManyCore, is_many_core
from accelsim.architecture.profile import Profile, is_profile
from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, choose_from
from accelsim.config.library import SUFFIXES, find_shipped, shipped
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.config.named import beside
from accelsim.cost.explain import explanation, figures, find, part_figures
from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.simulation.chip_figures import explained_figures
from accelsim.simulation.describe import part_costs
from accelsim.simulation.hops import hop_energies
from accelsim.simulation.mission import mission_of, mission_report, stepped_report
from accelsim.simulation.power import PowerTrace
from accelsim.simulation.recost import read_result
from accelsim.simulation.result import Result
from accelsim.simulation.stepped_result import NETWORK
from accelsim.simulation.wear import wear_figures
from accelsim.technology.estimate import Estimate, Source, Verified, total
from accelsim.technology.node import KIND, load_technology

ENDS = ("", "_low", "_high")


def figures_of(place: Path | str) -> dict[str, Estimate]:
    """Return every figure of a run or of a chip by name.

    Parameters
    ----------
    place : folder of a run, whose figures are its metrics and the rows of its cost tables; or an architecture, whose
        figures are those of its parts, and of a chip described by its parts and events all that is predicted of it.

    Raises
    ------
    ConfigError
        If there is neither, or it is damaged.
    """
    folder = Path(place)
    if not folder.is_dir() and (folder.suffix in SUFFIXES or find_shipped(str(place), "architecture")):
        return _of_architecture(load_document(place, "architecture"))
    if not folder.is_dir():
        hint = choose_from(str(place), shipped("architecture"))
        raise ConfigError(Problem(str(place), message=f"is neither the folder of a run nor an architecture{hint}"))
    path = folder / "result.json"
    if path.is_file():
        data = read_json(path)
        if isinstance(data.get("about"), dict) and data["about"].get("kind") == "steps":
            check_version(path, data["about"].get("accelsim"))
            try:
                return stepped_figures(data)
            except (KeyError, TypeError, ValueError) as error:
                raise damaged(path, str(error)) from None
    return reported(read_result(folder))


def _of_architecture(document: Document) -> dict[str, Estimate]:
    """Figures of a chip that need no run."""
    if is_profile(document):
        profile = validate(document, Profile)
        return explained_figures(profile, load_technology(profile.technology, beside(document)))
    if is_many_core(document):
        message = "states the energies of its actions: `accelsim describe` shows them, a run of it can be explained"
        raise ConfigError(Problem(document.name, message=message))
    return part_figures(part_costs(validate(document, Architecture), document))


def explain_figure(name: str, known: Mapping[str, Estimate]) -> list[str]:
    """Return the derivation of a figure, line by line (see `accelsim.cost.explain`).

    Raises
    ------
    ConfigError
        If there is no such figure.
    """
    return explanation(name, find(name, known))


def reported(result: Result) -> dict[str, Estimate]:
    """Return every figure of a result by name."""
    costs = result.accounts.estimates(result.costs)
    known = figures(result.costs, result.cost_report)
    known |= {name: estimate for name, (estimate, _) in costs.items() if estimate is not None}
    known |= PowerTrace(result.accounts, result.costs).figures() | wear_figures(result.accounts)
    mission = mission_report(mission_of(result.about), result.accounts, result.costs)
    missions = {} if mission is None else mission.estimates
    known |= {name: estimate for name, estimate in missions.items() if estimate is not None}
    names = [f"{name}{end}" for name in (*costs, *missions) for end in ENDS]
    return known | _simulated(result.metrics, result.about, names)


def stepped_figures(data: Mapping[str, Any]) -> dict[str, Estimate]:
    """Return every figure of the result of a chip of many cores, from the data of its `result.json`."""
    rows = {(row["component"], row["action"]): _given(row) for row in data["tables"]["energy"]}
    rows |= _hops(data)
    energies = {f"energy.{component}.{action}": value for (component, action), value in rows.items()}
    leakage = [value for (_, action), value in rows.items() if action == "leakage"]
    dynamic = total(
        (value for (_, action), value in rows.items() if action != "leakage"), "sum of the energies of all actions"
    )
    metrics = data["metrics"]
    whole = total([dynamic, *leakage], "dynamic and leakage energy")
    found = {"energy": whole, "energy_total_pj": whole, "energy_dynamic_pj": dynamic, **energies}
    for name, number, energy in (
        ("energy_step_nj", metrics["steps"], whole),
        ("energy_per_sop_pj", metrics["sop"], dynamic),
    ):
        if number:
            found[name] = energy / number
    found = {name: value.in_unit("J") for name, value in found.items()}
    if "limits" in data["tables"]:
        mission = stepped_report(data["about"], dynamic.in_unit("J"), metrics["time_total_us"] * 1e-6)
        assert mission is not None
        found |= {name: value for name, value in mission.estimates.items() if value is not None}
    return found | _simulated(metrics, data["about"], [f"{name}{end}" for name in found for end in ENDS])


def _simulated(metrics: Mapping[str, Any], about: Mapping[str, Any], others: list[str]) -> dict[str, Estimate]:
    """Figures of function and time: they come from the run itself."""
    inputs = f"{about['workload']['name']} on {about['architecture']['name']}, seed {about['seed']}"
    source = Source(f"simulation of {inputs}, {about['engine']} engine, accelsim {about['accelsim']}", "measured")
    return {
        name: Estimate.exact(value, source, "counted or timed in the run")
        for name, value in metrics.items()
        if value is not None and value >= 0 and name not in others
    }


def _hops(data: Mapping[str, Any]) -> dict[tuple[str, str], Estimate]:
    """Energies of hops that were derived, with their derivation."""
    about = data["about"]
    if about.get("process") is None:
        return {}
    chip = validate(Document.of(about["architecture"]["resolved"], "architecture"), ManyCore)
    each = hop_energies(chip, Document.of(about["process"], KIND))
    rows = [row for row in data["tables"]["energy"] if row["component"] == NETWORK and row["count"]]
    return {(NETWORK, row["action"]): each[row["action"].removeprefix("hop_")] * row["count"] for row in rows}


def _given(row: Mapping[str, Any]) -> Estimate:
    """Energy of an action whose energy the architecture states."""
    _, _, citation = row["provenance"].rpartition(" | ")
    text, _, verified = citation.removesuffix("]").rpartition(" [")
    flag: Verified = verified if verified in get_args(Verified) else "assumed"
    low, nominal, high = (row[f"energy_pj{end}"] * 1e-12 for end in ("_low", "", "_high"))
    energy = Estimate(low, nominal, high, (Source(text or citation, flag),), f"{row['action']} of {row['component']}")
    count = row["count"]
    if not count:
        return energy
    each = (energy / count).described(f"energy of one {row['action']} of {row['component']}, given in the architecture")
    each = replace(each, operator="", operands=())
    return replace(energy, operator="product", operands=(Estimate.exact(count, None, "times in the run", "1"), each))
