"""Stepped networks against a plain re-statement of their rules, neuron by neuron and synapse by synapse."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.controllers.stepped.chunk import Messages
from accelsim.controllers.stepped.function import Routers, SteppedNetwork
from accelsim.controllers.stepped.network import NetworkData

WIDTH, HEIGHT, CORES = 3, 2, 12
MESH = Routers(np.arange(CORES) // 2 % WIDTH, np.arange(CORES) // 2 // WIDTH)
STEPS = 40


@dataclass
class Reference:
    """The rules in words of Python; `rows` collects messages as tuples in the order of `Messages`."""

    network: NetworkData
    core: np.ndarray
    model: str
    send_order: list
    routers: Routers = MESH
    rows: list = field(default_factory=list)

    def run(self, steps):
        net, n = self.network, self.network.n
        p = {name: np.broadcast_to(x, n) for name, x in net.parameters.items()}
        v, u, left = [float(x) for x in p["v0"]], [0.0] * n, [0] * n
        arriving = {}  # (step, neuron): sum of weights
        column = {int(i): k for k, i in enumerate(net.inputs)}
        out = {name: [] for name in ("fired", "updated", "synops", "messages", "hops", "v", "spikes")}
        update = self.lif if self.model == "lif" else self.truenorth
        for t in range(steps):
            fired, active = [False] * n, [False] * n
            for i in range(n):
                arrived = arriving.pop((t, i), None)
                if i in column:
                    fired[i] = bool(net.raster[t, column[i]])
                else:
                    active[i] = v[i] != 0 or arrived is not None or p["bias"][i] != 0
                    fired[i] = update(t, i, p, v, u, left, arrived or 0.0)
                    active[i] |= fired[i]
            spikes = [i for i in range(n) if fired[i]]
            before = len(self.rows)
            synops = self.send(t, fired, active, column, arriving)
            sent = [row for row in self.rows[before:] if row[3] >= 0]
            out["fired"].append(len(spikes))
            out["spikes"] += [(t, i) for i in spikes]
            out["updated"].append(sum(active) + sum(fired[i] for i in column))
            out["synops"].append(synops)
            out["messages"].append(len(sent))
            out["hops"].append(sum(self.hops(row[2], row[3]) for row in sent))
            out["v"].append(list(v))
        return out

    def hops(self, a, b):
        total = 0
        for places, around in zip((self.routers.x, self.routers.y), self.routers.wrap, strict=True):
            way = abs(int(places[a]) - int(places[b]))
            total += min(way, around - way) if around else way
        return total

    def send(self, t, fired, active, column, arriving):
        net, synops = self.network, 0
        for core in range(CORES):
            work = [0, 0, 0, 0]
            for i in np.flatnonzero(self.core == core):
                stateful = i not in column
                work = [a + b for a, b in zip(work, (1, stateful, active[i], stateful and fired[i]), strict=True)]
                if not fired[i]:
                    continue
                synapses = np.flatnonzero(net.src == i)
                synops += synapses.size
                for e in synapses:
                    when = t + 1 + (int(net.delay[e]) if net.delay is not None else 0)
                    key = (when, int(net.dst[e]))
                    arriving[key] = arriving.get(key, 0.0) + float(net.weight[e])
                destinations = self.core[net.dst[synapses]]
                for destination in self.send_order:
                    size = int((destinations == destination).sum())
                    if size:
                        self.rows.append((t, int(i), core, destination, size, *work))
                        work = [0, 0, 0, 0]
            if work[0]:
                self.rows.append((t, -1, core, -1, 0, *work))
        return synops

    @staticmethod
    def lif(t, i, p, v, u, left, current):
        if t:
            u[i] *= float(p["input_decay"][i])
            v[i] *= float(p["leak_decay"][i])
        v[i] = math.trunc(v[i] * 64) / 64
        fired = False
        if left[i] == 0:
            v[i] += float(p["bias"][i])
            u[i] += current
            v[i] += u[i]
            if v[i] > p["threshold"][i]:
                fired = True
                mode = p["reset_mode"][i]
                v[i] = {"hard": float(p["reset"][i]), "soft": v[i] - float(p["threshold"][i]), "none": v[i]}[mode]
                left[i] = int(p["refractory"][i])
            low = float(p["reverse_threshold"][i])
            if p["reverse_reset_mode"][i] != "none" and v[i] < low:
                mode = p["reverse_reset_mode"][i]
                v[i] = {"hard": float(p["reverse_reset"][i]), "soft": v[i] - low, "saturate": low}[mode]
        left[i] = max(0, left[i] - 1)
        return fired

    @staticmethod
    def truenorth(t, i, p, v, u, left, current):
        leak = float(p["leak"][i])
        if p["leak_towards_zero"][i]:
            v[i] += -leak if v[i] > 0 else leak if v[i] < 0 else 0.0
        else:
            v[i] += leak
        v[i] += float(p["bias"][i]) + current
        if v[i] >= p["threshold"][i]:
            hard = p["reset_mode"][i] == "hard"
            v[i] = float(p["reset"][i]) if hard else v[i] - float(p["threshold"][i])
            return True
        low = float(p["reverse_threshold"][i])
        if p["reverse_reset_mode"][i] != "none" and v[i] <= low:
            mode = p["reverse_reset_mode"][i]
            v[i] = {"hard": float(p["reverse_reset"][i]), "soft": v[i] + low, "saturate": low}[mode]
        return False


def parameters(rng, n, model):
    """Every mode and sign, in multiples of 1/64."""
    found = {
        "threshold": rng.integers(1, 40, n).astype(np.float32),
        "bias": (rng.integers(-64, 200, n) * (rng.random(n) < 0.7) / 64).astype(np.float32),
        "v0": rng.integers(-5, 20, n).astype(np.float32),
        "reset": rng.integers(-3, 4, n).astype(np.float32),
        "reverse_threshold": rng.integers(-20, 0, n).astype(np.float32),
        "reverse_reset": rng.integers(-4, 4, n).astype(np.float32),
        "reverse_reset_mode": rng.choice(["hard", "soft", "saturate", "none"], n),
    }
    if model == "truenorth":
        leak = {"leak": rng.integers(-3, 4, n), "leak_towards_zero": rng.integers(0, 2, n)}
        return found | leak | {"reset_mode": rng.choice(["hard", "soft"], n)}
    return found | {
        "leak_decay": rng.choice([0.5, 0.96875, 1.0], n),
        "input_decay": rng.choice([0.0, 0.5, 0.75], n),
        "refractory": rng.integers(0, 4, n),
        "reset_mode": rng.choice(["hard", "soft", "none"], n),
    }


def random_case(seed, model, n=150, fan_out=9, inputs=0, delays=False, fractions=False, torus=False):
    rng = np.random.default_rng(seed)
    src = rng.integers(0, n, n * fan_out)
    dst = rng.integers(0, n, src.size)
    dst[:40], src[:40] = np.arange(40), 7  # a dense stretch
    dst[40:44], src[40:44] = 5, 6  # parallel synapses
    weight = rng.integers(-6, 9, src.size) / (4 if fractions else 1)
    is_input = np.isin(np.arange(n), rng.choice(n, inputs, replace=False))
    network = NetworkData(
        n,
        src,
        dst,
        weight if fractions else weight.astype(np.int16),
        rng.integers(0, 6, src.size) if delays else None,
        parameters(rng, n, model),
        is_input,
        (rng.random((STEPS, inputs)) < 0.3).astype(np.uint8),
    )
    used = rng.choice(CORES, 7, replace=False)
    core = np.sort(rng.choice(used, n)) if seed % 2 else rng.choice(used, n)
    order = rng.permutation(used)
    rest = [c for c in range(CORES) if c not in order]
    routers = Routers(MESH.x, MESH.y, (WIDTH, HEIGHT)) if torus else MESH
    reference = Reference(network, core, model, [*map(int, order), *rest], routers)
    return reference, SteppedNetwork.build(network, core, model, routers, order)


def rows(messages: Messages):
    step = np.repeat(np.arange(messages.step_start.size - 1), np.diff(messages.step_start))
    columns = [step, messages.neuron, messages.source_core, messages.destination_core, messages.synops]
    columns += [messages.neurons, messages.accesses, messages.updates, messages.spikes]
    return np.stack(columns, axis=1).tolist()


CASES = {
    "lif": (1, "lif", {}),
    "lif, cores scattered": (2, "lif", {}),
    "inputs": (3, "lif", {"inputs": 30}),
    "delays": (4, "lif", {"delays": True, "inputs": 10}),
    "fractions": (5, "lif", {"fractions": True}),
    "truenorth": (6, "truenorth", {"inputs": 20}),
    "truenorth, delays": (7, "truenorth", {"delays": True}),
    "long rows": (8, "lif", {"n": 60, "fan_out": 120}),
    "torus": (9, "lif", {"torus": True, "n": 129}),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_the_rules(case):
    seed, model, options = CASES[case]
    reference, function = random_case(seed, model, **options)
    expected = reference.run(STEPS)
    chunk = function.run(STEPS, probes=np.arange(reference.network.n))
    assert sum(expected["fired"]) > 100
    for name, found in (
        ("fired", chunk.fired),
        ("updated", chunk.updated),
        ("synops", chunk.synops),
        ("messages", chunk.messages_sent),
        ("hops", chunk.hops),
        ("v", np.where(reference.network.is_input, np.array(expected["v"]), chunk.potentials)),
    ):
        assert found.tolist() == expected[name], name
    step = np.repeat(np.arange(STEPS), np.diff(chunk.spike_start))
    assert sorted(zip(step.tolist(), chunk.spike_neuron.tolist(), strict=True)) == expected["spikes"]
    assert rows(chunk.messages) == [list(map(int, row)) for row in reference.rows]
    assert chunk.inputs_fired.sum() == reference.network.raster.sum()


def test_chunks_add_up_and_recording_messages_changes_nothing():
    _, whole = random_case(4, "lif", delays=True, inputs=10)
    _, parts = random_case(4, "lif", delays=True, inputs=10)
    expected = whole.run(STEPS)
    parts._room = [1, 1]  # recordings that must grow in the middle of a chunk
    first, counted, last = parts.run(9), parts.run(2, messages=False), parts.run(STEPS - 11)
    assert (first.start, counted.start, last.start) == (0, 9, 11)
    assert counted.messages is None
    assert parts.steps_done == STEPS
    for name in ("fired", "updated", "synops", "messages_sent", "hops"):
        joined = np.concatenate([getattr(chunk, name) for chunk in (first, counted, last)])
        assert joined.tolist() == getattr(expected, name).tolist()
    recorded = rows(expected.messages)
    assert rows(first.messages) == [row for row in recorded if row[0] < 9]
    assert rows(last.messages) == [[row[0] - 11, *row[1:]] for row in recorded if row[0] >= 11]


def test_order_of_synapses_does_not_matter():
    reference, function = random_case(8, "lif", n=60, fan_out=120)
    net = reference.network
    order = np.random.default_rng(0).permutation(net.synapses)
    shuffled = NetworkData(net.n, net.src[order], net.dst[order], net.weight[order], None, net.parameters)
    other = SteppedNetwork.build(shuffled, reference.core, "lif", MESH, reference.send_order)
    assert rows(other.run(STEPS).messages) == rows(function.run(STEPS).messages)


def test_one_spike_by_hand():
    """Neuron 0 fires in steps 0 and 2 with a soft reset; its target gets the weight one step later, or one more."""
    network = NetworkData(
        2,
        np.array([0, 0]),
        np.array([1, 1]),
        np.array([3, 5]),
        np.array([0, 1]),
        {"threshold": np.array([4.0, 100.0]), "bias": np.array([3.0, 0.0]), "v0": np.array([2.0, 0.0]),
         "reset_mode": "soft"},
    )  # fmt: skip
    function = SteppedNetwork.build(network, [0, 2], "lif", MESH)
    chunk = function.run(4, probes=[0, 1])
    assert chunk.potentials[:, 0].tolist() == [1, 4, 3, 2]
    assert chunk.potentials[:, 1].tolist() == [0, 3, 8, 11]
    assert chunk.fired.tolist() == [1, 0, 1, 1]
    assert chunk.updated.tolist() == [1, 2, 2, 2]
    assert chunk.hops_by_direction.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"core_of_neuron": [0, 12]}, "core[1]: 12 is not a core of 0 to 11"),
        ({"core_of_neuron": [0]}, "core: has shape (1,); expected (2,)"),
        ({"send_order": [1, 1]}, "core_send_order: names a core twice"),
        ({"send_order": [-1]}, "core_send_order[0]: -1 is not a core of 0 to 11"),
        ({"parameters": {"treshold": 1.0}}, "threshold: missing (did you mean `treshold`?)"),
        ({"parameters": {"threshold": 1.0, "leak": 1.0}}, "leak: no parameter of neuron model `lif`"),
        ({"parameters": {"threshold": 1.0, "reset_mode": "subtract"}},
         "reset_mode: 'subtract' is none of hard, soft, none"),
        ({"parameters": {"threshold": 1.0, "refractory": 1.5}}, "refractory: expected a number of steps >= 0"),
        ({"parameters": {"threshold": np.nan}}, "threshold: holds values that are no numbers"),
    ],
)  # fmt: skip
def test_wrong_mappings_and_parameters(change, message):
    none = np.zeros(0, np.int32)
    network = NetworkData(2, none, none, none, parameters=change.pop("parameters", {"threshold": 1.0}))
    with pytest.raises(ConfigError) as caught:
        SteppedNetwork.build(network, **{"core_of_neuron": [0, 1], "neuron_model": "lif", "routers": MESH} | change)
    assert message in str(caught.value)


def test_a_raster_that_is_too_short():
    none = np.zeros(0, np.int32)
    network = NetworkData(
        1, none, none, none, parameters={"threshold": 1.0}, is_input=np.ones(1, bool), raster=np.ones((3, 1), np.uint8)
    )
    function = SteppedNetwork.build(network, [0], "lif", MESH)
    assert function.run(2).fired.tolist() == [1, 1]
    with pytest.raises(ConfigError, match="raster: holds 3 steps, fewer than the 4 to run"):
        function.run(2)
