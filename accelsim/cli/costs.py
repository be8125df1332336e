"""What the commands `explain` and `recost` do: costs of a finished run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from accelsim.cli.progress import console

SHOWN = (
    "energy_total_pj",
    "energy_dynamic_pj",
    "energy_leakage_pj",
    "energy_inference_uj",
    "energy_training_uj",
    "energy_per_sop_pj",
    "energy_per_sop_incremental_pj",
    "energy_per_learning_event_pj",
    "power_average_uw",
    "power_leakage_uw",
    "power_real_time_uw",
    "power_peak_uw",
    "lifetime_first_failure_days",
    "lifetime_01pct_days",
    "lifetime_1pct_days",
    "area_mm2",
    "mission_time_h",
)


def explain(place: str, figure: str | None) -> None:
    """Print the derivation of a figure of a run or a chip, or the names of all figures."""
    from accelsim.simulation.explained import explain_figure, figures_of

    known = figures_of(place)
    for line in known if figure is None else explain_figure(figure, known):
        print(line)


def recost(folder: str, settings: Sequence[str], out: str | None, overwrite: bool) -> None:
    """Print costs before and after a change, and save them if asked to."""
    from accelsim.simulation.recost import read_result

    before = read_result(folder)
    after = before.recost(settings)
    table = Table("figure", "as run", "recosted", "low", "high")
    for name in SHOWN:
        if name in after.metrics:
            values = (before.metrics[name], *(after.metrics[f"{name}{end}"] for end in ("", "_low", "_high")))
            table.add_row(name, *("-" if value is None else f"{value:.5g}" for value in values))
    screen = console()
    screen.print(table)
    for warning in after.about["warnings"]:
        screen.print(f"warning: {warning}", style="yellow", markup=False)
    if out is not None:
        after.save(out, overwrite=overwrite)
        screen.print(f"results in {out}", markup=False)
