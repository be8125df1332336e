"""Which designs of a space are tried: all, a sample, or what a search proposes from the results so far.

A search proposes a whole population before it sees any result of it, so what it tries depends on neither the number of
workers nor on who finishes first. Resuming repeats the proposals from the beginning, on results that are known already:
a sampler's own state on disk would not survive being killed between two of them.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from accelsim.config.errors import ConfigError, Problem
from accelsim.explore.points import Axis, Design, Space
from accelsim.explore.schema import SweepDocument

PATIENCE = 50
"""Populations in a row without a new design after which a search ends: the space is exhausted, or nearly so."""
ATTEMPTS = 200
"""Draws per wanted design, where designs must differ."""


@dataclass(frozen=True)
class Score:
    """What a design gave, mean of its seeds.

    Attributes
    ----------
    values : tuple of float
        Objectives in the order of the sweep.
    excess : tuple of float
        By how much it violates each constraint: positive if it does.
    """

    values: tuple[float, ...]
    excess: tuple[float, ...]


Scores = Mapping[Design, Score | None]
"""By design; None for one that failed or lacks an objective."""
Batches = Generator[list[Design], Scores, None]


def batches(plan: SweepDocument, space: Space) -> Batches:
    """Designs to try, some at a time; whoever iterates sends the scores of each batch back.

    Raises
    ------
    ConfigError
        If the grid is too large, or a search is asked for without the extra `search`.
    """
    match plan.method:
        case "grid":
            yield space.designs()
        case "random":
            yield _drawn(plan, space)
        case "latin-hypercube":
            yield _latin(plan, space)
        case _:
            yield from _searched(plan, space)


def _drawn(plan: SweepDocument, space: Space) -> list[Design]:
    """Different designs, each as likely as any other where all axes apply."""
    source = random.Random(plan.search.seed)
    found: dict[Design, None] = {}
    for _ in range(ATTEMPTS * plan.search.points):
        if len(found) == plan.search.points:
            break
        found[space.canonical([source.randrange(len(axis.choices)) for axis in space.axes])] = None
    return list(found)


def _latin(plan: SweepDocument, space: Space) -> list[Design]:
    """Designs such that each axis takes each of its values as often as any other, or once more.

    McKay, Beckman, Conover, Technometrics 21 (1979): each axis is cut into as many strata as there are designs. Equal
    designs, which a grid may bring, are drawn again.
    """
    source = random.Random(plan.search.seed)
    number = plan.search.points
    found: dict[Design, None] = {}
    for _ in range(ATTEMPTS):
        if len(found) >= number:
            break
        columns = []
        for axis in space.axes:
            strata = list(range(number))
            source.shuffle(strata)
            columns.append([int((each + source.random()) / number * len(axis.choices)) for each in strata])
        rows = list(zip(*columns, strict=True)) if columns else [()]
        found |= dict.fromkeys(space.canonical(row) for row in rows)
    return list(found)[:number]


def _searched(plan: SweepDocument, space: Space) -> Batches:
    """Populations of an Optuna sampler until enough different designs were tried."""
    study, optuna = _study(plan)
    distributions = {axis.name: _distribution(axis, optuna) for axis in space.axes}
    known: dict[Design, Score | None] = {}
    idle = 0
    while len(known) < plan.search.points and idle < PATIENCE:
        trials = [study.ask(distributions) for _ in range(plan.search.population)]
        designs = [space.canonical([trial.params[axis.name] for axis in space.axes]) for trial in trials]
        new = [design for design in dict.fromkeys(designs) if design not in known]
        new = new[: plan.search.points - len(known)]
        idle = 0 if new else idle + 1
        if new:
            known |= yield new
        for trial, design in zip(trials, designs, strict=True):
            score = known.get(design)
            if score is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                trial.set_user_attr("excess", score.excess)
                study.tell(trial, score.values)


def _study(plan: SweepDocument) -> tuple[Any, Any]:
    try:
        import optuna
    except ImportError:
        message = f"`{plan.method}` needs the extra `search`: pip install 'accelsim[search]'"
        raise ConfigError(Problem(path="method", message=message)) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    options: dict[str, Any] = {"seed": plan.search.seed}
    if plan.constraint_list():
        options["constraints_func"] = lambda trial: trial.user_attrs["excess"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constraints are marked experimental
        if plan.method == "nsga2":
            sampler: Any = optuna.samplers.NSGAIISampler(population_size=plan.search.population, **options)
        else:
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=plan.search.population, multivariate=True, constant_liar=True, **options
            )
    directions: list[Any] = [f"{goal.direction}imize" for goal in plan.objectives]
    return optuna.create_study(sampler=sampler, directions=directions), optuna


def _distribution(axis: Axis, optuna: Any) -> Any:
    """Indices of choices: near ones are alike where they are numbers in order, else each is a category of its own."""
    last = len(axis.choices) - 1
    if last and _in_order([choice.label for choice in axis.choices]):
        return optuna.distributions.IntDistribution(0, last)
    return optuna.distributions.CategoricalDistribution(list(range(last + 1)))


def _in_order(labels: list[Any]) -> bool:
    """Whether labels are numbers, perhaps with a unit, that only rise or only fall."""
    try:
        numbers = [float(str(label).split()[0]) for label in labels if not isinstance(label, bool)]
    except (ValueError, IndexError):
        return False
    return len(numbers) == len(labels) and numbers in (sorted(numbers), sorted(numbers, reverse=True))
