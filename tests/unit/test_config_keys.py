from typing import Annotated, Any

import pytest
from pydantic import Field

from accelsim.config.document import Document
from accelsim.config.keys import unknown_key
from accelsim.config.model import Model


class Part(Model):
    lanes: int = 1
    names: tuple[str, ...] = ()


class Chip(Model):
    chip: str
    parts: dict[str, Part] = Field(default_factory=dict)
    sizes: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    options: dict[str, bool | int] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


BASE = Document.of({"chip": "c", "parts": {"soma": {"lanes": 2}}, "sizes": {"input": 3}}, "chip")


@pytest.mark.parametrize(
    "key",
    ["chip", "parts.soma.lanes", "parts.soma.names", "parts.soma.names.0", "sizes.input", "options.x", "settings.a.b"],
)
def test_keys_that_may_be_set(key):
    assert unknown_key(tuple(key.split(".")), BASE, Chip) is None


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("chips", "the chip has no `chips` (did you mean `chip`?)"),
        ("voltage", "the chip has no `voltage`; there are: chip, parts, sizes, options, settings"),
        ("parts.sona.lanes", "parts has no `sona` (did you mean `soma`?)"),
        ("parts.soma.lane", "parts.soma has no `lane` (did you mean `lanes`?)"),
        ("sizes.output", "sizes has no `output`; there are: input"),
    ],
)
def test_keys_that_nothing_would_use(key, message):
    assert unknown_key(tuple(key.split(".")), BASE, Chip) == message


def test_a_mapping_that_is_not_there_has_no_entries():
    assert unknown_key(("parts", "soma", "lanes"), Document.of({"chip": "c"}, "chip"), Chip) == (
        "parts has no `soma`; there are: none"
    )
