from typing import Annotated, Literal

from pydantic import Field

from accelsim.config.model import Model
from accelsim.config.schema import json_schema


class Sram(Model):
    kind: Literal["sram"]
    words: int = Field(gt=0)
    """Number of words."""


class Registers(Model):
    kind: Literal["registers"]


class Chip(Model):
    """A chip."""

    architecture: str
    memory: Annotated[Sram | Registers, Field(discriminator="kind")]
    spare: Sram | None = None
    stack: tuple[Sram, ...] = ()


def test_descriptions_come_from_docstrings() -> None:
    schema = json_schema(Sram)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["words"]["description"] == "Number of words."
    assert schema["required"] == ["kind", "words"]
    assert schema["additionalProperties"] is False


def test_a_document_that_stands_alone_must_be_complete() -> None:
    schema = json_schema(Chip, "architecture")
    assert schema["title"] == "Chip"
    assert schema["required"] == ["architecture"]
    assert schema["if"] == {"not": {"required": ["extends"]}}
    assert schema["then"]["required"] == ["architecture", "memory"]
    assert "$ref" in str(schema["then"]["properties"]["memory"])


def test_a_document_that_extends_may_be_partial() -> None:
    schema = json_schema(Chip, "architecture")
    assert schema["properties"]["extends"]["type"] == "string"
    assert schema["additionalProperties"] is False
    null = {"type": "null"}
    memory = schema["properties"]["memory"]["anyOf"]
    assert memory[0]["anyOf"] == [{"$ref": "#/$defs/Sram.partial"}, {"$ref": "#/$defs/Registers.partial"}]
    assert memory[1] == null
    assert "required" not in schema["$defs"]["Sram.partial"]
    assert schema["$defs"]["Sram.partial"]["properties"]["words"]["anyOf"][1] == null
    # A list replaces the inherited one, so its items are whole.
    assert schema["properties"]["stack"]["anyOf"][0]["items"] == {"$ref": "#/$defs/Sram"}
