from textwrap import dedent

import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.engine.choice import ENGINES
from accelsim.explore.points import MAX_POINTS, axes, grid
from accelsim.explore.schema import SweepDocument, Values
from accelsim.explore.tasks import Tasks

HEAD = "sweep: s\narchitecture: reckon\nworkload: cue_accumulation\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write a sweep document and return it with its plan; its messages name it `s.yaml`."""
    monkeypatch.chdir(tmp_path)

    def read(text, head=HEAD):
        (tmp_path / "s.yaml").write_text(head + dedent(text))
        document = load_document("s.yaml", "sweep")
        return validate(document, SweepDocument), document

    return read


def message(call, *arguments):
    with pytest.raises(ConfigError) as caught:
        call(*arguments)
    return str(caught.value)


def test_grid_has_every_combination_first_axis_slowest_seed_fastest(read):
    plan, document = read("""\
        axes:
          architecture.core.units.plasticity.lanes: [4, 8]
          ports:
            - {name: as published}
            - {name: two, architecture.core.memories.winp.ports: 2RW, architecture.core.memories.wrec.ports: 2RW}
          workload.training_samples: {range: [1, 5, 4]}
        seeds: 2
        """)
    points = grid(plan, document)
    assert [point.id for point in points] == list(range(16))
    lanes = "architecture.core.units.plasticity.lanes"
    assert points[0].axes == {lanes: 4, "ports": "as published", "workload.training_samples": 1}
    assert [(*point.axes.values(), point.seed) for point in points[:5]] == [
        (4, "as published", 1, 0),
        (4, "as published", 1, 1),
        (4, "as published", 5, 0),
        (4, "as published", 5, 1),
        (4, "two", 1, 0),
    ]
    assert [(o.path, o.value) for o in points[4].overrides("architecture")] == [
        (("core", "units", "plasticity", "lanes"), 4),
        (("core", "memories", "winp", "ports"), "2RW"),
        (("core", "memories", "wrec", "ports"), "2RW"),
    ]
    assert [(o.path, o.value) for o in points[4].overrides("workload")] == [(("training_samples",), 1)]


def test_values_remember_where_they_stand(read):
    plan, document = read("axes:\n  architecture.voltage: [0.5 V, 0.8 V]\n")
    second = axes(plan, document)[0].choices[1].settings["architecture.voltage"]
    assert second.origin == ("s.yaml", 5, 33)


def test_sweep_without_axes_is_one_point_per_seed(read):
    plan, document = read("seeds: [7, 3]\n")
    assert [(point.id, point.axes, point.seed) for point in grid(plan, document)] == [(0, {}, 7), (1, {}, 3)]


def test_range_includes_both_ends():
    assert Values(range=(2, 4)).listed() == (2, 3, 4)
    assert Values(range=(1, 9, 4)).listed() == (1, 5, 9)


def test_engines_are_those_of_simulate():
    assert SweepDocument.model_fields["engine"].annotation.__args__ == ENGINES


def test_every_mistake_is_told_at_its_place(read):
    text = """\
        axes:
          architectur.core.units.soma.lanes: [1]
          architecture.: [1]
          workload.epochs: []
          workload.test_samples: [1, 2, 1]
          workload.training_samples: {range: [5, 1]}
          id: [{name: a}]
          ports:
            - {name: one, architecture.core.memories.winp.ports: 1RW}
            - {core.memories.winp.ports: 2RW}
          both: [{name: x, workload.epochs: 1}]
        seeds: [0, 0]
        objectives:
          - {metric: cycles, direction: least}
        """
    key = "`architecture.` or `workload.` and a key, such as `architecture.core.units.plasticity.lanes`"
    assert message(read, text) == (
        "s.yaml:9:31  axes.workload.training_samples.range: ends at 1, before it begins at 5\n"
        "s.yaml:17:22  objectives.0.direction: 'least' is not one of min, max"
    )
    rest = text.replace("{range: [5, 1]}", "[3]").replace("least", "min")
    assert message(read, rest).splitlines() == [
        f"s.yaml:5:3  axes.architectur.core.units.soma.lanes: expected {key}, or the name of a list of mappings "
        "with a `name` each",
        f"s.yaml:6:3  axes.architecture.: expected {key}",
        "s.yaml:7:3  axes.workload.epochs: no values",
        "s.yaml:8:33  axes.workload.test_samples.2: 1 is here twice",
        "s.yaml:10:3  axes.id: is a column of the results already; choose another name",
        "s.yaml:13:7  axes.ports.1.name: missing; expected a name for this choice",
        f"s.yaml:13:8  axes.ports.1.core.memories.winp.ports: expected `name` or {key}",
        "s.yaml:14:3  axes.both: sets `workload.epochs`, as does the axis `workload.epochs`",
        "s.yaml:15:12  seeds.1: 0 is here twice",
    ]


def test_wrong_shapes_are_told_in_words(read):
    goals = "objectives: [{metric: a, direction: min}, {metric: a, direction: max}]\n"
    text = "axes:\n  workload.epochs: 3\nseeds: 0\n" + goals
    assert message(read, text).splitlines() == [
        "s.yaml:5:3  axes.workload.epochs: 3 is not a mapping or a list",
        "s.yaml:6:1  seeds: 0 is not a whole number > 0 or a list",
    ]
    text = text.replace("epochs: 3", "epochs: [3]").replace("seeds: 0", "seeds: 1")
    assert message(read, text) == "s.yaml:7:44  objectives.1.metric: `a` is here twice"


def test_unknown_keys_of_the_documents_are_found_before_anything_runs(read):
    plan, document = read("""\
        axes:
          architecture.core.units.plasticty.lanes: [4, 8]
          architecture.core.memories.winp.bit: [64]
          architecture.core.memories.winp.measured.read_enrgy: [1 pJ]
          workload.network.recurent: [50]
          workload.training: [1]
          size:
            - {name: small, workload.epoch: 1}
          architecture.core.options.anything: [true]
        """)
    assert message(Tasks, plan, document).splitlines() == [
        "s.yaml:5:3  axes.architecture.core.units.plasticty.lanes: core.units has no `plasticty` "
        "(did you mean `plasticity`?)",
        "s.yaml:6:3  axes.architecture.core.memories.winp.bit: core.memories.winp has no `bit` (did you mean `bits`?)",
        "s.yaml:7:3  axes.architecture.core.memories.winp.measured.read_enrgy: core.memories.winp.measured has no "
        "`read_enrgy` (did you mean `read_energy`?)",
        "s.yaml:8:3  axes.workload.network.recurent: network has no `recurent` (did you mean `recurrent`?)",
        "s.yaml:9:3  axes.workload.training: the workload has no `training` (did you mean `training_samples`?)",
        "s.yaml:11:21  axes.size.0.workload.epoch: the workload has no `epoch` (did you mean `epochs`?)",
    ]


def test_documents_are_found_beside_the_sweep_or_shipped(read, tmp_path):
    head = "sweep: s\narchitecture: reckn\nworkload: mine.yaml\n"
    plan, document = read("", head)
    assert message(Tasks, plan, document).splitlines() == [
        "s.yaml:2:1  architecture: 'reckn' is no file beside the sweep and no shipped architecture "
        "(did you mean `reckon`?)",
        "s.yaml:3:1  workload: 'mine.yaml' is no file beside the sweep and no shipped workload",
    ]
    (tmp_path / "mine.yaml").write_text("workload: mine\nextends: cue_accumulation\nepochs: 3\n")
    plan, document = read("", head.replace("reckn", "reckon"))
    bases = Tasks(plan, document).bases
    assert bases["architecture", "reckon"].name == "reckon"
    assert bases["workload", "mine.yaml"].data["epochs"] == 3


def test_grid_is_bounded(read):
    plan, document = read("axes:\n  workload.epochs: {range: [1, 1000]}\nseeds: 1000\n")
    assert message(grid, plan, document) == f"s.yaml:4:1  axes: 1000000 points, more than the {MAX_POINTS} allowed"


def test_key_changes_with_everything_that_decides_a_result(read, tmp_path):
    text = "axes:\n  workload.epochs: [1, 2]\n  architecture.voltage: [0.5 V, 0.6 V]\nseeds: 2\n"
    plan, document = read(text)
    points = grid(plan, document)
    plugin = tmp_path / "rule.py"
    plugin.write_text("x = 1\n")
    keys = [Tasks(plan, document).key(point) for point in points]
    assert len(set(keys)) == len(points) == 8
    assert [Tasks(plan, document).key(point) for point in points] == keys
    with_plugin = Tasks(plan, document, [plugin]).key(points[0])
    plugin.write_text("x = 2\n")
    edited = Tasks(plan, document, [plugin]).key(points[0])
    other_engine = Tasks(plan.model_copy(update={"engine": "simpy"}), document).key(points[0])
    assert len({keys[0], with_plugin, edited, other_engine}) == 4


def test_key_of_a_recording_follows_its_content(read, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "workload: w\ntask: {kind: recorded, path: data.npz}\nnetwork: {input: 1, recurrent: 1, output: 1}\n"
    )
    plan, document = read("", "sweep: s\narchitecture: reckon\nworkload: w.yaml\n")
    [point] = grid(plan, document)
    keys = set()
    for content in (b"one", b"two"):
        (tmp_path / "data.npz").write_bytes(content)
        keys.add(Tasks(plan, document).key(point))
    assert len(keys) == 2


def test_check_keys_accepts_what_plug_ins_check_themselves(read):
    plan, document = read("""\
        axes:
          workload.learning.parameters.rate: [1, 2]
          workload.settings.reckon.threshold: [500]
          architecture.core.memories.winp.measured.read_energy: [1 pJ]
        """)
    tasks = Tasks(plan, document)
    assert set(tasks.bases) == {("architecture", "reckon"), ("workload", "cue_accumulation")}
