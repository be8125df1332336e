"""What each capability of a lifelong learner does and costs: each alone, and all together.

The same workload is run with its capabilities switched off but for learning, with one of them on at a time, and with
all that it names; every run is a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.lifelong.settings import switches
from accelsim.simulation.kinds import described_for
from accelsim.simulation.plugins import load_plugins
from accelsim.simulation.run import run
from accelsim.simulation.setup import prepare
from accelsim.workload.schema import Workload

INFERENCE, LEARNING, CONSOLIDATION, ALL = "inference", "learning", "consolidation", "all"


@dataclass(frozen=True)
class Variant:
    """A choice of capabilities.

    Attributes
    ----------
    name : str
        The one that is on beside learning; or ``inference``, ``learning``, ``all``.
    on : mapping of str to bool
        Every capability that the workload names.
    """

    name: str
    on: dict[str, bool]

    def of(self, workload: Document) -> Document:
        """A workload with these capabilities."""
        return workload.with_overrides(f"capabilities.{name}.on={str(on).lower()}" for name, on in self.on.items())


@dataclass(frozen=True)
class Measured:
    """What a run of a variant gave."""

    variant: str
    seed: int
    metrics: dict[str, float | int | None]


def variants(document: Document) -> list[Variant]:
    """The variants of a workload: inference alone, learning alone, each capability with it, all together.

    Raises
    ------
    ConfigError
        If the workload is wrong, or names no capability beside learning.
    """
    workload = validate(document, Workload)
    named = [] if workload.capabilities is None else [name for name, _ in switches(workload.capabilities)]
    consolidates = workload.learning is not None and workload.learning.consolidation is not None
    others = [name for name in named if name not in (LEARNING, CONSOLIDATION)]
    others = [*([CONSOLIDATION] if consolidates else []), *others]
    if workload.learning is None or not others:
        message = "names no capability to be switched beside learning"
        raise ConfigError(document.problem(("capabilities",), message))

    def choice(name: str, *on: str) -> Variant:
        return Variant(name, {each: each in on for each in (LEARNING, *others)})

    alone = [choice(name, LEARNING, name) for name in others]
    both = [choice(ALL, LEARNING, *others)] if len(others) > 1 else []
    return [choice(INFERENCE), choice(LEARNING, LEARNING), *alone, *both]


def ablate(
    architecture: Document,
    workload: Document,
    *,
    seeds: Sequence[int] = (0,),
    workers: int = 2,
    plugins: Sequence[str] = (),
) -> Iterator[Measured]:
    """Run every variant of a workload with every seed, and give each as it is done.

    Raises
    ------
    ConfigError
        For anything wrong in the descriptions, before the first run.
    """
    chip = described_for(architecture, workload)
    chosen = variants(workload)
    for variant in chosen:
        prepare(chip, variant.of(workload), seeds[0])
    with ProcessPoolExecutor(workers, get_context("spawn"), load_plugins, (tuple(plugins),)) as pool:
        jobs = [pool.submit(_measure, chip, workload, variant, seed) for seed in seeds for variant in chosen]
        try:
            for job in as_completed(jobs):
                yield job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def ordered(found: Sequence[Measured], workload: Document) -> list[Measured]:
    """Runs in the order of their variants and seeds."""
    place = {variant.name: i for i, variant in enumerate(variants(workload))}
    return sorted(found, key=lambda each: (place[each.variant], each.seed))


def _measure(chip: Document, workload: Document, variant: Variant, seed: int) -> Measured:
    return Measured(variant.name, seed, dict(run(prepare(chip, variant.of(workload), seed)).metrics))
