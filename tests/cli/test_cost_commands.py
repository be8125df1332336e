"""The commands `explain` and `recost`, and technology files on the command line."""

from __future__ import annotations


def test_folders_without_a_run(command, here):
    answer = command("recost", "nothing")
    assert (answer.status, answer.err) == (2, "nothing  is no run directory; expected a folder with `result.json`\n")
    answer = command("explain", "chips/loihy")
    told = "chips/loihy  is neither the folder of a run nor an architecture (did you mean `chips/loihi`?)\n"
    assert (answer.status, answer.err) == (2, told)


def test_a_predicted_figure_of_a_chip_is_explained_and_described(command, here):
    told = command("explain", "chips/loihi", "energy_per_sop_pj")
    assert (told.status, told.err) == (0, "")
    assert "dynamic energy of a second over synaptic operations" in told.out
    assert "] measured: CACTI 7 runs" in told.out
    assert "area_mm2" in command("explain", "chips/loihi").out.splitlines()
    assert "23.6" in command("describe", "chips/loihi").out


def test_a_chip_in_a_process_of_its_own(command, here):
    (here / "own.yaml").write_text(
        "technology: own\nextends: 14nm\nconstants:\n"
        "  system_overhead: {value: 1, unit: '1', source: clock tree of our chip, verified: measured}\n"
    )
    (here / "chip.yaml").write_text("architecture: mine\nextends: chips/loihi\ntechnology: own\n")
    told = command("explain", "chip.yaml", "energy_per_sop_pj")
    assert (told.status, told.err) == (0, "")
    assert "clock tree of our chip" in told.out


def test_neurons_of_stepped_chips_are_listed_and_described(command):
    assert {"stepped-lif", "truenorth"} <= set(command("list", "neurons").out.split())
    told = command("describe", "neuron", "truenorth")
    assert (told.status, told.err) == (0, "")
    assert "per neuron: 65 bits" in told.out


def test_a_chip_that_states_its_energies_is_explained_but_not_recosted(command, here):
    run = command("run", "mesh", "recurrent_1k", "--out", "run", "--set", "workload.steps=2")
    assert run.status == 0, run.err
    told = command("explain", "run", "energy_total_pj")
    assert (told.status, told.err) == (0, "")
    assert "[1] " in told.out
    answer = command("recost", "run", "--set", "voltage=1 V")
    assert answer.status == 2
    assert "states the energies of its actions" in answer.err


def test_describe_a_technology_file(command, here):
    (here / "own.yaml").write_text("technology: own\nextends: 22nm\ntitle: our process\n")
    for words in (("own.yaml",), ("technology", "own.yaml"), ("technology", "own")):
        answer = command("describe", *words)
        assert (answer.status, answer.err) == (0, "")
        assert "our process" in answer.out
