"""Which description of a chip a workload runs on."""

import pytest

from accelsim.cli.commands import load_pair
from accelsim.cli.describing import describe
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.explore.points import grid
from accelsim.explore.schema import SweepDocument
from accelsim.explore.tasks import Tasks
from accelsim.simulation.about import identity
from accelsim.simulation.kinds import described_for, runs_in_steps

CHIP = "architecture: own\nextends: loihi.yaml\n"


def learning():
    return load_document("cue_accumulation", "workload")


def chip(tmp_path, text, *overrides):
    (tmp_path / "own.yaml").write_text(CHIP + text)
    return load_document(tmp_path / "own.yaml", "architecture", overrides=overrides)


def test_the_mesh_learns_on_the_description_it_names():
    mesh = load_document("mesh", "architecture", overrides=["cores=4", "interconnect={width: 2, height: 2}"])
    found = described_for(mesh, learning())
    assert found.name == "alif-mesh"
    assert (found.data["cores"], found.data["interconnect"]["width"]) == (4, 2)
    assert not runs_in_steps(found, learning())
    assert identity(found)["stands_for"] == "mesh"
    assert "stands_for" not in identity(mesh)


def test_stepped_workloads_and_other_chips_keep_theirs():
    mesh, core = load_document("mesh", "architecture"), load_document("single_core", "architecture")
    stepped = load_document("recurrent_1k", "workload")
    assert described_for(mesh, stepped) is mesh
    assert runs_in_steps(mesh, stepped)
    assert described_for(core, learning()) is core


def test_a_file_is_looked_for_beside_the_one_that_names_it(tmp_path):
    (tmp_path / "learner.yaml").write_text("architecture: learner\nextends: single_core.yaml\n")
    found = described_for(chip(tmp_path, "learning: learner.yaml\n"), learning())
    assert (found.name, found.stands_for) == ("learner", "own")


def test_settings_follow_in_order_but_for_the_one_that_names_it(tmp_path):
    own = chip(tmp_path, "", "learning=learning_mesh", "cores=8").with_overrides(["cores=2"])
    assert described_for(own, learning()).data["cores"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning: lost.yaml\n", "own.yaml:3:1  learning: `lost.yaml`: no such file or shipped architecture"),
        ("learning: [1]\n", "own.yaml:3:1  learning: expected an architecture, found [1]"),
        ("learning: broken.yaml\n", "broken.yaml:1:1  this file describes a workload, expected an architecture"),
    ],
)
def test_what_cannot_be_followed(tmp_path, text, message):
    (tmp_path / "broken.yaml").write_text("workload: w\n")
    with pytest.raises(ConfigError) as caught:
        described_for(chip(tmp_path, text), learning())
    assert message in str(caught.value)


def test_settings_on_the_command_line_are_checked_against_the_description_that_runs():
    chip, _ = load_pair("mesh", "cue_accumulation", ["core.units.plasticity.lanes=8", "cores=4"])
    assert (chip.name, chip.data["core"]["units"]["plasticity"]["lanes"]) == ("alif-mesh", 8)
    with pytest.raises(ConfigError, match=r"core.units.plasticity has no `lane`"):
        load_pair("mesh", "cue_accumulation", ["core.units.plasticity.lane=8"])
    with pytest.raises(ConfigError, match="the architecture has no `barier`"):
        load_pair("mesh", "recurrent_1k", ["barier=8"])


def test_sweeps_set_keys_of_the_description_that_runs():
    plan = {
        "sweep": "lanes",
        "architecture": "mesh",
        "workload": "cue_accumulation",
        "axes": {"architecture.core.units.plasticity.lanes": (4, 8)},
    }
    model, document = SweepDocument.model_validate(plan), Document.of(plan, "sweep")
    tasks = Tasks(model, document)
    chips = [tasks.task(point).architecture for point in grid(model, document)]
    assert [chip.stands_for for chip in chips] == ["mesh", "mesh"]
    assert [chip.data["core"]["units"]["plasticity"]["lanes"] for chip in chips] == [4, 8]


def test_a_description_tells_of_the_other(capsys):
    describe(["mesh"], [], [])
    assert "workloads that learn run on `alif_mesh.yaml`" in capsys.readouterr().out
