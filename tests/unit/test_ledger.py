"""The ledger: nobody holds what there is not, every change is an entry, and the entries stay few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.lifelong.ledger import MOST_ROWS, Ledger, OverAllocatedError

RESOURCES, OWNERS = ("neurons", "words.winp"), ("network", "replay", "tenant 1")
ACTS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(RESOURCES), st.sampled_from(OWNERS), st.integers(-2, 12)),
    st.tuples(st.just("hand over"), st.sampled_from(RESOURCES), st.sampled_from(OWNERS), st.sampled_from(OWNERS)),
    st.tuples(st.just("declare"), st.sampled_from(RESOURCES), st.just(""), st.integers(0, 15)),
)


@given(st.lists(ACTS, max_size=60))
def test_nobody_holds_what_there_is_not(acts):
    ledger = Ledger()
    held = {resource: dict.fromkeys(OWNERS, 0) for resource in RESOURCES}
    capacity, changes = dict.fromkeys(RESOURCES, 10), 0
    for resource in RESOURCES:
        ledger.declare(resource, 10)
    for sample, (act, resource, owner, what) in enumerate(acts):
        own = held[resource]
        if act == "set":
            after = {**own, owner: what}
        elif act == "declare":
            after, capacity[resource] = own, what if what >= sum(own.values()) else capacity[resource]
        else:
            after = {**own, owner: 0}
            after[what] += own[owner]
        possible = min(after.values()) >= 0 and sum(after.values()) <= capacity[resource]
        possible = possible and (act != "declare" or what == capacity[resource])
        try:
            if act == "set":
                ledger.set(sample, resource, owner, what)
            elif act == "declare":
                ledger.declare(resource, what)
            else:
                ledger.hand_over(sample, resource, owner, what)
        except OverAllocatedError:
            assert not possible
        else:
            assert possible
            if act == "hand over":  # one entry for each owner
                changes += 2 * (own[owner] > 0)
            else:
                changes += after != own
            held[resource] = after
        for name in RESOURCES:
            assert ledger.allocated(name) == sum(held[name].values()) <= ledger.capacity[name] == capacity[name]
            assert ledger.free(name) == capacity[name] - sum(held[name].values())
            assert {key: value for key, value in ledger.held[name].items() if value} == {
                key: value for key, value in held[name].items() if value
            }
    rows = ledger.rows()
    assert sum(row["changes"] for row in rows) == changes
    assert all(0 <= row["allocated"] <= row["allocated_most"] for row in rows)
    assert all(row["free"] >= 0 for row in rows)


def test_entries_of_long_runs_stay_few():
    ledger = Ledger()
    ledger.declare("slots", 1000)
    for sample in range(10_001):
        ledger.set(sample, "slots", "replay", 999 if sample == 5000 else 1 + sample % 2)
    rows = ledger.rows()
    assert MOST_ROWS / 2 <= len(rows) <= MOST_ROWS
    assert sum(row["changes"] for row in rows) == 10_001
    assert [row["sample"] for row in rows] == sorted(row["sample"] for row in rows)
    assert max(row["allocated_most"] for row in rows) == 999
    assert rows[0]["sample"] == 0
    assert (rows[-1]["allocated"], rows[-1]["free"]) == (1, 999)


def test_what_is_observed():
    ledger = Ledger()
    ledger.observe(0, "replay", {"slots": (0, 5)})
    ledger.observe(3, "replay", {"slots": (3, 5)})
    ledger.observe(4, "replay", {"slots": (3, 5)})  # no change, no entry
    assert [(row["sample"], row["allocated"], row["free"]) for row in ledger.rows()] == [(3, 3, 2)]
    with pytest.raises(OverAllocatedError, match="wants 6: 2 free"):
        ledger.observe(5, "replay", {"slots": (6, 5)})
    with pytest.raises(OverAllocatedError, match="3 of slots are allocated"):
        ledger.declare("slots", 2)
    assert ledger.held["slots"] == {"replay": 3}
