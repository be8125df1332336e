"""Every number that a run reports, with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from accelsim.cost.explain import explanation, figures, find
from accelsim.formats.json_file import check_version, damaged, read_json
from accelsim.simulation.recost import read_result
from accelsim.simulation.result import Result
from accelsim.technology.estimate import Estimate, Source, Verified, total

ENDS = ("", "_low", "_high")


def figures_of(folder: Path) -> dict[str, Estimate]:
    """Return every figure of the run in a folder by name: its metrics, and the rows of its cost tables.

    Raises
    ------
    ConfigError
        If there is no run, or it is damaged.
    """
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
    return known | _simulated(result.metrics, result.about, [f"{name}{end}" for name in costs for end in ENDS])


def stepped_figures(data: Mapping[str, Any]) -> dict[str, Estimate]:
    """Return every figure of the result of a chip of many cores, from the data of its `result.json`."""
    rows = {(row["component"], row["action"]): _given(row) for row in data["tables"]["energy"]}
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
