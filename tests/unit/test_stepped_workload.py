"""Networks from YAML: sizes, rates, seeds, and mistakes with their places."""

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.workload.stepped import SteppedWorkload, is_stepped


def workload(name, *overrides):
    return validate(load_document(name, "workload", overrides=overrides), SteppedWorkload)


@pytest.mark.parametrize(
    ("name", "neurons", "synapses"),
    [("recurrent_1k", 1024, 102_400), ("ring_32k", 32_768, 2_097_152), ("layers_3k", 3328, 2_359_296)],
)
def test_shipped_networks(name, neurons, synapses):
    assert is_stepped(load_document(name, "workload"))
    built = workload(name).network.build(0, "lif", None)
    assert (built.n, built.synapses) == (neurons, synapses)


def test_targets_stay_within_the_window():
    built = workload("ring_32k").network.build(0, "lif", None)
    distance = (built.dst.astype(int) - built.src) % built.n
    assert np.minimum(distance, built.n - distance).max() <= 512


def test_a_seed_gives_the_same_network_and_another_one_another():
    networks = [workload("recurrent_1k").network.build(seed, "lif", None) for seed in (1, 1, 2)]
    assert np.array_equal(networks[0].dst, networks[1].dst)
    assert not np.array_equal(networks[0].dst, networks[2].dst)


def test_layers_of_all_kinds():
    layers = (
        "{shape: [2, 16, 16], rate: 0.1}",
        "{connect: convolution, features: 8, kernel: 3, stride: 2}",
        "{connect: random, neurons: 50, fan_out: 5}",
        "{neurons: 10}",
    )
    built = workload("layers_3k", f"network={{kind: layers, layers: [{', '.join(layers)}]}}").network.build(
        0, "lif", None
    )
    sizes = [512, 8 * 7 * 7, 50, 10]
    assert built.n == sum(sizes)
    assert built.synapses == 7 * 7 * 9 * 2 * 8 + 392 * 5 + 50 * 10
    assert np.count_nonzero(built.parameters["bias"]) == 512


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("network.layers=[{connect: convolution, features: 3}]", "network.layers.0: a convolution needs"),
        ("network.layers=[{shape: [1, 4, 4]}, {connect: convolution}]", "network.layers.1.features: missing"),
        (
            "network.layers=[{shape: [1, 4, 4]}, {connect: convolution, features: 2, kernel: 5}]",
            "network.layers.1.kernel: a kernel of 5 does not fit a layer of 4 x 4",
        ),
        ("network.layers=[{neurons: 4}, {connect: random, neurons: 3}]", "network.layers.1.fan_out: missing"),
        ("network.layers=[{neurons: 4, shape: [1, 2, 2]}]", "network.layers.0.neurons: give either"),
        ("mapping.policy=given", "mapping.policy: `given` needs a network from a file"),
        ("steps=0", "steps: 0 is not > 0"),
    ],
)
def test_mistakes(override, message):
    with pytest.raises(ConfigError) as caught:
        workload("layers_3k", override)
    assert any(f"{problem.path}: {problem.message}".startswith(message) for problem in caught.value.problems), str(
        caught.value
    )
