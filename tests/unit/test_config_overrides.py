from typing import Any

import pytest

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.node import Origin
from accelsim.config.overrides import Override, parse_override

DATA = {"architecture": "a", "core": {"lanes": 1, "clock": "1 MHz"}, "phases": [{"cycles": 2}, {"cycles": 3}]}


def document() -> Document:
    return Document.of(DATA, "architecture", "a.yaml")


def message(*overrides: str | Override) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        document().with_overrides(overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b=8", 8),
        ("a.b=200 MHz", "200 MHz"),
        ("a.b=[1, {x: 2}]", [1, {"x": 2}]),
        ("a.b=null", None),
        ("a.b='5'", "5"),
        ("a.b=x=y", "x=y"),
        ("a.b=yes", "yes"),
    ],
)
def test_values_are_yaml(text: str, value: Any) -> None:
    assert parse_override(text) == Override(("a", "b"), value, Origin(f"--set {text}"))


def test_values_are_set_created_and_removed() -> None:
    changed = document().with_overrides(
        ["core.lanes=8", "phases.1.cycles=5", "core.new.deep=1", "core.clock=null", "phases.0=null"][:4]
    )
    assert changed.data == {
        "architecture": "a",
        "core": {"lanes": 8, "new": {"deep": 1}},
        "phases": [{"cycles": 2}, {"cycles": 5}],
    }
    assert document().with_overrides(["phases.0=null"]).data["phases"] == [{"cycles": 3}]
    assert document().data == DATA


def test_origins_are_the_override() -> None:
    changed = document().with_overrides(["core.new.deep=1"])
    expected = "--set core.new.deep=1  core.new: unknown key"
    assert str(changed.problem("core.new", "unknown key")) == expected
    assert changed.locate("core.lanes") == ("a.yaml", None, None)


def test_an_override_from_a_sweep_is_located_in_the_sweep() -> None:
    point = Override(("core", "lanes", "x"), 3, Origin("sweep.yaml", 4, 7))
    assert message(point) == ["sweep.yaml:4:7  core.lanes.x: core.lanes is 1, it has no keys"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["core.lanes"], ["--set core.lanes  expected `key.path=value`, such as `core.lanes=8`"]),
        (["=3"], ["--set =3  expected `key.path=value`, such as `core.lanes=8`"]),
        (["core..lanes=3"], ["--set core..lanes=3  expected `key.path=value`, such as `core.lanes=8`"]),
        (["core.lanes="], ["--set core.lanes=  core.lanes: no value (`null` removes the key)"]),
        (["core.lanes= # 3"], ["--set core.lanes= # 3  core.lanes: no value (`null` removes the key)"]),
        (["a=[1"], ["--set a=[1  a: not valid YAML: did not find expected ',' or ']'"]),
        (
            ["a=!!python/none x"],
            ["--set a=!!python/none x  a: the tag `!!python/none` is not allowed; a file is plain data"],
        ),
        (
            ["phases.2.cycles=1"],
            ["--set phases.2.cycles=1  phases.2.cycles: phases has items 0 to 1, no `2`"],
        ),
        (["phases.x=1"], ["--set phases.x=1  phases.x: phases has items 0 to 1, no `x`"]),
        (
            ["core.lanes=8", "core.lanes=9"],
            ["--set core.lanes=9  core.lanes: contradicts `--set core.lanes=8`"],
        ),
        (
            ["core.lanes=8", "core={}"],
            ["--set core.lanes=8  core.lanes: contradicts `--set core={}`, which sets all of core"],
        ),
        (["architecture=5"], ["--set architecture=5  architecture: expected the name of this architecture"]),
        (
            ["phases.7=1", "core.lanes.x=1"],
            [
                "--set core.lanes.x=1  core.lanes.x: core.lanes is 1, it has no keys",
                "--set phases.7=1  phases.7: phases has items 0 to 1, no `7`",
            ],
        ),
    ],
)
def test_bad_overrides(texts: list[str], expected: list[str]) -> None:
    assert message(*texts) == expected


def test_a_path_deeper_than_any_file_is_refused() -> None:
    assert message(".".join("a" * 65) + "=1")[0].endswith("=1  nested deeper than 64 levels")


def test_the_same_value_twice_is_no_contradiction() -> None:
    assert document().with_overrides(["core.lanes=8", "core.lanes=8"]).data["core"]["lanes"] == 8
