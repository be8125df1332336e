"""Random tables and random activity on both engines: the same events, and the count engine's sums of them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_cores import Maker, random_activity

from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import count_engine
from accelsim.engine.log import ACTIONS
from accelsim.engine.reference import ReferenceEngine

START = 17


def check(random):
    case = Maker(random).case()
    activity = random_activity(case, random, random.randint(1, 3))
    reference = ReferenceEngine(case.architecture, case.placement, case.vocabulary).run(activity, START)
    log = compiled_engine(case.program).run(activity, START)
    assert reference.log.components == log.components
    assert reference.log.first_difference(log) is None
    np.testing.assert_array_equal(reference.log.tick_start, log.tick_start)

    counts = count_engine(case.program)
    table = counts.run(activity.counts)
    np.testing.assert_array_equal(reference.table(counts.counters), table)
    cycles = [i for i, counter in enumerate(counts.counters) if counter.kind == "cycles"]
    np.testing.assert_array_equal(table[:, cycles].sum(axis=1), log.tick_stop - log.tick_start)
    for action in ("read", "write", "run"):
        logged = log.rows[log.rows[:, 2] == ACTIONS.index(action)]
        counted = sum(int(table[:, i].sum()) for i, counter in enumerate(counts.counters) if counter.kind == action)
        assert logged[:, 4].sum() == counted


COMMON = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(COMMON, max_examples=600)
@given(st.randoms(use_true_random=False))
def test_engines_agree(random):
    check(random)


@pytest.mark.slow
@settings(COMMON, max_examples=6000)
@given(st.randoms(use_true_random=False))
def test_engines_agree_on_many(random):
    check(random)
