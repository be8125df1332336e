import sys
from importlib.metadata import EntryPoint

import pytest
from pydantic import field_validator

from accelsim.config import registry as registry_module
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import Model, validate
from accelsim.config.registry import Registry, RegistryError, UnknownNameError


def offer(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, "group") for name, value in points]
    monkeypatch.setattr(registry_module, "entry_points", lambda group: found)


def test_builtins_are_listed_without_being_imported() -> None:
    sys.modules.pop("colorsys", None)
    registry: Registry[object] = Registry("rule", builtin={"hue": "colorsys:rgb_to_hsv"})
    assert registry.names() == ["hue"]
    assert "colorsys" not in sys.modules
    assert registry.get("hue").__name__ == "rgb_to_hsv"  # type: ignore[attr-defined]


def test_an_unknown_name_lists_what_there_is() -> None:
    registry: Registry[object] = Registry("neuron model", builtin={"lif": "a:b", "alif": "a:c"})
    with pytest.raises(UnknownNameError) as caught:
        registry.get("liff")
    assert str(caught.value) == "unknown neuron model `liff` (did you mean `lif`?); there are: alif, lif"
    with pytest.raises(LookupError, match="there are: none"):
        Registry("rule").get("x")


def test_register_and_get() -> None:
    registry: Registry[type] = Registry("rule")

    @registry.register("mine")
    class Mine:
        pass

    assert registry.get("mine") is Mine
    assert registry.register("mine")(Mine) is Mine


def test_a_builtin_may_register_itself() -> None:
    registry: Registry[type] = Registry("rule", builtin={"own": f"{__name__}:Outside"})
    registry.register("own")(Outside)
    assert registry.get("own") is Outside


class Outside:
    pass


class Other:
    pass


def test_a_clash_names_both_origins() -> None:
    registry: Registry[type] = Registry("rule", builtin={"own": "accelsim.rules:Own"})
    registry.register("x")(Outside)
    with pytest.raises(RegistryError) as caught:
        registry.register("x")(Other)
    assert str(caught.value) == f"the rule `x` is defined twice: by {__name__}:Outside and by {__name__}:Other"
    with pytest.raises(RegistryError, match=r"by accelsim\.rules:Own and by .*:Other"):
        registry.register("own")(Other)


def test_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(
        monkeypatch,
        ("out", f"{__name__}:Outside"),
        ("out", f"{__name__}:Outside"),
        ("bad", "no.such.module:X"),
    )
    registry: Registry[type] = Registry("rule", "group")
    assert registry.names() == ["bad", "out"]
    assert registry.get("out") is Outside
    with pytest.raises(RegistryError) as caught:
        registry.get("bad")
    assert str(caught.value) == (
        "the rule `bad` of no.such.module:X cannot be loaded: ModuleNotFoundError: No module named 'no'"
    )


@pytest.mark.parametrize("registered", [True, False])
def test_entry_points_that_clash(monkeypatch: pytest.MonkeyPatch, registered: bool) -> None:
    offer(monkeypatch, ("out", f"{__name__}:Outside"), *([] if registered else [("out", f"{__name__}:Other")]))
    registry: Registry[type] = Registry("rule", "group")
    if registered:
        registry.register("out")(Other)
    with pytest.raises(RegistryError, match=r"the rule `out` is defined twice: by .* and by "):
        registry.get("out")


def test_an_entry_point_may_not_replace_a_builtin(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ("own", f"{__name__}:Outside"))
    registry: Registry[type] = Registry("rule", "group", {"own": "accelsim.rules:Own"})
    with pytest.raises(RegistryError, match=r"by accelsim\.rules:Own and by .*:Outside"):
        registry.names()


def test_an_unknown_name_in_a_file_is_located() -> None:
    registry: Registry[object] = Registry("rule", builtin={"eprop": "a:b"})

    class Unit(Model):
        architecture: str
        rule: str

        @field_validator("rule")
        @classmethod
        def _known(cls, name: str) -> str:
            registry.get(name)
            return name

    document = Document.of({"architecture": "a", "rule": "eprp"}, "architecture")
    with pytest.raises(ConfigError) as caught:
        validate(document, Unit)
    assert str(caught.value) == "rule: unknown rule `eprp` (did you mean `eprop`?); there are: eprop"
