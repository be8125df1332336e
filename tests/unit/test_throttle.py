"""Events under a limit on the energy of windows: the limit holds, and nothing waits for longer than it must."""

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.engine.throttle import throttle

EVENTS = st.lists(
    st.tuples(st.floats(0, 10), st.integers(1, 100), st.floats(0, 10), st.integers(1, 300)), min_size=1, max_size=30
)


def arrays(events, points=1):
    energy = np.array([[first, second] for first, _, second, _ in events])[:, :points]
    cycles = np.array([[first, first + second] for _, first, _, second in events], np.int64)[:, :points]
    return energy, cycles


def spent_until(placed, times):
    """Energy spent until some times, event by event."""
    found = np.zeros(len(times))
    for start, end, energy in zip(placed.start, placed.end, placed.spent, strict=True):
        found += energy * np.clip((times - start) / (end - start), 0, 1)
    return found


def check_windows(placed, limit, window):
    """No window of that length or longer holds more than the limit for its length and one event."""
    edges = np.concatenate([placed.start, placed.end])
    times = np.unique(np.concatenate([edges, edges - window, edges + window]).astype(float))
    held = spent_until(placed, times)
    length = times[None] - times[:, None]
    over = held[None] - held[:, None] - limit * length / window
    assert over[length >= window].max() <= placed.spent.max() * (1 + 1e-9) + 1e-9


@settings(deadline=None)
@given(EVENTS, st.floats(0.1, 20), st.integers(1, 400), st.integers(1, 2))
def test_windows_hold_the_limit_and_one_event(events, limit, window, points):
    energy, cycles = arrays(events, points)
    placed = throttle(energy, cycles, limit, window)
    assert (placed.start[1:] >= placed.end[:-1]).all()
    check_windows(placed, limit, window)
    ends = spent_until(placed, placed.end.astype(float)) - spent_until(placed, placed.end.astype(float) - window)
    assert np.allclose(placed.of_windows(window), ends, atol=1e-9)


@settings(deadline=None)
@given(EVENTS, st.floats(0.1, 20), st.integers(1, 400), st.integers(0, 30))
def test_some_now_and_some_later_are_as_all_at_once(events, limit, window, cut):
    energy, cycles = arrays(events)
    whole = throttle(energy, cycles, limit, window)
    first = throttle(energy[:cut], cycles[:cut], limit, window).recent(limit, window)
    then = throttle(energy[cut:], cycles[cut:], limit, window, first)
    assert np.abs(then.start[len(first.start) :] - whole.start[cut:]).max(initial=0) <= 1  # rounding of sums
    assert (first.end > first.now - window).all()


@settings(deadline=None)
@given(EVENTS, st.floats(0.1, 20), st.integers(1, 400))
def test_nothing_waits_longer_than_it_must(events, limit, window):
    """A cycle earlier some window that ends there would hold more than the limit."""
    energy, cycles = arrays(events)
    placed = throttle(energy, cycles, limit, window)
    for i in range(1, len(events)):
        earlier = int(placed.start[i]) - 1
        if earlier < placed.end[i - 1]:
            continue
        before = np.concatenate([placed.start[:i], placed.end[:i], [earlier - window]]).astype(float)
        before = before[(before <= earlier - window) & (before >= 0)]
        done = placed.until(i)
        held = spent_until(done, np.array([float(earlier)])) - spent_until(done, before)
        alone = np.concatenate([held, spent_until(done, np.array([float(earlier)]))])
        allowed = np.concatenate([limit * (earlier - before) / window, [limit]])
        assert (alone > allowed - 1e-6).any()


def test_by_hand():
    energy, cycles = np.full((4, 1), 6.0), np.full((4, 1), 10, np.int64)
    placed = throttle(energy, cycles, limit=12.0, window=40)
    # The third begins when 12 are spent. At 50 the window of 40 cycles holds 12, but that of 50 still 18, not 15.
    assert placed.start.tolist() == [0, 10, 20, 60]
    assert throttle(energy, cycles, limit=24.0, window=40).start.tolist() == [0, 10, 20, 30]


def test_slower_points_where_power_is_too_high():
    energy, cycles = np.tile([[10.0, 4.0]], (8, 1)), np.tile(np.array([[10, 20]]), (8, 1))
    placed = throttle(energy, cycles, limit=30.0, window=100)
    assert placed.point.tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
    assert throttle(energy, cycles, limit=100.0, window=100).point.tolist() == [0] * 8
    too_much = throttle(energy, cycles, limit=10.0, window=100)
    assert too_much.point.tolist() == [0] + [1] * 7
    assert too_much.start[-1] > 150


def test_a_million_events_in_a_second():
    rng = np.random.default_rng(1)
    energy, cycles = rng.random((1_000_000, 1)), rng.integers(1, 200, (1_000_000, 1))
    throttle(energy[:2], cycles[:2], 20.0, 10_000)
    begin = time.process_time()
    placed = throttle(energy, cycles, 20.0, 10_000)
    assert time.process_time() - begin < 1
    assert (placed.of_windows(10_000) <= 20 + placed.spent + 1e-6).all()
    assert energy.sum() / placed.end[-1] * 10_000 < 20.001
