"""The mission block of a workload: what may be written, and what is told of mistakes."""

import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.simulation.setup import prepare
from accelsim.simulation.stepped_setup import prepare_stepped
from accelsim.workload.mission import Mission
from accelsim.workload.schema import Workload

OWN = {"capacity": "90 mAh", "voltage": "3.7 V", "mass": "2 g", "volume": "1.2 cm3"}


def mission(**changes):
    data = {"events_per_hour": 60, "battery": "cr2032", **changes}
    return {key: value for key, value in data.items() if value is not None}


def problems(**changes):
    document = Document.of({"workload": "x", "mission": mission(**changes)}, "workload")
    with pytest.raises(ConfigError) as caught:
        validate(document, Mission, at=("mission",))
    return str(caught.value)


def valid(**changes):
    return validate(Document.of({"workload": "x", "mission": mission(**changes)}, "workload"), Mission, at=("mission",))


def test_quantities_have_units_and_differences_of_temperature_are_no_temperatures():
    found = valid(battery=OWN, limits={"tissue_rise": "1 degC", "skin_temperature": "41 degC"}, duration="2 h")
    assert found.battery.capacity == pytest.approx(324)
    assert found.limits.tissue_rise == 1
    assert found.limits.skin_temperature == pytest.approx(314.15)
    assert found.events_per_s == pytest.approx(1 / 60)
    assert valid(events_per_hour=None, events_per_day=86400).events_per_s == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"battery": "cr2023"}, "mission.battery: `cr2023` is not in the catalogue (did you mean `cr2032`?)"),
        ({"battery": "alkaline"}, "`alkaline` is a chemistry: write `{cell: alkaline, capacity: 40 mAh}`"),
        ({"battery": {"cell": "alkaline"}}, "mission.battery.capacity: missing; `alkaline` is a chemistry"),
        ({"battery": {"capacity": "90 mAh"}}, "mission.battery.voltage: missing; name a `cell` of the catalogue"),
        ({"battery": {"cell": "cr2032", "mass": "1 g"}}, "mission.battery.mass: comes with `cr2032`"),
        ({"battery": {**OWN, "mass": 2}}, "mission.battery.mass: 2 has no unit; expected a mass such as `3 g`"),
        ({"battery": None}, "mission.battery: missing; there are: cr2032, alkaline"),
        ({"package": "qfn-33"}, "mission.package: `qfn-33` is not in the catalogue (did you mean `qfn-32`?)"),
        ({"allowances": ["crystal", "antenna"]}, "mission.allowances.1: `antenna` is not in the catalogue"),
        ({"placement": "implant"}, "mission.surface: missing; implant parts give off heat, or give a `board`"),
        ({"events_per_day": 3}, "mission.events_per_hour: give either `events_per_hour` or `events_per_day`"),
        ({"limits": {"weight": "1 g"}}, "mission.limits.weight: unknown key"),
        ({"limits": {"tissue_rise": 2}}, "mission.limits.tissue_rise: 2 has no unit"),
        ({"board": {"area": "4 cm2", "material": "fr5"}}, "mission.board.material: `fr5` is not in the catalogue"),
    ],
)
def test_mistakes_are_told(changes, message):
    assert message in problems(**changes)


def test_mistakes_have_a_place_in_the_file(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("workload: w\nextends: wearable_keyword\nmission:\n  battery: cr2023\n  regulator: bukc\n")
    with pytest.raises(ConfigError) as caught:
        validate(load_document(path, "workload"), Workload)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{path}:4:3  mission.battery: `cr2023` is not in the catalogue")
    assert second.startswith(f"{path}:5:3  mission.regulator: `bukc` is not in the catalogue")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["test_samples=0"], "mission.learn_share: the run has no `test_samples` that show what an answer costs"),
        (["training_samples=0"], "mission.learn_share: the run has no `training_samples` that show what learning"),
        (["mission.events_per_hour=7300"], "mission.events_per_hour: samples of 0.5 s would overlap; at most 7200 fit"),
    ],
)
def test_the_run_must_show_what_the_mission_repeats(settings, message):
    document = load_document("wearable_keyword", "workload", overrides=settings)
    with pytest.raises(ConfigError) as caught:
        validate(document, Workload)
    assert message in str(caught.value)


def test_a_chip_must_fit_its_supply():
    workload = load_document(
        "wearable_keyword",
        "workload",
        overrides=["mission.battery={cell: silver_oxide_button, capacity: 30 mAh}", "mission.regulator=ldo"],
    )
    chip = load_document("single_core", "architecture")
    prepare(chip, workload, seed=0)
    weak = workload.with_overrides(["mission.battery={voltage: 0.7 V, capacity: 1 Ah, mass: 1 g, volume: 1 cm3}"])
    with pytest.raises(ConfigError, match=r"regulator: the chip needs 0\.8 V, the battery gives 0\.7 V; choose `buck`"):
        prepare(chip, weak, seed=0)


def test_a_network_in_steps_does_not_learn():
    overrides = ["mission={events_per_hour: 5, battery: cr2032, learn_share: 0.5}"]
    document = load_document("recurrent_1k", "workload", overrides=overrides)
    with pytest.raises(ConfigError, match="learn_share: such a network does not learn"):
        prepare_stepped(load_document("loihi", "architecture"), document, seed=0)
