"""JSON Schema of a model, for editors that complete and check YAML while it is typed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXTENDS = {
    "type": "string",
    "description": "A file, or the name of a shipped one, whose values hold where this file gives none.",
}


def json_schema(model: type[BaseModel], kind: str | None = None) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a model, with descriptions from the field docstrings.

    Parameters
    ----------
    model
        The schema class.
    kind
        The first key of the document the model describes. Such a document may have ``extends``: keys may then
        be inherited and null removes one, so only documents that stand alone must be complete.
    """
    body = model.model_json_schema(mode="validation", by_alias=True)
    if kind is None:
        return {"$schema": DIALECT, **body}
    definitions = body.pop("$defs", {})
    partial = _partial(body)
    partial["properties"][kind] = body["properties"][kind]
    partial["properties"]["extends"] = _EXTENDS
    return {
        "$schema": DIALECT,
        **partial,
        "required": [kind],
        "if": {"not": {"required": ["extends"]}},
        "then": body,
        "$defs": definitions | {f"{name}.partial": _partial(schema) for name, schema in definitions.items()},
    }


def either(*schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of documents that follow one of several, each from :func:`json_schema`."""
    return {
        "$schema": DIALECT,
        "anyOf": [
            {key: value for key, value in schema.items() if key not in ("$schema", "$defs")} for schema in schemas
        ],
        "$defs": {name: definition for schema in schemas for name, definition in schema["$defs"].items()},
    }


def _partial(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a file that extends another may contain: any keys, null to remove one, lists whole."""
    changed = ("required", "discriminator", "oneOf")
    partial = {key: value for key, value in schema.items() if key not in changed}
    if "$ref" in schema:
        partial["$ref"] = f"{schema['$ref']}.partial"
    branches = schema.get("anyOf", schema.get("oneOf"))
    if branches is not None:
        partial["anyOf"] = [_partial(branch) for branch in branches]
    if "properties" in schema:
        partial["properties"] = {key: _or_null(value) for key, value in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        partial["additionalProperties"] = _or_null(schema["additionalProperties"])
    return partial


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [_partial(schema), {"type": "null"}]}
