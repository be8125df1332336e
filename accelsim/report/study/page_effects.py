"""Effects of the axes on a metric as plain data for the page of a sweep."""

from __future__ import annotations

from typing import Any

from accelsim.report.quantity import printable
from accelsim.report.study.configurations import configurations
from accelsim.report.study.data import SweepData
from accelsim.report.study.effects import (
    Effect,
    Interaction,
    Swing,
    base_design,
    interactions,
    main_effects,
    sensitivity,
)
from accelsim.report.study.page_metrics import Scale, level_text, rounded


def effects_data(data: SweepData, scale: Scale, number: int) -> dict[str, Any]:
    """Return main effects, interactions and swings of a metric, the `number`-th of the page, in its unit there.

    `base` is the place of the design that swings are taken from.
    """
    base = base_design(data, scale.name)
    return {
        "metric": number,
        "main": [_main(effect, scale) for effect in main_effects(data, scale.name)],
        "interactions": [_interaction(pair, scale) for pair in interactions(data, scale.name)],
        "base": None if base is None else configurations(data).index(base),
        "swings": [_swing(swing, scale) for swing in sensitivity(data, scale.name)],
    }


def _main(effect: Effect, scale: Scale) -> dict[str, Any]:
    levels = [
        {
            "label": level_text(level.label),
            "mean": scale.of(level.mean),
            "half": scale.of(level.half_width),
            "designs": level.designs,
        }
        for level in effect.levels
    ]
    return {"axis": printable(effect.axis), "levels": levels}


def _interaction(pair: Interaction, scale: Scale) -> dict[str, Any]:
    return {
        "first": printable(pair.first),
        "second": printable(pair.second),
        "rows": [*map(level_text, pair.first_levels)],
        "columns": [*map(level_text, pair.second_levels)],
        "cells": [[scale.of(cell) for cell in row] for row in pair.cells],
        "strength": rounded(pair.strength),
    }


def _swing(swing: Swing, scale: Scale) -> dict[str, Any]:
    return {
        "axis": printable(swing.axis),
        **{end: scale.of(getattr(swing, end)) for end in ("base", "low", "high")},
        "low_label": level_text(swing.low_label),
        "high_label": level_text(swing.high_label),
    }
