"""`accelsim validate chips`."""

import json


def test_chips_are_compared_one_line_a_figure(command, tmp_path):
    targets, told = tmp_path / "targets.csv", tmp_path / "told.json"
    targets.write_text("chip,metric,value,unit\nODIN,energy_per_sop_pj,12.7,pJ\nLoihi,area_mm2,60,mm2\n")
    answer = command("validate", "chips", str(targets), "--json", str(told))
    assert (answer.status, answer.err) == (0, "")
    odin, loihi, overhead, summary = answer.out.splitlines()
    assert odin.startswith("inside   ODIN  energy_per_sop_pj")
    assert "calibrated" in odin
    assert "blind" in loihi
    assert "fitted on ODIN alone" in overhead
    assert summary == "2 figures, 2 compared: 1 of 1 blind ones inside their band, 1 calibrated; 0 outside"
    assert [row["verdict"] for row in json.loads(told.read_text())] == ["inside", "inside"]


def test_a_figure_outside_its_band_fails(command, tmp_path):
    targets = tmp_path / "targets.csv"
    targets.write_text("chip,metric,value,unit\nODIN,area_mm2,9,mm2\n")
    answer = command("validate", "chips", str(targets))
    assert answer.status == 1
    assert answer.out.startswith("outside  ODIN")


def test_a_table_beside_a_folder_is_a_mistake(command, tmp_path):
    answer = command("validate", str(tmp_path), "targets.csv")
    assert answer.status == 2
    assert "goes with `accelsim validate chips`" in answer.err


def test_a_chip_that_is_only_costed_does_not_run(command):
    answer = command("run", "chips/odin", "odin_digits")
    assert answer.status == 2
    assert "is costed, not run" in answer.err


def test_a_chip_is_described_with_its_assumptions(command):
    answer = command("describe", "chips/morphic")
    assert (answer.status, answer.err) == (0, "")
    assert "MorphIC" in answer.out
    assert "assumed" in answer.out
