"""Which flow an architecture and a workload take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from accelsim.architecture.many_core import ManyCore, is_many_core
from accelsim.architecture.profile import Profile, is_profile
from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.library import shipped
from accelsim.config.loader import load_document
from accelsim.config.model import Model
from accelsim.workload.schema import Workload
from accelsim.workload.stepped import SteppedWorkload, is_stepped

LEARNING = "learning"
"""Key under which a chip of many cores names its description for workloads that learn."""


def architecture_model(document: Document) -> type[Model]:
    """Schema that an architecture document follows."""
    if is_profile(document):
        return Profile
    return ManyCore if is_many_core(document) else Architecture


def workload_model(document: Document) -> type[Model]:
    """Schema that a workload document follows."""
    return SteppedWorkload if is_stepped(document) else Workload


def chips_with_partition() -> str:
    """Shipped chips whose cores share a network that learns, listed for messages."""
    names = (name for name in sorted(shipped("architecture")) if "/" not in name)
    return ", ".join(f"`{name}`" for name in names if "partition" in load_document(name, "architecture").data)


def described_for(architecture: Document, workload: Document) -> Document:
    """The description of a chip that a workload runs on.

    For a workload that learns, on a chip of many cores that names another description for it, that one, with the
    settings of the first. A file is looked for beside the one that names it.

    Raises
    ------
    ConfigError
        If the description that is named cannot be used, or a setting does not fit it.
    """
    named = architecture.data.get(LEARNING)
    if named is None or not is_many_core(architecture) or is_stepped(workload):
        return architecture
    if not isinstance(named, str):
        raise ConfigError(architecture.problem((LEARNING,), f"expected an architecture, found {named!r}"))
    beside = Path(architecture.locate((LEARNING,)).file).parent / named
    try:
        found = load_document(beside if beside.is_file() else named, "architecture")
    except ConfigError as error:
        own = (architecture.problem((LEARNING,), f"`{named}`: {each.message}") for each in error.problems)
        raise ConfigError(each if each.line else at for each, at in zip(error.problems, own, strict=True)) from None
    for override in architecture.overrides:
        if override.path[0] != LEARNING:
            found = found.with_overrides([override])
    return replace(found, stands_for=architecture.name)


def runs_in_steps(architecture: Document, workload: Document) -> bool:
    """Whether the chip is one of many cores that run a network step by step.

    Raises
    ------
    ConfigError
        If the workload is not for such a chip, or only for such a chip, or the chip can only be costed.
    """
    if is_profile(architecture):
        message = f"`{architecture.name}` is costed, not run: see `accelsim validate chips`"
        raise ConfigError(architecture.problem(("core", "controller"), message))
    many, stepped = is_many_core(architecture), is_stepped(workload)
    if many and not stepped:
        message = f"`{architecture.name}` runs networks step by step: the workload's `network` needs a `kind`"
        message += f"; chips whose cores share a network that learns are {chips_with_partition()}"
        raise ConfigError(workload.problem(("network",), message))
    if stepped and not many:
        message = f"such a network needs a chip whose cores run in steps; `{architecture.name}` has one core"
        raise ConfigError(workload.problem(("network",), message))
    return many
