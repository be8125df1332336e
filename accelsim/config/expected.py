"""What a type annotation asks for, in plain words."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_BOUNDS = (
    (annotated_types.Gt, "gt", ">"),
    (annotated_types.Ge, "ge", ">="),
    (annotated_types.Lt, "lt", "<"),
    (annotated_types.Le, "le", "<="),
)


@dataclass(frozen=True)
class Expected:
    """An annotation without its wrappers (Annotated, Optional, aliases).

    `kind` is ``union``, ``model``, ``mapping``, ``list``, ``tuple``, ``choice``, ``scalar`` or ``anything``.
    """

    annotation: Any
    kind: str
    core: Any
    arguments: tuple[Any, ...] = ()
    metadata: tuple[Any, ...] = field(default=(), compare=False)
    discriminator: str | None = None

    @property
    def is_union(self) -> bool:
        return self.kind == "union"

    @property
    def model(self) -> type[BaseModel] | None:
        return self.core if self.kind == "model" else None

    def accepts_shape(self, value: Any) -> bool:
        """Whether a mapping or list at least has the shape of this type; scalars never count."""
        if isinstance(value, dict):
            return self.kind in ("model", "mapping")
        return isinstance(value, list) and self.kind in ("list", "tuple")


def unwrap(annotation: Any, discriminator: str | None = None) -> Expected:
    """Peel an annotation down to the type that decides."""
    core, metadata = annotation, []
    while True:
        origin = get_origin(core)
        if hasattr(core, "__value__"):
            core = core.__value__
        elif origin is Annotated:
            core, *extra = get_args(core)
            for item in extra:
                metadata.extend([item, *item.metadata] if isinstance(item, FieldInfo) else [item])
                if isinstance(item, FieldInfo) and isinstance(item.discriminator, str):
                    discriminator = item.discriminator
        elif origin in (Union, types.UnionType):
            options = [option for option in get_args(core) if option is not type(None)]
            if len(options) > 1:
                return Expected(annotation, "union", core, tuple(options), tuple(metadata), discriminator)
            core = options[0]
        else:
            return Expected(annotation, _kind(core, origin), core, get_args(core), tuple(metadata))


def _kind(core: Any, origin: Any) -> str:
    kind = origin or core
    if origin is Literal or (isinstance(core, type) and issubclass(core, Enum)):
        return "choice"
    if not isinstance(kind, type) or kind is object:
        return "anything"
    if issubclass(kind, BaseModel):
        return "model"
    if kind in _WORDS:
        return "scalar"
    if issubclass(kind, Mapping):
        return "mapping"
    if issubclass(kind, tuple):
        return "tuple"
    return "list" if issubclass(kind, Sequence | frozenset | set) else "anything"


def members(expected: Expected) -> Iterator[Expected]:
    """Yield the members of a union, nested ones flattened."""
    for option in expected.arguments:
        member = unwrap(option)
        if member.is_union:
            yield from members(member)
        else:
            yield member


def choices(expected: Expected) -> tuple[Any, ...]:
    """Return the values of a Literal or Enum."""
    if expected.kind != "choice":
        return ()
    return expected.arguments or tuple(member.value for member in expected.core)


def tags(expected: Expected) -> list[str]:
    """Return the values the discriminator of a tagged union may have."""
    key = str(expected.discriminator)
    models = [member.model for member in members(expected) if member.model]
    return [shown(tag) for model in models for tag in choices(field_type(model, key))]


def fields(model: type[BaseModel] | None) -> dict[str, FieldInfo]:
    """Return the fields of a model by the key that stands in the file."""
    return {info.alias or name: info for name, info in model.model_fields.items()} if model else {}


def field_type(model: type[BaseModel], key: str) -> Expected:
    """Return what the field at `key` asks for; anything if there is no such field."""
    info = fields(model).get(key)
    if info is None:
        return unwrap(Any)
    tag = info.discriminator if isinstance(info.discriminator, str) else None
    return unwrap(info.rebuild_annotation(), tag)


def describe(expected: Expected, bounds: bool = True) -> str:
    """Say what should be written, for instance ``a whole number > 0`` or ``one of sram, registers``."""
    for item in expected.metadata:
        if hasattr(item, "expected"):
            return str(item.expected)
    if expected.is_union and expected.discriminator:
        return f"a mapping whose `{expected.discriminator}` is {_one_of(tags(expected))}"
    if expected.is_union:
        words = list(dict.fromkeys(describe(member, bounds) for member in members(expected)))
        return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    if expected.kind == "choice":
        return _one_of([shown(choice) for choice in choices(expected)])
    if expected.kind == "scalar":
        return _WORDS[expected.core] + (_bounds(expected) if bounds else "")
    if expected.model is not None:
        required = [f"`{name}`" for name, info in fields(expected.model).items() if info.is_required()]
        return f"a mapping with {', '.join(required)}" if required else "a mapping"
    if expected.kind == "tuple" and expected.arguments and Ellipsis not in expected.arguments:
        return f"a list of {len(expected.arguments)} values"
    return {"list": "a list", "tuple": "a list", "mapping": "a mapping"}.get(expected.kind, "a value")


def shown(value: Any) -> str:
    """Write a scalar as YAML does, without the ``.0`` of a whole float."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _one_of(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if len(names) > 1 else f"`{names[0]}`"


def _bounds(expected: Expected) -> str:
    found = [
        f"{sign} {shown(getattr(item, name))}"
        for item in expected.metadata
        for bound, name, sign in _BOUNDS
        if isinstance(item, bound)
    ]
    return f" {' and '.join(found)}" if found else ""
