"""The schema of a workload document."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError
from accelsim.config.quantity import Time
from accelsim.workload.cue_accumulation import CueAccumulation
from accelsim.workload.digits import Digits


class Recorded(Model):
    """Samples recorded in an `.npz` file."""

    kind: Literal["recorded"]
    path: str
    """File with the arrays `events`, `sample_len`, `sample_label`, ...; relative to the workload's file."""
    tick: Time = Field(default=1e-3, gt=0)
    """Duration of a time step in the real world."""


MAX_NEURONS = 8192
"""Of a population: two such ones have 67 million synapses between them, held in memory as they are."""

Task = CueAccumulation | Digits | Recorded


class Learning(Model):
    """The plasticity rule that the workload asks for."""

    rule: str
    parameters: dict[str, float | int | bool | str] = Field(default_factory=dict)
    """Hyper-parameters of the rule."""


class Workload(Model):
    """A network, the task it learns, and how long."""

    workload: str
    """Name of the workload."""
    description: str = ""
    """What is learnt, in a line."""
    task: Annotated[Task, Field(discriminator="kind")]
    """Where the samples come from."""
    network: dict[str, Annotated[int, Field(gt=0, le=MAX_NEURONS)]]
    """Neurons of each population; `input` and `output` must match the task."""
    learning: Learning | None = None
    """Without it the chip only infers."""
    epochs: int = Field(default=1, gt=0)
    """How often training and test samples follow each other."""
    training_samples: int = Field(default=0, ge=0)
    """Per epoch, learnt from."""
    test_samples: int = Field(default=0, ge=0)
    """Per epoch, after its training samples; not learnt from."""
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Programming of the chips this workload was tried on, by controller."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for population in ("input", "output"):
            if population not in self.network:
                raise PathError("network", f"missing population `{population}`; there are: {', '.join(self.network)}")
        if not isinstance(self.task, Recorded):
            for population in ("input", "output"):
                wanted = getattr(self.task, f"{population}s")
                found = self.network[population]
                if found != wanted:
                    message = f"{found} neurons, but the task has {wanted} {population}s"
                    raise PathError(("network", population), message)
            if self.training_samples + self.test_samples == 0:
                raise PathError("test_samples", "no samples: give `training_samples` or `test_samples` > 0")
        else:
            for name in ("training_samples", "test_samples"):
                if getattr(self, name):
                    raise PathError(name, "a recording has its own samples; remove this key")
        if self.training_samples and self.learning is None:
            raise PathError("training_samples", f"{self.training_samples} samples to learn from, but no `learning`")
        return self
