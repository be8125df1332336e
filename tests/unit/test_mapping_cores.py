import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.config.errors import ConfigError
from accelsim.mapping import cores as policies
from accelsim.mapping.adjacency import Adjacency
from accelsim.mapping.limits import CoreLimits, Usage
from accelsim.mapping.tiles import hop_table, message_hops, place_cores, traffic

CORES = 16
AT = np.arange(CORES)
HOPS = hop_table(AT % 4, AT // 4)
RESOURCES = ("neurons", "synapses", "axons_in", "axons_out", "words")


def random_network(seed, n, synapses):
    generator = np.random.default_rng(seed)
    return n, generator.integers(0, n, synapses), generator.integers(0, n, synapses)


def ring(n, fan_out, window, seed):
    """Targets at most `window` away on a ring whose neurons are numbered at random."""
    generator = np.random.default_rng(seed)
    src = np.repeat(np.arange(n), fan_out)
    dst = (src + generator.integers(-window, window + 1, src.size)) % n
    name = generator.permutation(n)
    return n, name[src], name[dst]


def usage_by_sets(n, src, dst, core, cores, limits):
    """What each core holds, counted with sets."""
    lists = {}
    for u, v in zip(src.tolist(), dst.tolist(), strict=True):
        lists[u, core[v]] = lists.get((u, core[v]), 0) + 1
    used = {resource: np.zeros(cores, int) for resource in RESOURCES}
    np.add.at(used["neurons"], core, 1)
    np.add.at(used["synapses"], core[dst], 1)
    for (u, c), size in lists.items():
        used["axons_in"][c] += 1
        used["axons_out"][core[u]] += 1
        used["words"][c] += limits.words_per_list + -(-size // limits.synapses_per_word)
    return used


def every_policy(network, cores, limits, hops=HOPS):
    yield lambda: policies.fill(network, cores, limits)
    yield lambda: policies.balance(network, cores, limits)
    yield lambda: policies.minimise_traffic(network, cores, limits, hops)


def problems(call):
    with pytest.raises(ConfigError) as error:
        call()
    return [str(problem) for problem in error.value.problems]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(0, 2**32),
    st.integers(1, 60),
    st.integers(0, 250),
    st.fixed_dictionaries(
        {
            "neurons": st.none() | st.integers(3, 12),
            "synapses": st.none() | st.integers(15, 60),
            "axons_in": st.none() | st.integers(10, 40),
            "axons_out": st.none() | st.integers(8, 40),
            "words": st.none() | st.integers(20, 80),
        }
    ),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_limits_are_kept_and_every_neuron_is_placed(seed, n, synapses, room, per_word, per_list):
    limits = CoreLimits(**room, synapses_per_word=per_word, words_per_list=per_list)
    n, src, dst = random_network(seed, n, synapses)
    network = Adjacency.of(n, src, dst)
    for policy in every_policy(network, CORES, limits):
        try:
            mapping = policy()
        except ConfigError:
            continue
        assert mapping.core.shape == (n,)
        assert ((mapping.core >= 0) & (mapping.core < CORES)).all()
        for resource, used in usage_by_sets(n, src, dst, mapping.core, CORES, limits).items():
            np.testing.assert_array_equal(getattr(mapping.usage, resource), used)
            assert used.max() <= limits.bound(resource)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(10, 60), st.integers(0, 300), st.integers(4, 12))
def test_minimise_traffic_is_never_worse_than_fill(seed, n, synapses, neurons):
    network = Adjacency.of(*random_network(seed, n, synapses))
    limits = CoreLimits(neurons=neurons)
    before = traffic(network, policies.fill(network, CORES, limits).core, CORES)
    after = traffic(network, policies.minimise_traffic(network, CORES, limits, HOPS).core, CORES)
    assert after.sum() <= before.sum()
    assert message_hops(after, HOPS) <= message_hops(before, HOPS)


@pytest.mark.parametrize("neurons", [128, 150])  # with all cores full, neurons can only be exchanged
def test_minimise_traffic_finds_a_shuffled_ring(neurons):
    n, src, dst = ring(2048, 20, 32, 1)
    network = Adjacency.of(n, src, dst)
    limits = CoreLimits(neurons=neurons)
    before = traffic(network, policies.fill(network, CORES, limits).core, CORES)
    after = traffic(network, policies.minimise_traffic(network, CORES, limits, HOPS).core, CORES)
    assert before.sum() > 7 * after.sum()
    assert message_hops(before, HOPS) > 40 * message_hops(after, HOPS)
    assert after.sum() < 1.6 * n  # a neuron in two within reach of a border of its core sends two


def test_minimise_traffic_separates_shuffled_layers():
    generator = np.random.default_rng(3)
    name = generator.permutation(384)
    src = np.concatenate([np.repeat(np.arange(128), 128), np.repeat(np.arange(128, 256), 128)])
    dst = np.concatenate([np.tile(np.arange(128, 256), 128), np.tile(np.arange(256, 384), 128)])
    network = Adjacency.of(384, name[src], name[dst])
    mapping = policies.minimise_traffic(network, CORES, CoreLimits(neurons=64))
    assert traffic(network, mapping.core, CORES).sum() == 2 * 256


def test_rates_weigh_messages():
    # 0 and 1 pair the targets 4 to 7 in one way, 2 and 3 in another; a core has room for two targets.
    src, dst = np.repeat([0, 1, 2, 3], 2), np.array([4, 5, 6, 7, 4, 6, 5, 7])
    network = Adjacency.of(8, src, dst)
    limits = CoreLimits(synapses=4)
    for loud, together in (([1, 1, 0, 0], ({4, 5}, {6, 7})), ([0, 0, 1, 1], ({4, 6}, {5, 7}))):
        core = policies.minimise_traffic(network, 2, limits, rates=[*loud, 0, 0, 0, 0]).core
        assert {frozenset(np.flatnonzero(core[4:] == c) + 4) for c in (0, 1)} == set(map(frozenset, together))


def test_results_do_not_depend_on_the_order_of_synapses_and_repeat():
    n, src, dst = random_network(5, 300, 3000)
    order = np.random.default_rng(6).permutation(src.size)
    one, other = Adjacency.of(n, src, dst), Adjacency.of(n, src[order], dst[order])
    limits = CoreLimits(neurons=25, synapses=300, axons_in=250)
    for first, second in zip(every_policy(one, CORES, limits), every_policy(other, CORES, limits), strict=True):
        np.testing.assert_array_equal(first().core, second().core)


def test_counts_do_not_depend_on_the_names_of_neurons_and_cores():
    n, src, dst = random_network(7, 200, 1500)
    generator = np.random.default_rng(8)
    core = generator.integers(0, CORES, n).astype(np.int32)
    name, place = generator.permutation(n), generator.permutation(CORES).astype(np.int32)
    renamed = np.empty_like(core)
    renamed[name] = place[core]
    limits = CoreLimits(synapses_per_word=3, words_per_list=1)
    one, other = Adjacency.of(n, src, dst), Adjacency.of(n, name[src], name[dst])
    before, after = Usage.of(one, core, CORES, limits), Usage.of(other, renamed, CORES, limits)
    for resource in RESOURCES:
        np.testing.assert_array_equal(getattr(after, resource)[place], getattr(before, resource))
    np.testing.assert_array_equal(traffic(other, renamed, CORES)[np.ix_(place, place)], traffic(one, core, CORES))


def test_balance_takes_the_least_possible_work():
    work = np.array([5, 1, 1, 1, 4, 4, 1, 1], float)
    network = Adjacency.of(8, np.zeros(0, int), np.zeros(0, int))
    mapping = policies.balance(network, 3, CoreLimits(), work)
    assert np.bincount(mapping.core, work).max() == 6  # 5 1 | 1 1 4 | 4 1 1
    assert policies.fill(network, 3, CoreLimits()).cores_used == 1


def test_balance_evens_out_synapses():
    generator = np.random.default_rng(9)
    dst = (400 * generator.random(20000) ** 3).astype(int)
    network = Adjacency.of(400, generator.integers(0, 400, dst.size), dst)
    synapses = policies.balance(network, 4, CoreLimits(neurons=300)).usage.synapses
    assert synapses.max() < 1.6 * synapses.mean()
    assert policies.fill(network, 4, CoreLimits(neurons=300)).usage.synapses.max() > 3 * synapses.mean()


def test_populations_share_no_core():
    network = Adjacency.of(10, np.zeros(0, int), np.zeros(0, int))
    populations = {"a": (0, 5), "b": (5, 7), "c": (7, 10)}
    core = policies.fill(network, CORES, CoreLimits(neurons=4), populations).core
    assert core.tolist() == [0, 0, 0, 0, 1, 2, 2, 3, 3, 3]
    balanced = policies.balance(network, 5, CoreLimits(neurons=4), populations=populations).core
    assert balanced.tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3, 3]


def test_populations_are_spread_over_the_cores_they_are_given():
    populations = {"a": (0, 5), "b": (5, 7)}
    assert policies.spread(populations, {"a": [3, 1], "b": [0]}, 4).tolist() == [3, 3, 3, 1, 1, 0, 0]
    assert problems(lambda: policies.spread(populations, {"a": [4], "bb": [0]}, 4)) == [
        "cores_of.a: 4 is not a core of 0 to 3",
        "cores_of.b: missing; expected the cores of population `b`",
        "cores_of.bb: the network has no population `bb` (did you mean `b`?)",
    ]


def test_a_given_mapping_that_exceeds_limits():
    src, dst = np.array([0, 0, 0, 1, 2, 3]), np.array([0, 1, 2, 0, 1, 4])
    network = Adjacency.of(5, src, dst)
    limits = CoreLimits(neurons=2, synapses=4, axons_in=2, axons_out=3, words=6, synapses_per_word=2, words_per_list=1)
    assert problems(lambda: policies.given(network, 2, limits, [0, 0, 0, 1, 1])) == [
        "limits.axons_in: core 0 needs 3 axons in, 1 more than the 2 it has",
        "limits.neurons: core 0 needs 3 neurons, 1 more than the 2 it has",
        "limits.synapses: core 0 needs 5 synapses, 1 more than the 4 it has",
        "limits.words: core 0 needs 7 words of synaptic memory, 1 more than the 6 it has",
    ]
    tight = CoreLimits(neurons=1, axons_out=0)
    assert problems(lambda: policies.given(network, 2, tight, [0, 0, 0, 1, 1])) == [
        "limits.axons_out: core 0 needs 3 axons out, 3 more than the 0 it has; 2 cores exceed this limit",
        "limits.neurons: core 0 needs 3 neurons, 2 more than the 1 it has; 2 cores exceed this limit",
    ]


def test_a_given_mapping_that_is_none():
    network = Adjacency.of(3, np.array([0]), np.array([1]))
    limits = CoreLimits()
    assert problems(lambda: policies.given(network, 2, limits, [0, 1])) == ["core: has shape (2,); expected (3,)"]
    assert problems(lambda: policies.given(network, 2, limits, [0, 2, 1])) == ["core[1]: 2 is not a core of 0 to 1"]
    assert problems(lambda: Adjacency.of(3, np.array([0, 3]), np.array([-1, 1]))) == [
        "dst[0]: -1 is not a neuron of 0 to 2",
        "src[1]: 3 is not a neuron of 0 to 2",
    ]


def test_a_network_that_is_too_large_for_the_chip():
    network = Adjacency.of(100, np.repeat(np.arange(100), 4), np.arange(400) % 100)
    for policy in every_policy(network, CORES, CoreLimits(neurons=5, synapses=24)):
        assert problems(policy) == [
            "cores: 20 of 100 neurons are left when 16 cores are full",
            "limits.neurons: 100 neurons are 20 more than the 80 of 16 cores",
            "limits.synapses: 400 synapses are 16 more than the 384 of 16 cores",
        ]
    for policy in every_policy(network, CORES, CoreLimits(neurons=50, axons_in=5)):
        assert problems(policy)[1] == "limits.axons_in: the 5 axons in of a core end 16 of 16 cores"


def test_a_neuron_that_is_too_large_for_a_core():
    network = Adjacency.of(8, np.array([0, 1, 2, 2, 3]), np.full(5, 7))
    limits = CoreLimits(synapses=4, axons_in=3, words=5, synapses_per_word=1, words_per_list=1)
    for policy in every_policy(network, CORES, limits):
        assert problems(policy) == [
            "limits.axons_in: neuron 7 alone needs 4 axons in, 1 more than the 3 of a core",
            "limits.synapses: neuron 7 alone needs 5 synapses, 1 more than the 4 of a core",
            "limits.words: neuron 7 alone needs 9 words of synaptic memory, 4 more than the 5 of a core",
        ]


def test_cores_that_send_to_too_many_take_fewer_neurons():
    network = Adjacency.of(*random_network(11, 64, 128))
    limits = CoreLimits(neurons=8, axons_out=12)
    for policy in every_policy(network, CORES, limits):
        mapping = policy()
        assert mapping.usage.axons_out.max() <= 12
        assert mapping.usage.neurons.min() < 8


def test_cores_that_would_send_to_too_many_for_the_chip():
    network = Adjacency.of(*random_network(13, 64, 64 * 30))
    lines = problems(lambda: policies.fill(network, CORES, CoreLimits(neurons=8, axons_out=16)))
    assert lines == [
        "cores: 34 of 64 neurons are left when 16 cores are full",
        "limits.axons_out: the 16 axons out of a core end 14 of 16 cores",
        "limits.neurons: the 8 neurons of a core end 2 of 16 cores",
    ]


def test_an_empty_network():
    network = Adjacency.of(0, np.zeros(0, int), np.zeros(0, int))
    for policy in every_policy(network, CORES, CoreLimits(neurons=4)):
        assert policy().cores_used == 0


def test_hops_on_mesh_and_torus():
    x, y = AT % 4, AT // 4
    assert HOPS[0, 15] == 6
    torus = hop_table(x, y, wrap=(4, 4))
    assert (torus[0, 15], torus[0, 10], torus[0, 3]) == (2, 4, 1)
    assert (torus == torus.T).all()


def test_traffic_is_weighted_by_rates():
    network = Adjacency.of(4, np.array([0, 0, 0, 3]), np.array([1, 2, 2, 3]))
    core = np.array([0, 0, 1, 1], np.int32)
    messages = traffic(network, core, 2, np.array([0.5, 1, 1, 0.25]))
    assert messages.tolist() == [[0.5, 0.5], [0, 0.25]]
    assert message_hops(messages, np.array([[0, 3], [3, 0]])) == 1.5


def test_placement_of_cores_undoes_a_shuffle():
    neighbours = (HOPS == 1).astype(float)
    shuffle = np.random.default_rng(12).permutation(CORES)
    messages = neighbours[np.ix_(shuffle, shuffle)]
    place = place_cores(messages, HOPS)
    assert sorted(place) == list(range(CORES))
    assert message_hops(messages, HOPS[np.ix_(place, place)]) == neighbours.sum()
    np.testing.assert_array_equal(place_cores(neighbours, HOPS), AT)
