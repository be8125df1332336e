"""All figures of a sweep."""

from __future__ import annotations

from accelsim.report.drawing import Drawn
from accelsim.report.study.composition import breakdown_figures, learning_figures, mission_figures
from accelsim.report.study.data import SweepData
from accelsim.report.study.declared import declared_figures
from accelsim.report.study.effect_figures import effect_figures
from accelsim.report.study.pareto import pareto_figures


def sweep_figures(data: SweepData) -> list[Drawn]:
    """Draw the figures that a sweep declares and the standard ones but those whose names they have."""
    declared = declared_figures(data)
    taken = {figure.name for figure in declared}
    standard = [
        *pareto_figures(data),
        *effect_figures(data),
        *breakdown_figures(data),
        *learning_figures(data),
        *mission_figures(data),
    ]
    return [*declared, *(figure for figure in standard if figure.name not in taken)]
