"""The commands `explain` and `recost`, and technology files on the command line."""

from __future__ import annotations


def test_folders_without_a_run(command, here):
    for name in ("explain", "recost"):
        answer = command(name, "nothing")
        assert (answer.status, answer.err) == (
            2,
            "nothing  is no run directory; expected a folder with `result.json`\n",
        )


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
