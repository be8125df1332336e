"""The schema of a workload document."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Time
from accelsim.workload.cue_accumulation import CueAccumulation
from accelsim.workload.digits import Digits
from accelsim.workload.keywords import Keywords
from accelsim.workload.mission import Mission, check_samples
from accelsim.workload.pattern_generation import PatternGeneration


class Recorded(Model):
    """Samples recorded in an `.npz` file."""

    kind: Literal["recorded"]
    path: str
    """File with the arrays `events`, `sample_len`, `sample_label`, ...; relative to the workload's file."""
    tick: Time = Field(default=1e-3, gt=0)
    """Duration of a time step in the real world."""


MAX_NEURONS = 8192
"""Of a population: two such ones have 67 million synapses between them, held in memory as they are."""

Task = CueAccumulation | Digits | Keywords | PatternGeneration | Recorded


class Learning(Model):
    """The plasticity rule that the workload asks for."""

    rule: str
    parameters: dict[str, float | int | bool | str] = Field(default_factory=dict)
    """Hyper-parameters of the rule."""
    consolidation: str | None = None
    """What decides, on top of the rule, how plastic a synapse still is."""
    consolidation_parameters: dict[str, float | int | bool | str] = Field(default_factory=dict)
    """Hyper-parameters of the consolidation."""

    @model_validator(mode="after")
    def _one_consolidation(self) -> Self:
        if self.consolidation_parameters and self.consolidation is None:
            raise PathError("consolidation_parameters", "parameters of nothing: name a `consolidation`")
        return self


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
    mission: Mission | None = None
    """What the device does all day and what it is made of: gives mission time, size and weight."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for population in ("input", "output"):
            if population not in self.network:
                raise PathError("network", f"missing population `{population}`; there are: {', '.join(self.network)}")
        if not isinstance(self.task, Recorded):
            for population in ("input", "output"):
                wanted = getattr(self.task, f"{population}s")
                neurons = self.network[population]
                if neurons != wanted:
                    message = f"{neurons} neurons, but the task has {wanted} {population}s"
                    raise PathError(("network", population), message)
            if self.training_samples + self.test_samples == 0:
                raise PathError("test_samples", "no samples: give `training_samples` or `test_samples` > 0")
        else:
            for name in ("training_samples", "test_samples"):
                if getattr(self, name):
                    raise PathError(name, "a recording has its own samples; remove this key")
        if self.training_samples and self.learning is None:
            raise PathError("training_samples", f"{self.training_samples} samples to learn from, but no `learning`")
        if self.mission is not None and not isinstance(self.task, Recorded):
            lengths = [self.task.ticks(True)] * bool(self.training_samples)
            lengths += [self.task.ticks(False)] * bool(self.test_samples)
            longest = max(lengths) * self.task.tick
            if found := list(check_samples(self.mission, longest, self.training_samples, self.test_samples)):
                raise PathErrors(found)
        return self
