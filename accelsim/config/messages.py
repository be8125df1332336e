"""Validation errors of pydantic in the user's words: what was found, what is allowed, the nearest valid name.

pydantic's error locations contain union tags beside keys, and one entry for each branch of a union that did
not fit. Here each location is followed through the annotations of the model, which tells keys from tags,
names the type that was expected, and lets a union answer with one message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from accelsim.config.errors import did_you_mean
from accelsim.config.expected import (
    Expected,
    choices,
    describe,
    field_type,
    fields,
    members,
    shown,
    tags,
    unwrap,
)
from accelsim.config.node import Path

Located = tuple[Path, str]
_COMPARISONS = {
    "greater_than": (">", "gt"),
    "greater_than_equal": (">=", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("<=", "le"),
}


def problems_of(error: ValidationError, annotation: Any, data: Any) -> list[Located]:
    """Return (path, message) of every problem in `data`, which failed to validate as `annotation`."""
    found: list[Located] = []
    unions: dict[Path, Expected] = {}
    for line in error.errors(include_url=False):
        place = _follow(annotation, line["loc"])
        if place.in_union:
            unions.setdefault(place.path, place.expected)
        else:
            # The input of a quantity's bound is its SI value; the user knows the text in the file.
            line["input"] = _value(data, place.path, line["input"])
            found.extend(_messages(line, place))
    for path, expected in unions.items():
        found.extend((path + below, message) for below, message in _union(expected, _value(data, path, None)))
    return found


@dataclass(frozen=True)
class _Place:
    """Where an error location leads: the keys in the data and the type expected there."""

    path: Path
    expected: Expected
    owner: type[BaseModel] | None = None
    in_union: bool = False


def _follow(annotation: Any, loc: Path) -> _Place:
    expected = unwrap(annotation)
    path: Path = ()
    owner: type[BaseModel] | None = None
    for index, key in enumerate(loc):
        if expected.is_union and not expected.discriminator:
            return _Place(path, expected, owner, in_union=True)
        if expected.is_union:
            expected = _member(expected, key)
            continue
        if key == "[key]":
            return _Place(path, unwrap(expected.arguments[0]), owner)
        path, owner = (*path, key), None
        if expected.model is not None:
            owner = expected.model
            expected = field_type(owner, str(key))
        elif expected.arguments:
            expected = unwrap(_item(expected, key))
        else:
            return _Place((*path, *loc[index + 1 :]), unwrap(Any))
    return _Place(path, expected, owner)


def _member(expected: Expected, tag: object) -> Expected:
    key = str(expected.discriminator)
    for member in members(expected):
        if member.model and tag in choices(field_type(member.model, key)):
            return member
    return unwrap(Any)


def _item(expected: Expected, key: str | int) -> Any:
    """Return the type of one element of a list, tuple or mapping."""
    arguments = expected.arguments
    if expected.kind == "tuple" and Ellipsis not in arguments and isinstance(key, int):
        return arguments[key] if key < len(arguments) else Any
    return arguments[1] if expected.kind == "mapping" else arguments[0]


def _messages(line: Any, place: _Place) -> Iterator[Located]:
    kind, value, context = line["type"], line["input"], line.get("ctx", {})
    error = context.get("error")
    if kind in ("value_error", "assertion_error") and error is not None:
        # PathError and PathErrors of accelsim.config.model, known by shape to keep this module below it.
        for part in getattr(error, "errors", (error,)):
            yield place.path + tuple(getattr(part, "path", ())), str(part) or "not valid"
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        yield _tag_message(kind, value, place)
    elif kind == "too_short" and len(value) >= context["min_length"]:
        return  # pydantic counts only the items that are valid; those that are not have been reported
    else:
        yield place.path, _message(kind, value, context, place, line["msg"])


def _tag_message(kind: str, value: Any, place: _Place) -> Located:
    key = str(place.expected.discriminator)
    if kind == "union_tag_not_found":
        if not isinstance(value, dict):
            return place.path, mismatch(value, f"a mapping with `{key}`")
        if value.get(key) is None:
            return (*place.path, key), f"missing; expected one of {', '.join(tags(place.expected))}"
    return (*place.path, key), _no_choice(value.get(key), tags(place.expected))


def _message(kind: str, value: Any, context: dict[str, Any], place: _Place, fallback: str) -> str:
    if kind == "missing":
        return f"missing; expected {describe(place.expected)}"
    if kind == "extra_forbidden":
        allowed = list(fields(place.owner)) if place.owner else []
        hint = did_you_mean(str(place.path[-1]), allowed)
        return f"unknown key{hint or ' (allowed: ' + ', '.join(allowed) + ')'}"
    if kind in _COMPARISONS:
        sign, key = _COMPARISONS[kind]
        return f"{value} is not {sign} {shown(context[key])}"
    if kind == "multiple_of":
        return f"{value} is not a multiple of {context['multiple_of']}"
    if kind == "finite_number":
        return f"{value} is not a finite number"
    if kind in ("too_short", "too_long"):
        return f"has {len(value)} item{'s' * (len(value) != 1)}, expected {_bound(context)}"
    if kind in ("string_too_short", "string_too_long"):
        return f"{found(value)} does not have {_bound(context)} characters"
    if kind == "string_pattern_mismatch":
        return f"{found(value)} does not match the pattern {context['pattern']}"
    if kind in ("literal_error", "enum"):
        return _no_choice(value, [shown(choice) for choice in choices(place.expected)])
    if kind.endswith(("_type", "_from_float", "_parsing")) and place.expected.kind != "anything":
        return mismatch(value, describe(place.expected, bounds=value is None))
    if kind == "quantity":
        return fallback
    return f"{fallback[:1].lower()}{fallback[1:]}, found {found(value)}"


def _bound(context: dict[str, Any]) -> str:
    return f"at least {context['min_length']}" if "min_length" in context else f"at most {context['max_length']}"


def _no_choice(value: Any, allowed: list[str]) -> str:
    one_of = f"one of {', '.join(allowed)}" if len(allowed) > 1 else f"`{allowed[0]}`"
    hint = did_you_mean(value, allowed) if isinstance(value, str) and len(allowed) > 1 else ""
    return f"{mismatch(value, one_of)}{hint}"


def _union(expected: Expected, value: Any) -> list[Located]:
    """Answer for a union by the member the user most likely meant, or else by naming them all."""
    tried: list[tuple[int, int, int, list[Located]]] = []
    for member in members(expected):
        if member.accepts_shape(value):
            known = len(set(value) & set(fields(member.model))) if member.model else 1
            problems = _problems_as(member, value)
            if known and problems:
                tried.append((-known, len(problems), len(tried), problems))
    if tried:
        return min(tried)[3]
    hint = ""
    if isinstance(value, str):
        names = [shown(choice) for member in members(expected) for choice in choices(member)]
        hint = did_you_mean(value, names)
    return [((), f"{mismatch(value, describe(expected))}{hint}")]


def _problems_as(member: Expected, value: Any) -> list[Located]:
    try:
        TypeAdapter(member.annotation).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        return problems_of(error, member.annotation, value)
    return []


def _value(data: Any, path: Path, otherwise: Any) -> Any:
    for key in path:
        try:
            data = data[key]
        except (LookupError, TypeError):
            return otherwise
    return data


def mismatch(value: Any, expected: str) -> str:
    """Say that a value is not what was expected."""
    if value is None:
        return f"no value; expected {expected}"
    if isinstance(value, dict | list):
        return f"found {found(value)}, expected {expected}"
    quote = " (put it in quotes)" if expected == "text" else ""
    return f"{found(value)} is not {expected}{quote}"


def found(value: Any) -> str:
    """Write a value of the user for a message."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = shown(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
