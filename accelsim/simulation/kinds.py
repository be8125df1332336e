"""Which flow an architecture and a workload take."""

from __future__ import annotations

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
