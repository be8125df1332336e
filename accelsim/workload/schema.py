"""The schema of a workload document."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from accelsim.config.document import Document
from accelsim.config.model import Model, PathError, PathErrors
from accelsim.config.quantity import Time
from accelsim.lifelong.settings import Capabilities
from accelsim.workload.cue_accumulation import CueAccumulation
from accelsim.workload.digits import Digits
from accelsim.workload.files import FromFiles
from accelsim.workload.images import Images
from accelsim.workload.keywords import Keywords
from accelsim.workload.manifolds import Manifolds
from accelsim.workload.mission import Mission, check_samples
from accelsim.workload.pattern_generation import PatternGeneration
from accelsim.workload.recordings import Events
from accelsim.workload.task_kinds import Tasks


class Recorded(Model):
    """Samples recorded in an `.npz` file."""

    kind: Literal["recorded"]
    path: str
    """File with the arrays `events`, `sample_len`, `sample_label`, ...; relative to the workload's file."""
    tick: Time = Field(default=1e-3, gt=0)
    """Duration of a time step in the real world."""


MAX_NEURONS = 8192
"""Of a population: two such ones have 67 million synapses between them, held in memory as they are."""

Task = CueAccumulation | Digits | Events | Images | Keywords | Manifolds | PatternGeneration | Recorded


class Learning(Model):
    """The plasticity rule that the workload asks for."""

    rule: str
    """Name of the rule (`accelsim list rules`)."""
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


Policy = Literal["none", "stall", "drop"]


class Overload(Model):
    """What happens to events that come faster than a core takes them that works in time steps."""

    policy: Policy
    """`none`: the core takes its time, the outside world waits. `stall`: events wait at the sensor, the core falls
    behind. `drop`: events wait in the core's queue, and those that find it full are lost."""
    rate: float = Field(default=1.0, gt=0)
    """How many times as fast as the task's `tick` tells the time steps of the outside world follow each other."""
    queue: int | None = Field(default=None, ge=0, le=1 << 20)
    """Events that wait at a core that has no queue `input` of its own, where they may be lost; else 16 (assumed)."""


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
    tasks: Annotated[Tasks, Field(discriminator="kind")] | None = None
    """Tasks learnt one after the other, made of the samples; it has its own numbers of samples."""
    epochs: int = Field(default=1, gt=0)
    """How often training and test samples follow each other."""
    training_samples: int = Field(default=0, ge=0)
    """Per epoch, learnt from."""
    test_samples: int = Field(default=0, ge=0)
    """Per epoch, after its training samples; not learnt from."""
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Programming of the chips this workload was tried on, by controller."""
    capabilities: Capabilities | None = None
    """What the learner has beside its rule, each to be switched on and off."""
    overload: Policy | Overload = "none"
    """Whether the outside world waits for the core; a policy, or with its `rate` and `queue`."""
    mission: Mission | None = None
    """What the device does all day and what it is made of: gives mission time, size and weight."""

    @property
    def real_time(self) -> Overload | None:
        """How the outside world goes on while the core works; None if it waits."""
        found = Overload(policy=self.overload) if isinstance(self.overload, str) else self.overload
        return found if found.policy != "none" else None

    @property
    def tick_s(self) -> float:
        """Time step of the outside world."""
        return self.task.tick / (1.0 if self.real_time is None else self.real_time.rate)

    @property
    def longest_sample(self) -> int:
        """Time steps of the longest sample that is learnt from; 0 of recordings, which are not known yet."""
        return 0 if isinstance(self.task, Recorded) else self.task.ticks(True)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for population in ("input", "output"):
            if population not in self.network:
                raise PathError("network", f"missing population `{population}`; there are: {', '.join(self.network)}")
        if self.tasks is not None:
            self._check_stream(self.tasks)
        self._check_tenants(None if self.tasks is None else self.tasks.tasks)
        if not isinstance(self.task, Recorded):
            for population in ("input", "output"):
                wanted = getattr(self.task, f"{population}s")
                if population == "output" and self.tasks is not None:
                    wanted = self.tasks.outputs(self.task)
                neurons = self.network[population]
                if neurons != wanted:
                    message = f"{neurons} neurons, but the task has {wanted} {population}s"
                    raise PathError(("network", population), message)
            if self.tasks is None and self.training_samples + self.test_samples == 0:
                raise PathError("test_samples", "no samples: give `training_samples` or `test_samples` > 0")
        else:
            for name in ("training_samples", "test_samples"):
                if getattr(self, name):
                    raise PathError(name, "a recording has its own samples; remove this key")
        if self.training_samples and self.learning is None:
            raise PathError("training_samples", f"{self.training_samples} samples to learn from, but no `learning`")
        if self.mission is not None and not isinstance(self.task, Recorded):
            training, test = (1, 1) if self.tasks is not None else (self.training_samples, self.test_samples)
            lengths = [self.task.ticks(True)] * bool(training)
            lengths += [self.task.ticks(False)] * bool(test)
            longest = max(lengths) * self.tick_s
            if found := list(check_samples(self.mission, longest, training, test)):
                raise PathErrors(found)
        return self

    def _check_stream(self, stream: Tasks) -> None:
        if self.learning is None:
            raise PathError("tasks", "tasks to learn, but no `learning`")
        if self.epochs > 1:
            raise PathError("epochs", f"{self.epochs}, but tasks come in their own order: give `tasks.passes`")
        for name in ("training_samples", "test_samples"):
            if getattr(self, name):
                raise PathError(name, f"tasks have their own samples: give `tasks.{name}`")
        if found := list(stream.mistakes(self.task)):
            raise PathErrors(PathError(("tasks", *error.path), str(error)) for error in found)

    def _check_tenants(self, tasks: int | None) -> None:
        tenants = None if self.capabilities is None else self.capabilities.tenants
        if tenants is not None and tenants.on and (found := list(tenants.mistakes(tasks))):
            raise PathErrors(PathError(("capabilities", "tenants", *error.path), str(error)) for error in found)

    @property
    def rounds(self) -> int:
        """Epochs, or experiences of a stream of tasks and the tests before them."""
        return self.epochs if self.tasks is None else 1 + len(self.tasks.experiences)

    def located(self, document: Document) -> Workload:
        """The same workload with the files that it names found beside its document."""
        if not isinstance(self.task, FromFiles):
            return self
        return self.model_copy(update={"task": self.task.beside(document)})
