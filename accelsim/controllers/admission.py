"""What a workload names for a core to run: built with its parameters, admitted by the core, reached by its phases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from accelsim.architecture.phases import stages_run
from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem, did_you_mean
from accelsim.config.messages import problems_of
from accelsim.config.registry import Registry, RegistryError
from accelsim.datapath.component import Component, checked

T = TypeVar("T", bound=Component)


def component(
    registry: Registry[type[T]], name: str, parameters: Mapping[str, Any], path: str, parameters_path: str
) -> T:
    """A neuron model, rule or consolidation with its parameters.

    Parameters
    ----------
    registry : of its kind
    name, parameters : as the user gave them
    path, parameters_path : where

    Raises
    ------
    ConfigError
        If it is unknown, has wrong parameters, or cannot be run with them.
    """
    try:
        cls = registry.get(name)
    except RegistryError as error:
        raise ConfigError(Problem(path=path, message=str(error))) from None
    try:
        return checked(cls.model_validate_json(json.dumps(dict(parameters))))
    except ValidationError as error:
        found = problems_of(error, cls, dict(parameters))
    raise ConfigError(Problem(path=".".join([parameters_path, *map(str, at)]), message=text) for at, text in found)


def check_admitted(does: str, admitted: Literal["any"] | Sequence[str], name: str, path: str) -> None:
    """Raise `ConfigError` if what a core `does` (learns, consolidates) is not admitted with this name."""
    if admitted != "any" and name not in admitted:
        known = ", ".join(f"`{each}`" for each in admitted) or "nothing"
        message = f"this core {does} with {known}, not with `{name}`{did_you_mean(name, list(admitted))}"
        raise ConfigError(Problem(path=path, message=message))


def check_reached(core: Core, stages: Iterable[tuple[str, str, str]]) -> None:
    """Raise `ConfigError` if a stage is run by no phase: what is computed takes time and energy.

    Parameters
    ----------
    core : Core
        One without phases has nothing to check.
    stages : name of each stage in phases, name of its rule, its trigger
    """
    done = {stage for phase in core.phases.values() for nest in phase.body for stage in stages_run(nest)}
    for name, rule, trigger in stages:
        if core.phases and name not in done:
            message = f"rule `{rule}` has stages on '{trigger}', but no phase of this core runs `{name}`"
            raise ConfigError(Problem(path="core.phases", message=message))
