"""Every field of an architecture is *functional*, *timing* or *cost*: what must be computed again when it changes.

A functional field can alter a computed bit (number formats, quirks, random-number wiring); a timing field only
when things happen; a cost field only what they cost.  Stage results are cached under keys that follow from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

Role = Literal["functional", "timing", "cost", "note"]


def functional(default: Any = ..., **options: Any) -> Any:
    """A field whose change can alter what the chip computes."""
    return Field(default, json_schema_extra={"role": "functional"}, **options)


def timing(default: Any = ..., **options: Any) -> Any:
    """A field whose change can alter when things happen, never what is computed."""
    return Field(default, json_schema_extra={"role": "timing"}, **options)


def cost(default: Any = ..., **options: Any) -> Any:
    """A field whose change can alter energy, area or power only."""
    return Field(default, json_schema_extra={"role": "cost"}, **options)


def note(default: Any = ..., **options: Any) -> Any:
    """A field for people: it changes no result."""
    return Field(default, json_schema_extra={"role": "note"}, **options)


def view(model: BaseModel, *roles: Role) -> Any:
    """The part of a description that has one of the given roles, as plain data.

    Nested descriptions without a role of their own are entered; a field with another role is left out.
    """
    kept: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        extra = field.json_schema_extra
        role = extra.get("role") if isinstance(extra, dict) else None
        value = getattr(model, name)
        if role is None:
            nested = _view_value(value, roles)
            if nested not in ({}, [], None):
                kept[name] = nested
        elif role in roles:
            kept[name] = plain(value)
    return kept


def _view_value(value: Any, roles: tuple[Role, ...]) -> Any:
    if isinstance(value, BaseModel):
        return view(value, *roles)
    if isinstance(value, Mapping):
        return {key: nested for key, item in value.items() if (nested := _view_value(item, roles)) not in ({}, None)}
    return None


def plain(value: Any) -> Any:
    """A description as plain data: dicts, lists, numbers and text."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
