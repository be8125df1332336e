"""Chips that are costed from their parts and events."""

from __future__ import annotations

import pytest

from accelsim.architecture.profile import Profile
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.cost.account import core_area_m2
from accelsim.cost.profile import event_counts, one_second, profile_components, profile_costs

TEXT = """\
architecture: small
technology: 28nm
voltage: 0.9 V
clock: 100 MHz
cores: {cores}
inputs: {{source: a paper, verified: verified}}
core:
  controller: profile
  memories:
    synapses: {{words: 8192, bits: 64, kind: {kind}, ports: {ports}, source: a paper, verified: verified}}
  units:
    add: {{datapath: {datapath}, lanes: 2, source: a guess, verified: assumed}}
  registers:
    queue: {{bits: 100, clocked: 0.5, source: a guess, verified: assumed}}
  events:
    synaptic_operation:
      counts: {{{action}: 0.25, add.update: 1}}
      source: a guess
      verified: assumed
conditions:
  busy:
    predicts: [energy_per_sop_pj]
    rates: {{{event}: 200 MHz}}
    dynamic_only: {dynamic}
    source: a guess
    verified: assumed
"""


@pytest.fixture
def chip(tmp_path):
    def read(**changes):
        words = {"cores": 1, "datapath": "satadd_W16", "action": "synapses.read", "event": "synaptic_operation"}
        words |= {"kind": "sram", "ports": "1RW"}
        file = tmp_path / "small.yaml"
        file.write_text(TEXT.format(**{**words, "dynamic": "false", **changes}), encoding="utf-8")
        return validate(load_document(file, "architecture"), Profile)

    return read


def test_a_second_of_events_is_counted_by_component_and_action(chip):
    small = chip()
    counts = event_counts(small, small.conditions["busy"])
    nominal = {key: count.nominal for key, count in counts.items()}
    assert nominal == {("synapses", "read"): 50_000_000, ("add", "update"): 200_000_000}


def test_queues_and_links_are_touched_by_events(chip, tmp_path):
    chip(cores=2, dynamic="true")
    known = "source: a guess, verified: assumed"
    added = [
        f"core.queues={{inbox: {{depth: 8, bits: 16, count: 3, {known}}}}}",
        f"core.links={{dram: {{bits: 64, off_chip: lpddr, {known}}}}}",
        "core.events.synaptic_operation.counts={inbox.push: 0.5, inbox.pop: 0.25, dram.packet: 0.125}",
    ]
    queued = validate(load_document(tmp_path / "small.yaml", "architecture", overrides=added), Profile)
    parts = {part.name: part for part in profile_components(queued)}
    assert (parts["inbox"].depth, parts["inbox"].instances) == (8, 6)
    costs = profile_costs(queued)
    spent = one_second(queued, queued.conditions["busy"], costs).component_energy_j()
    assert spent["dram"].nominal == pytest.approx(25e6 * 64 * 5e-12)
    inbox = costs.components["inbox"]
    dynamic = 100e6 * inbox.energy_j["push"].nominal + 50e6 * inbox.energy_j["pop"].nominal
    assert spent["inbox"].nominal == pytest.approx(dynamic + inbox.leakage_w.nominal)
    added[1] = added[1].replace("lpddr", "lpddr, length: 1 mm")
    both = load_document(tmp_path / "small.yaml", "architecture", overrides=added)
    with pytest.raises(ConfigError, match=r"core\.links\.dram\.length: give either"):
        validate(both, Profile)


def test_half_of_the_flip_flops_is_gated(chip):
    parts = {part.name: part for part in profile_components(chip())}
    assert parts["queue"].bits == parts["queue, gated"].bits == 50
    costs = profile_costs(chip()).components
    assert costs["queue"].energy_j["clock"].nominal > 0
    assert costs["queue, gated"].energy_j["clock"].nominal == 0


def test_a_memory_may_be_embedded_dram(chip):
    static, dynamic = (profile_costs(chip(kind=kind)).components["synapses"] for kind in ("sram", "edram"))
    assert dynamic.area_m2.nominal < static.area_m2.nominal
    assert dynamic.energy_j["read"].nominal != static.energy_j["read"].nominal


def test_cores_multiply_area_and_leakage_but_no_event(chip):
    one, four = chip(), chip(cores=4)
    single, many = profile_costs(one), profile_costs(four)
    assert core_area_m2(many).nominal == pytest.approx(4 * core_area_m2(single).nominal, rel=1e-9)
    energies = [
        one_second(small, small.conditions["busy"], costs).energy_dynamic_j.nominal
        for small, costs in ((chip(dynamic="true"), single), (chip(cores=4, dynamic="true"), many))
    ]
    assert energies[0] == pytest.approx(energies[1], rel=1e-12)


def test_dynamic_energy_leaves_out_the_idle_clock(chip):
    small, dynamic = chip(), chip(dynamic="true")
    with_clock = one_second(small, small.conditions["busy"], profile_costs(small))
    without = one_second(dynamic, dynamic.conditions["busy"], profile_costs(dynamic))
    clock = profile_costs(small).components["queue"].energy_j["clock"].nominal * 100e6
    assert with_clock.energy_dynamic_j.nominal - without.energy_dynamic_j.nominal == pytest.approx(clock, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "synapses.reed"}, "`synapses.reed` is no action of this core"),
        ({"event": "neuron_update"}, "`neuron_update` is no event"),
        ({"kind": "edram", "ports": "1R1W"}, r"synapses\.ports: an embedded DRAM has one port"),
    ],
)
def test_mistakes_are_told_with_their_place(chip, change, message):
    with pytest.raises(ConfigError, match=message):
        chip(**change)


def test_an_unknown_datapath_is_told(chip):
    with pytest.raises(ConfigError, match=r"core\.units\.add\.datapath: there is no datapath `lif17`"):
        profile_costs(chip(datapath="lif17"))
