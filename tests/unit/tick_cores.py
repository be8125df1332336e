"""A small tick-driven core for tests, a task it can learn, and the comparison of both engines on it."""

from pathlib import Path

import numpy as np

from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.base import Request
from accelsim.controllers.registry import controllers
from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.settings import TickSettings
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import count_engine
from accelsim.engine.log import ACTIONS
from accelsim.engine.program import lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import place

ARCHITECTURE = Path(__file__).parents[2] / "architectures" / "single_core.yaml"
INPUTS, NEURONS, OUTPUTS, TICKS = 12, 20, 2, 30
FIXED = ("core.neuron=lif-fixed", "core.options.output_rule=delta-fixed")
FLOAT_SETTINGS = {
    "neuron": {"decay": 0.97},
    "output_parameters": {"rate": 2e-3},
    "input_weights": {"scale": 2.0},
}
FIXED_SETTINGS = {
    "neuron": {"decay": 0.97},
    "output_parameters": {"rate_shift": 11},
    "input_weights": {"scale": 2.0},
}


def delayed_cues(count, seed=0, training=True, **more):
    """Delayed cue: one of two groups spikes early, a third one when the answer is due."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, OUTPUTS, count)
    fires = np.zeros((count, TICKS, INPUTS), bool)
    group = np.arange(INPUTS) // 4
    for s in range(count):
        fires[s, :10, group == label[s]] = rng.random((4, 10)) < 0.3
    fires[:, 20:, group == 2] = rng.random((count, 10, 4)) < 0.3
    tick, address = np.nonzero(fires.reshape(-1, INPUTS))
    due = np.tile(np.arange(TICKS) >= 20, count).astype(np.uint8)
    return Samples(
        length=np.full(count, TICKS, np.int32),
        event_tick=tick,
        event_address=address.astype(np.int32),
        label=label.astype(np.int32),
        label_tick=np.full(count, -1, np.int32),
        target_valid=due,
        infer=due,
        targets=np.zeros((0, 0), np.int32),
        training=np.full(count, training),
        **more,
    )


def build(rule, parameters=None, settings=None, overrides=(), seed=3, **request):
    document = load_document(str(ARCHITECTURE), "architecture", overrides=list(overrides))
    architecture = validate(document, Architecture)
    populations = {"input": INPUTS, "recurrent": NEURONS, "output": OUTPUTS}
    settings = TickSettings.model_validate(FLOAT_SETTINGS if settings is None else settings)
    controller = controllers.get("tick").build(
        architecture.core, Request(populations, rule, parameters or {}, settings, seed, **request)
    )
    core = with_state_bits(architecture.core, controller.state_bits())
    return (
        controller,
        architecture.model_copy(update={"core": core}),
        place(architecture.model_copy(update={"core": core}), populations, document),
    )


def agree(controller, architecture, placement, chunk):
    """Both engines log the same, the counts of the time steps add up to it, and masks to their counts."""
    activity = controller.run(chunk, masks=range(chunk.ticks)).activity
    program = lower(architecture, placement, controller.vocabulary)
    log = compiled_engine(program).run(activity)
    reference = ReferenceEngine(architecture, placement, controller.vocabulary).run(activity).log
    assert reference.first_difference(log) is None
    engine = count_engine(program)
    counted = engine.run(activity.counts)
    cycles = sum(counted[:, i] for i, counter in enumerate(engine.counters) if counter.kind == "cycles")
    assert np.array_equal(cycles, log.tick_stop - log.tick_start)
    for kind in ("read", "write", "run"):
        for target in {counter.target for counter in engine.counters if counter.kind == kind}:
            logged = log.rows[:, 1:3] == (log.components.index(target), ACTIONS.index(kind))
            columns = [i for i, c in enumerate(engine.counters) if (c.kind, c.target) == (kind, target)]
            assert log.rows[logged.all(axis=1), 4].sum() == counted[:, columns].sum(), (kind, target)
    for name, mask in activity.masks.items():
        assert np.array_equal(
            mask.reshape(len(mask), -1).sum(axis=1), activity.counts[:, controller.vocabulary.column(name)]
        )
