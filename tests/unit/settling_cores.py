"""Settling cores for tests: programmed without a chip around them, interpreted unless asked otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from accelsim.architecture.schema import Core
from accelsim.controllers.base import Request
from accelsim.controllers.initial import InitialWeights
from accelsim.controllers.samples import Samples
from accelsim.controllers.settling import controller
from accelsim.controllers.settling.controller import Settling
from accelsim.controllers.settling.listening import plain_loop
from accelsim.controllers.settling.settings import SettlingSettings
from accelsim.workload.digits import Digits

CORE = Core.model_construct(controller="settling", rules="any", consolidations="any", options={}, units={}, phases={})
TASK = Digits(kind="digits", coding="graded", length=1, held_out=360)


def names(depth):
    """Populations of a network with so many layers of synapses."""
    return ["input", *(f"hidden{i}" for i in range(1, depth)), "output"]


def build(
    rule, sizes, seed=0, *, compiled=False, scale=1.0, output="softmax", activation="relu", bias=True,
    consolidation=None, consolidation_parameters=None, **parameters,
):  # fmt: skip
    """A core programmed with a rule for layers of these sizes."""
    settings = SettlingSettings(weights=InitialWeights(scale=scale), output=output, activation=activation, bias=bias)
    populations = dict(zip(names(len(sizes) - 1), sizes, strict=True))
    request = Request(
        populations, rule, parameters, settings, seed, consolidation=consolidation,
        consolidation_parameters=consolidation_parameters or {},
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        if not compiled:
            patch.setattr(controller, "load_loop", plain_loop)
        return Settling.build(CORE, request)


def samples(inputs, labels, training=True):
    """Inputs, (samples, inputs), with their classes."""
    count, size = inputs.shape
    ones = np.ones(count, np.uint8)
    return Samples(
        length=np.ones(count, np.int32),
        event_tick=np.repeat(np.arange(count), size),
        event_address=np.tile(np.arange(size, dtype=np.int32), count),
        label=np.asarray(labels, np.int32),
        label_tick=np.zeros(count, np.int32),
        target_valid=ones * training,
        infer=ones,
        targets=np.zeros((0, 0), np.int32),
        training=np.full(count, training),
        event_value=np.asarray(inputs, np.float32).ravel(),
    )


def some(count, sizes, seed=1):
    """Random samples for a network."""
    rng = np.random.default_rng(seed)
    return samples(rng.random((count, sizes[0])), rng.integers(0, sizes[-1], count))


def digits_accuracy(core, seed, count):
    """Share of right answers to test pictures after so many training pictures."""
    rng = np.random.default_rng(seed)
    for part in TASK.batches(rng, count, True, seed, 20_000):
        core.run(part)
    (test,) = TASK.batches(rng, TASK.held_out, False, seed, TASK.held_out)
    return float((core.run(test).answers == test.label).mean())


def permuted_digits(core, seed, tasks, passes):
    """Mean share of right answers after tasks in which the pixels are permuted, the first as they are."""
    rng = np.random.default_rng(seed)
    orders = [np.arange(64), *(rng.permutation(64) for _ in range(tasks - 1))]
    inputs, labels = TASK.examples(seed, True)
    for order in orders:
        for turn in range(passes):
            chosen = rng.permutation(labels.size)
            part = samples(inputs[chosen][:, order], labels[chosen])
            core.run(replace(part, task_end=np.arange(labels.size) == (labels.size - 1 if turn == passes - 1 else -1)))
    inputs, labels = TASK.examples(seed, False)
    right = [core.run(samples(inputs[:, order], labels, False)).answers == labels for order in orders]
    return float(np.mean(right))
