"""Slices of a population: whole blocks, contiguous, nothing left out, and what does not fit."""

import pytest

from accelsim.config.errors import ConfigError
from accelsim.mapping.slices import Slices


@pytest.mark.parametrize(("policy", "room"), [("balance", None), ("balance", 12), ("fill", 12), ("fill", 9)])
@pytest.mark.parametrize("neurons", [1, 4, 30, 96])
def test_slices_are_whole_blocks_and_cover_the_population(policy, room, neurons):
    slices = Slices.cut(neurons, 4, 16, policy, room)
    assert [neuron for core in range(slices.cores) for neuron in slices.neurons(core)] == list(range(neurons))
    blocks = [block for core in range(slices.cores) for block in slices.blocks(core)]
    assert blocks == list(range(-(-neurons // 4)))
    assert all(size > 0 for size in slices.sizes())
    assert slices.sizes()[0] == max(slices.sizes())
    if room is not None:
        assert max(slices.sizes()) <= room


def test_policies_differ():
    assert Slices.cut(100, 4, 4, "balance").sizes() == (28, 24, 24, 24)
    assert Slices.cut(100, 4, 4, "fill", 40).sizes() == (40, 40, 20)
    assert Slices.cut(10, 16, 4, "balance").sizes() == (10,)


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ((100, 4, 4, "fill", None), "missing; `fill` needs to know when a core is full"),
        ((100, 16, 4, "balance", 8), "8 neurons a core are less than a block of 16"),
        (
            (100, 4, 4, "balance", 23),
            "4 cores of 5 blocks of 4 have room for 80 neurons, 20 less than the 100 of the network",
        ),
    ],
)
def test_what_does_not_fit(cut, message):
    with pytest.raises(ConfigError) as raised:
        Slices.cut(*cut)
    assert [(problem.path, problem.message) for problem in raised.value.problems] == [("neurons_per_core", message)]
