"""Two runs compared: what differs in the inputs, what moved, and what is said about it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from report_data import band, tiny_run
from rich.console import Console

from accelsim.report.compare import Comparison, Figure, Side, compare, differences
from accelsim.report.compare_text import ONE_SEED, UNRECORDED, data, markdown, rendered, sentences

CHIP = {"architecture": "tiny", "voltage": "0.5 V", "core": {"units": {"dendrite": {"lanes": 8}}}}
TASK = {"workload": "toy", "epochs": 2}


def side(metrics: Any = None, chip: Any = CHIP, task: Any = TASK, **changes: Any) -> Side:
    """The side of the small run with other metrics and inputs."""
    run = tiny_run(
        architecture={"name": "tiny", "file": None, "sha256": "", "resolved": chip},
        workload={"name": "toy", "file": None, "sha256": "", "resolved": task},
        **changes,
    )
    return Side.of_run("runs/tiny", replace(run, metrics={**run.metrics, **(metrics or {})}), {})


def lanes(count: int) -> dict[str, Any]:
    return {**CHIP, "core": {"units": {"dendrite": {"lanes": count}}}}


def keys(a: Any, b: Any) -> list[str]:
    return [change.key for change in differences(a, b)]


def text(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=160, markup=False)
    console.print(rendered(comparison))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_documents_differ_in_as_few_keys_as_tell_it() -> None:
    assert keys({"a": 1, "b": {"c": [1, 2]}}, {"a": 1.0, "b": {"c": [1, 2]}}) == []
    assert keys({"b": {"c": [1, 2], "d": 1}}, {"b": {"c": [1, 3], "d": 1}}) == ["b.c"]
    assert keys({"a": 1}, {"a": 1, "new": {"x": 1, "y": {"z": 2}}}) == ["new"]
    assert keys({"gone": None}, {}) == []
    assert keys({"on": True}, {"on": 1}) == ["on"]
    assert keys({"body": [{"cycles": 1}, {"cycles": 2}]}, {"body": [{"cycles": 1}, {"cycles": 3}]}) == ["body.1.cycles"]
    assert keys({"body": [{"cycles": 1}]}, {"body": [{"cycles": 1}, {"cycles": 3}]}) == ["body"]


def test_named_items_are_found_wherever_they_stand() -> None:
    a = {"phases": [{"name": "in", "cycles": 1}, {"name": "learn", "cycles": 2}]}
    b = {"phases": [{"name": "learn", "cycles": 3}, {"name": "in", "cycles": 1}, {"name": "rest", "cycles": 0}]}
    assert keys(a, b) == ["phases.learn.cycles", "phases.rest"]
    assert keys({"cells": [{"name": "x"}, {"name": "x"}]}, {"cells": [{"name": "x"}, {"name": "y"}]}) == [
        "cells.1.name"
    ]


def test_equal_runs_are_called_equal() -> None:
    found = compare(side(), side())
    assert not found.inputs
    assert not found.metrics
    assert found.energy_pj == found.cycles == []
    assert "No recorded input differs, and no figure." in sentences(found)


def test_names_and_rounding_are_no_differences() -> None:
    found = compare(side(), side({"energy_total_pj": 1.0e7 * (1 + 1e-15)}, chip={**CHIP, "architecture": "other"}))
    assert [change.key for change in found.inputs] == ["architecture.architecture"]
    assert not found.causes
    assert not found.metrics
    assert "No recorded input differs but in name, and no figure." in sentences(found)


def test_figures_that_differ_without_a_recorded_reason() -> None:
    assert f"No recorded input differs. {UNRECORDED}" in sentences(compare(side(), side({"cycles": 5300})))


def test_the_first_sentence_says_how_much_less_and_names_the_key() -> None:
    a = side(band("energy_inference_uj", 4.0))
    b = side(band("energy_inference_uj", 3.08), chip=lanes(16))
    told = sentences(compare(a, b))
    assert told[0] == "B needs 23 % less energy per inference than A: 3.08 uJ instead of 4.00 uJ, within the band."
    key = "`architecture.core.units.dendrite.lanes`"
    assert f"The only recorded difference of the inputs: {key} is 16 in B, 8 in A." in told
    assert not any("because" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("value", "within", "said"),
    [
        (5.0, True, "B needs 25 % more energy per inference than A: 5.00 uJ instead of 4.00 uJ, within the band."),
        (16.0, True, "B needs 4.00 times the energy per inference that A needs: 16.0 uJ instead of 4.00 uJ, within"),
        (20.0, False, "B needs 5.00 times the energy per inference that A needs: 20.0 uJ instead of 4.00 uJ, beyond"),
    ],
)
def test_bands_that_overlap(value: float, within: bool, said: str) -> None:
    found = compare(side(band("energy_inference_uj", 4.0)), side(band("energy_inference_uj", value)))
    (change,) = found.metrics
    assert (change.name, change.within_band) == ("energy_inference_uj", within)
    assert change.relative == pytest.approx(value / 4 - 1)
    assert sentences(found)[0].startswith(said)


def test_exact_figures_have_no_band() -> None:
    (change,) = compare(side(), side({"cycles": 2600})).metrics
    assert (change.within_band, change.relative) == (None, -0.5)
    told = text(compare(side(), side({"cycles": 2600})))
    assert "-50 %" in told
    assert "bands" not in told


def test_a_figure_of_one_side_only() -> None:
    (change,) = compare(side(), side({"sop": 12})).metrics
    assert (change.a, change.b, change.relative) == (None, Figure(12), None)
    assert compare(side({"power_average_uw": 0.0}), side({"power_average_uw": 1.0})).metrics[0].relative is None


def test_components_and_states_that_moved_most_come_first() -> None:
    a, b = side(), side(chip=lanes(16))
    b = replace(
        b,
        energy_pj={
            "weights": Figure(4e6, 3e6, 8e6),
            "soma.leak": Figure(1.5e6, 5e5, 3e6),
            "noc": Figure(1e5, 1e5, 1e5),
        },
        cycles={"idle": 4000, "learn": 600},
    )
    assert a.energy_pj is not None
    assert a.energy_pj["weights"] == Figure(1.2e7, 6e6, 2.4e7)  # all its actions
    assert a.cycles == {"idle": 4000, "learn": 1200}
    told = sentences(compare(a, b))
    moved = "`weights` -8.00 uJ (-67 %), `soma.leak` +500 nJ (+50 %), `noc` +100 nJ (not in A)."
    assert f"In the energy of the run, the components that moved most: {moved}" in told
    assert "In the cycles of the run, the only state that moved: `learn` -600 (-50 %)." in told


def test_accuracy_is_never_told_without_its_caution() -> None:
    same = sentences(compare(side(), side()))
    assert f"Accuracy on test samples: 87.5 % in both; {ONE_SEED}." in same
    better = sentences(compare(side(), side({"accuracy_test": 0.9}, seed=8)))
    assert f"Accuracy on test samples: 90.0 % in B, 87.5 % in A (+2.5 points); {ONE_SEED}." in better
    assert "The seeds differ: whatever depends on chance differs by chance too." in better


def test_many_differences_claim_no_cause() -> None:
    b = side(chip={**lanes(16), "voltage": "0.6 V"}, task={**TASK, "epochs": 3}, python="3.12.0")
    told = sentences(compare(side(), b))
    assert any(each.startswith("The inputs differ in 4 keys, and which of them did what is not shown") for each in told)
    assert any("and 1 more, below" in each for each in told)
    assert "The workloads differ: figures of the whole run compare different work." in told
    assert "Different versions of the software made them." in told


def test_technologies_are_compared_if_both_sides_have_one_of_the_name() -> None:
    a = replace(side(), files={"technology own": {"constants": {"leak": 1}}, "technology 28nm": {"x": 1}})
    b = replace(side(), files={"technology own": {"constants": {"leak": 2}}, "technology 22nm": {"x": 2}})
    assert [change.key for change in compare(a, b).inputs] == ["technology own.constants.leak"]


def test_points_of_studies_tell_no_components() -> None:
    a, b = (replace(each, energy_pj=None, cycles=None) for each in (side(), side()))
    found = compare(a, b)
    assert found.energy_pj is None
    assert data(found)["cycles_by_state"] is None
    assert any(sentence.startswith("A study keeps the metrics of a point only") for sentence in sentences(found))


def test_every_form_tells_the_same() -> None:
    found = compare(side(), side({"area_mm2": 0.5, "odd|name": 3}, chip=lanes(16)))
    told = data(found)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["inputs"] == [{"key": "architecture.core.units.dendrite.lanes", "a": 8, "b": 16}]
    assert [each["name"] for each in told["metrics"]] == ["area_mm2", "odd|name"]
    document, screen = markdown(found), text(found)
    assert "| architecture.core.units.dendrite.lanes | 8 | 16 |" in document
    assert "odd\\|name" in document
    for sentence in told["sentences"]:
        assert sentence in document
    assert "+34 %" in screen
    assert "A: tiny on toy (runs/tiny)" in screen


def test_long_values_are_shown_where_they_part_and_control_characters_are_not_obeyed() -> None:
    a, b = ({**CHIP, "note": f"{'x' * 200}{end}"} for end in ("one", "two\x1b[31m"))
    document = markdown(compare(side(chip=a), side(chip=b)))
    assert "one |" in document
    assert "two\\x1b[31m |" in document
    assert "x" * 100 not in document


def test_what_is_not_set_is_told_with_its_default() -> None:
    a = replace(side(), defaults={"architecture": {"power": {"clock_gating": False, "after": 0.1}, "voltage": 0.5}})
    gated = compare(a, side(chip={**CHIP, "power": {"clock_gating": True}}))
    assert '`architecture.power` is {"clock_gating": true} in B, not set (by default {"clock_gating": false}) in A' in (
        " ".join(sentences(gated))
    )
    other_unit = compare(a, side(chip={**CHIP, "power": {"after": "1 ms"}}))
    assert '{"after": "1 ms"} in B, not set in A' in " ".join(sentences(other_unit))


def test_every_share_changes_by_percentage_points() -> None:
    found = compare(
        side({"accuracy_train_last": 0.5, "duty_cycle": 0.2}), side({"accuracy_train_last": 0.554, "duty_cycle": 0.1})
    )
    assert "| accuracy train last | 50.0 % | 55.4 % | +5.4 points |" in markdown(found)
    assert "| duty cycle | 20.0 % | 10.0 % | -10.0 points |" in markdown(found)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_narrow_terminal_gets_fewer_columns_not_folded_rows(width: int) -> None:
    metrics = {"energy_inference_uj": 4.0, "energy_inference_uj_low": 2.0, "energy_inference_uj_high": 9.0}
    found = compare(side(metrics), side({**metrics, "energy_inference_uj": 3.0}))
    console = Console(file=io.StringIO(), width=width, markup=False)
    console.print(rendered(found))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    row = next(line for line in shown.splitlines() if line.lstrip().startswith("energy of an inference"))
    assert all(text in row for text in ("4.00 uJ", "3.00 uJ", "-25 %"))
    assert ("(2.0 - 9.0)" in row, "within the band" in row) == {60: (False, False), 80: (True, False)}.get(
        width, (True, True)
    )
