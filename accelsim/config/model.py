"""Typed models of configuration data, and validation that answers in the user's words and places."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.messages import problems_of
from accelsim.config.node import Path

M = TypeVar("M", bound=BaseModel)


class Model(BaseModel):
    """Base of every schema class: frozen, closed, strict.

    Unknown keys are errors. Text is never turned into a number, true and false are no integers, NaN and
    infinities are no floats. A whole number is accepted where a float is wanted, a list where a tuple is.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class PathError(ValueError):
    """Raised by a validator to point at a value below (or beside) the one it was called for.

    Parameters
    ----------
    path
        Keys from the validated model down to the culprit; a str is one key.
    message
        What is wrong with it.
    """

    def __init__(self, path: str | Path, message: str) -> None:
        super().__init__(message)
        self.path: Path = (path,) if isinstance(path, str) else tuple(path)


class PathErrors(ValueError):
    """Several `PathError` at once, from a validator that found several."""

    def __init__(self, errors: Iterable[PathError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(map(str, self.errors)))


def validate(document: Document, model: type[M], at: Path = ()) -> M:
    """Turn a document, or the part of it at `at`, into a model instance.

    Parameters
    ----------
    document
        The loaded document.
    model
        The schema class.
    at
        Path of the part to validate, for parameters whose schema is known only by name (a plug-in's).

    Raises
    ------
    ConfigError
        With every problem of the document, each at its file, line and column.
    """
    data: Any = document.data
    for key in at:
        data = data[key]
    try:
        # JSON mode is strict about scalars yet takes lists for tuples and text for quantities.
        return model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        found = problems_of(error, model, data)
    raise ConfigError(document.problem((*at, *path), message) for path, message in found)
