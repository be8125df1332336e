"""Schema of chips of many cores: shipped ones are valid, mistakes have their place."""

import pytest

from accelsim.architecture.many_core import ManyCore, is_many_core
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate

SHIPPED = ("loihi", "mesh", "mesh_derived_hops", "truenorth")


def chip(name, *overrides):
    return validate(load_document(name, "architecture", overrides=overrides), ManyCore)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_chips_are_valid(name):
    assert is_many_core(load_document(name, "architecture"))
    found = chip(name)
    assert found.cores == found.interconnect.places


def test_other_chips_are_not_of_many_cores():
    assert not is_many_core(load_document("reckon", "architecture"))


@pytest.mark.parametrize("side", [1, 2, 16, 32])
def test_the_mesh_grows_from_one_core_to_a_thousand(side):
    sizes = (f"cores={side * side}", f"interconnect.width={side}", f"interconnect.height={side}")
    assert chip("mesh", *sizes).interconnect.places == side * side


def test_latencies_in_ticks():
    found = chip("loihi")
    assert found.ticks(found.core.pipeline.synapse.latency) == 38
    assert found.ticks(found.hop.north.latency) == 65


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("cores=129", "cores: 129 cores, but the routers have room for 128"),
        ("hop.north.latency=6.55 ns", "hop.north.latency: 6.55 ns is no whole number of timebases of 100 ps"),
        ("barrier.0.tiles=3", "barrier.1.tiles: 2 is not more than the 3 before it"),
        ("barrier.0.tiles=3", "barrier.0.tiles: the first entry must hold from 1 tile on, not from 3"),
        (
            "interconnect.topology=bus",
            "interconnect.topology: cores with a common time step need a `mesh` or a `torus`",
        ),
        ("core.pipeline.synapse.latency=-4 ns", "core.pipeline.synapse.latency: "),
        ("core.controller=steped", "core.controller: "),
        ("core.limits.neurons=0", "core.limits.neurons: 0 is not > 0"),
    ],
)
def test_mistakes(override, message):
    with pytest.raises(ConfigError) as caught:
        chip("loihi", override)
    assert any(f"{problem.path}: {problem.message}".startswith(message) for problem in caught.value.problems), str(
        caught.value
    )
