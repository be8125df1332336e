"""Crossbar tiles: the digital core's numbers where converters are fine enough, time and energy of what is in a tile."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tick_cores import INPUTS, NEURONS, OUTPUTS, TICKS, delayed_cues

from accelsim.architecture.crossbar import ANALOG_STAGES, Crossbar
from accelsim.architecture.schema import Architecture
from accelsim.architecture.widths import with_state_bits
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.base import Request
from accelsim.controllers.registry import controllers
from accelsim.controllers.tick.partial_sums import Grid
from accelsim.controllers.tick.settings import TickSettings
from accelsim.cost.account import account
from accelsim.datapath.kernels import kernel_source, load_kernels, tuple_type
from accelsim.datapath.words import Float, Word
from accelsim.devices.tiles import convert_columns, drive_row, quantise
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import count_engine
from accelsim.engine.program import lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import Placement, place
from accelsim.simulation.memories import memory_technologies, with_access_cycles
from accelsim.simulation.pricing import actions, price
from accelsim.technology.adc import converter
from accelsim.technology.node import load_technology

ARCHITECTURES = Path(__file__).parents[2] / "architectures"
FIXED = ("core.neuron=lif-fixed", "core.options.output_rule=delta-fixed", "core.options.feedback=random")
SETTINGS = {"neuron": {"decay": 0.97}, "output_parameters": {"rate_shift": 11}, "input_weights": {"scale": 2.0}}
PARAMETERS = {"rate_shift": 6, "trace_decay": 0.97}
SMALL = (
    "core.crossbar.rows=8",
    "core.crossbar.columns=16",
    "core.crossbar.adc_range=auto",
    "core.crossbar.adc_bits=11",
)
"""Tiles of 8 rows of 8 pairs, whose converters lose nothing."""


def build(name="crossbar", overrides=(), rule="eprop-fixed", parameters=PARAMETERS, settings=SETTINGS):
    """Controller, chip and placement."""
    chosen = dict(override.split("=", 1) for override in (*FIXED, *overrides))
    document = load_document(
        str(ARCHITECTURES / f"{name}.yaml"),
        "architecture",
        overrides=[f"{key}={value}" for key, value in chosen.items()],
    )
    chip = validate(document, Architecture)
    populations = {"input": INPUTS, "recurrent": NEURONS, "output": OUTPUTS}
    request = Request(populations, rule, parameters, TickSettings.model_validate(settings), 3)
    controller = controllers.get("tick").build(chip.core, request)
    chip = chip.model_copy(update={"core": with_state_bits(chip.core, controller.state_bits())})
    chip = with_access_cycles(chip, memory_technologies(chip))
    return controller, chip, place(chip, populations)


def accuracy(controller):
    test = delayed_cues(200, seed=99, training=False)
    return (controller.run(test).answers == test.label).mean()


def test_a_fine_converter_gives_the_digital_core_bit_for_bit():
    digital, *_ = build("single_core")
    analog, *_ = build(overrides=SMALL)
    chunk = delayed_cues(40)
    one, other = digital.run(chunk), analog.run(chunk)
    assert np.array_equal(one.answers, other.answers)
    for name, weights in digital.weights().items():
        assert np.array_equal(weights, analog.weights()[name]), name
        assert np.array_equal(digital.cell_writes()[name], analog.cell_writes()[name]), name
    for column in ("fired", "winp_updates", "wrec_updates", "wout_updates"):
        at = digital.vocabulary.column(column)
        assert np.array_equal(one.activity.counts[:, at], other.activity.counts[:, at]), column
    assert one.activity.counts[:, digital.vocabulary.column("wrec_updates")].any()


def read(crossbar, weight, weights, total, driven, largest=1.0):
    """Sums of the driven rows, as the loop makes them."""
    grid = Grid(crossbar, weight)
    arrays = grid.arrays(weights, largest)
    arrays["total"] = np.zeros(weights.shape[1], total.dtype)
    scale = total.fraction - weight.fraction if isinstance(total, Word) else 0
    source = kernel_source("merge", grid.merge(total, lambda x: x << scale if scale else x), grid.places())
    state = tuple_type("Arrays", tuple(arrays))(**arrays)
    merge = load_kernels("merge", source).merge
    for i in np.flatnonzero(driven):
        drive_row(state.law, i, weights, state.columns, state.active)
    for tile in np.flatnonzero(state.active):
        convert_columns(state.law, tile, state.columns, state.codes)
        merge(tile, state, None)
    return state.total, grid


@pytest.mark.parametrize("encoding", ["differential", "offset"])
def test_float_sums_are_within_half_a_step_a_tile(encoding):
    rng = np.random.default_rng(4)
    weights = rng.normal(size=(50, 9)).astype(np.float32)
    driven = rng.random(50) < 0.4
    largest = 2 * float(np.abs(weights).max())
    exact = weights[driven].astype(float).sum(axis=0)
    for bits in (4, 8, 12, 20):
        crossbar = Crossbar(matrices=("w",), rows=16, adc_bits=bits, encoding=encoding)
        sums, grid = read(crossbar, Float(32), weights, Float(32), driven, largest)
        rounding = 4 * np.finfo(np.float32).eps * 16 * largest
        assert np.abs(sums - exact).max() <= 4 * grid.step(largest) / 2 + rounding  # four tiles


def test_fewer_bits_err_more():
    rng = np.random.default_rng(5)
    weights = rng.integers(-128, 128, (64, 50), dtype=np.int64).astype(np.int8)
    driven = rng.random(64) < 0.3
    exact = weights[driven].astype(int).sum(axis=0) << 4
    errors = []
    for bits in range(4, 15):
        crossbar = Crossbar(matrices=("w",), rows=64, adc_bits=bits)
        sums, _ = read(crossbar, Word(8, fraction=6), weights, Word(20, fraction=10), driven)
        errors.append(np.sqrt(np.mean((sums - exact) ** 2.0)))
    assert all(a >= b for a, b in pairwise(errors))
    assert errors[0] > 10 * errors[5] > 0
    assert errors[-1] == 0


@pytest.mark.parametrize(
    ("encoding", "slices"), [("differential", 2), ("differential", 7), ("offset", 1), ("offset", 3)]
)
def test_slices_and_encodings_are_exact_where_converters_are_fine(encoding, slices):
    weights = np.random.default_rng(6).integers(-128, 128, (20, 30), dtype=np.int64).astype(np.int8)
    weights[:7, 0], weights[:7, 1] = -128, 127
    crossbar = Crossbar(matrices=("w",), rows=7, columns=14, adc_bits=12, encoding=encoding, weight_slices=slices)
    for driven in (np.ones(20, bool), np.arange(20) % 3 == 0):
        sums, _ = read(crossbar, Word(8), weights, Word(20), driven)
        assert np.array_equal(sums, weights[driven].astype(int).sum(axis=0))


def test_sums_beyond_the_full_scale_clip():
    weights = np.full((8, 1), 100, np.int8)
    crossbar = Crossbar(matrices=("w",), rows=8, adc_bits=9, adc_range=2.0)
    sums, _ = read(crossbar, Word(8), weights, Word(20), np.arange(8) < 2)
    assert sums[0] == 200
    sums, _ = read(crossbar, Word(8), weights, Word(20), np.ones(8, bool))
    assert sums[0] == 255
    assert quantise(2.5, 1.0, -4.0, 3.0) == 3.0
    assert quantise(-9.0, 1.0, -4.0, 3.0) == -4.0


@pytest.mark.slow
def test_a_core_learns_with_fine_converters_and_not_with_coarse_ones():
    found = []
    for overrides in (SMALL, (*SMALL, "core.crossbar.adc_bits=3")):
        controller, *_ = build(overrides=overrides)
        controller.run(delayed_cues(300, seed=1))
        found.append(accuracy(controller))
    assert found[0] > 0.85
    assert found[1] < found[0] - 0.1


def counted(controller, chip, placement, chunk, masks=range(0)):
    program = lower(chip, placement, controller.vocabulary)
    activity = controller.run(chunk, masks=masks).activity
    engine = count_engine(program)
    return program, activity, dict(zip(engine.counters, engine.run(activity.counts).sum(axis=0), strict=True))


@pytest.mark.parametrize(
    ("overrides", "passes"),
    [
        ([], 1),
        (["core.crossbar.input=bit-serial", "core.crossbar.input_bits=3", "core.crossbar.columns_per_adc=4"], 3),
        (["core.crossbar.update=outer-product", "core.crossbar.pulses=5"], 1),
    ],
)
def test_cycles_are_those_of_an_independent_count(overrides, passes):
    controller, chip, placement = build(overrides=(*SMALL, *overrides))
    chunk = delayed_cues(2)
    _, activity, found = counted(controller, chip, placement, chunk, range(2 * TICKS))
    rows, crossbar, fired = 8, chip.core.crossbar, activity.masks["fired"].astype(bool)
    driven = np.zeros((2 * TICKS, INPUTS), bool)
    driven[chunk.event_tick, chunk.event_address] = True
    last = np.zeros_like(fired)  # spikes of the step before, none at the start of a sample
    last[1:] = fired[:-1]
    last[TICKS] = False

    def tiles(marks):
        whole = np.zeros((len(marks), -(-marks.shape[1] // rows) * rows), bool)
        whole[:, : marks.shape[1]] = marks
        return whole.reshape(len(marks), -1, rows).any(axis=2)

    turns = min(crossbar.columns_per_adc, 8)
    each = passes * (1 + turns)
    words = 2  # of the sums, pipelined through two steps of the adders
    cycles = (tiles(driven).sum() + tiles(last).sum()) * (each + words + 1)
    assert sum(n for c, n in found.items() if (c.kind, c.phase) == ("cycles", "propagate")) == cycles
    merged = OUTPUTS * 2  # outputs have a word of their own, read and written in turn
    read_out = 2 * TICKS * (OUTPUTS + 1) + tiles(fired).sum() * (each + merged)
    due = OUTPUTS * int(chunk.target_valid.sum())
    assert sum(n for c, n in found.items() if (c.kind, c.phase) == ("cycles", "read_out")) == read_out + due
    write, check = 10, 1  # of resistive memory at 100 MHz
    changed = [activity.masks[f"{name}_programmed"] for name in ("winp", "wrec", "wout")]
    assert all(marks.any() for marks in changed)
    if crossbar.update == "outer-product":
        cycles = sum(tiles(marks.astype(bool)).sum() for marks in changed) * 2 * 5 * write
    else:
        cycles = sum(int(marks.sum()) for marks in changed) * crossbar.pulses * (write + check + turns)
    assert sum(n for c, n in found.items() if (c.kind, c.phase) == ("cycles", "program")) == cycles


@pytest.mark.parametrize("update", ["program-verify", "outer-product"])
def test_engines_agree(update):
    overrides = (
        *SMALL,
        f"core.crossbar.update={update}",
        "core.crossbar.input=bit-serial",
        "core.crossbar.input_bits=2",
    )
    controller, chip, placement = build(overrides=overrides)
    program, activity, _ = counted(controller, chip, placement, delayed_cues(1), range(TICKS))
    log = compiled_engine(program).run(activity)
    assert ReferenceEngine(chip, placement, controller.vocabulary).run(activity).log.first_difference(log) is None
    for name, mask in activity.masks.items():
        column = activity.counts[:, controller.vocabulary.column(name)]
        assert np.array_equal(mask.reshape(len(mask), -1).sum(axis=1), column), name


def priced(*overrides):
    """Costs of the parts of a chip."""
    controller, chip, placement = build(overrides=overrides)
    return price(chip, placement, controller.stages())


def test_converters_take_most_of_a_read_and_parts_sum_to_the_whole():
    controller, chip, placement = build(overrides=SMALL)
    *_, found = counted(controller, chip, placement, delayed_cues(2))
    _, chip, placement = build(overrides=(*SMALL, "core.crossbar.adc_bits=8"))
    costs = price(chip, placement, controller.stages())
    reading = {counter: count for counter, count in found.items() if counter.phase in ("propagate", "read_out")}
    report = account(costs, actions(chip, reading), 1e-3)
    parts: dict[str, float] = {}
    for entry in report.entries:
        parts[entry.component] = parts.get(entry.component, 0.0) + entry.energy_j.nominal
    tiles = {stage: parts[f"tiles.{stage}"] for stage in ANALOG_STAGES[:4]}
    assert tiles["convert"] > 0.5 * sum(tiles.values())
    assert all(energy > 0 for energy in tiles.values())
    whole = sum(e.energy_j.nominal for e in report.entries) + sum(e.nominal for e in report.leakage_j.values())
    assert report.energy_total_j.nominal == pytest.approx(whole, rel=1e-9)
    overhead = parts.pop("overhead")
    clocked = sum(e.energy_j.nominal for e in report.entries if e.action == "clock")
    digital = sum(energy for name, energy in parts.items() if not costs.components[name].own_control) - clocked
    assert overhead == pytest.approx(digital * (costs.overhead.nominal - 1), rel=1e-9)


def test_energy_of_a_conversion_doubles_with_each_bit():
    technology = load_technology("28nm-fdsoi")
    eight = converter(8, technology=technology)
    assert eight.conversion_energy_j.nominal == pytest.approx(2.56e-12)
    assert eight.conversion_energy_j.low < 1.56e-12 < eight.conversion_energy_j.high  # 2 mW at 1.28 GS/s
    four = converter(4, technology=technology)
    assert eight.conversion_energy_j.nominal == pytest.approx(16 * four.conversion_energy_j.nominal)
    assert eight.area_m2.nominal == pytest.approx(1.2e-9, rel=0.05)
    energies = [priced(f"core.crossbar.adc_bits={bits}").components["tiles.convert"] for bits in (4, 8)]
    assert energies[0].energy_j["update"].nominal < energies[1].energy_j["update"].nominal


def test_cells_cost_v_squared_g_t_and_pulses():
    costs = priced("core.crossbar.weight_slices=2")
    read_energy = costs.components["tiles.read_cells"].energy_j["update"]
    assert read_energy.nominal == pytest.approx(0.2**2 * 0.5 * (1 + 1 / 10) / 100e3 * 10e-9 * 4)
    programmed = costs.components["tiles.program_cells"].energy_j["update"]
    assert programmed.nominal == pytest.approx(8 * 2 * 0.704e-12)
    costs = priced("core.crossbar.update=outer-product")
    assert costs.components["tiles.program_cells"].energy_j["update"].nominal == pytest.approx(0.704e-12)


def test_area_follows_the_tiles():
    _, chip, placement = build(overrides=SMALL)
    assert placement.tiles == {"winp": 2 * 3, "wrec": 3 * 3, "wout": 3}  # 8 rows; 8 pairs of columns
    controller, *_ = build(overrides=SMALL)
    once = price(chip, placement, controller.stages()).components
    twice = Placement({}, {}, placement.words, placement.words, {name: 2 * n for name, n in placement.tiles.items()})
    more = price(chip, twice, controller.stages()).components
    for name in ("winp", "tiles.convert", "tiles.drive"):
        assert more[name].area_m2.nominal == pytest.approx(2 * once[name].area_m2.nominal)


def test_operands_of_the_adders_are_heard():
    controller, *_ = build(overrides=SMALL)
    heard = controller.operands(delayed_cues(1))
    assert {"total", "code0"} <= set(heard["integrate"].words)
    before = {name: weights.copy() for name, weights in controller.weights().items()}
    assert all(np.array_equal(before[name], weights) for name, weights in controller.weights().items())


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["core.crossbar.matrices=[winpp]"],
            "`winpp` is no memory with a row per presynaptic neuron (did you mean `winp`?)",
        ),
        (["core.crossbar.adc_bits=1"], "1 is not >= 2"),
        (["core.crossbar.input_bits=4"], "4 bits need `input: bit-serial` or `dac`"),
        (["core.crossbar.columns=2", "core.crossbar.weight_slices=2"], "a weight takes 4 cells, a row of a tile has 2"),
        (["core.crossbar=null"], "counts parts of a crossbar, but this core has no `crossbar`"),
        (["core.options.feedback=symmetric"], "tiles are not read backwards"),
    ],
)
def test_what_cannot_be_is_told(overrides, message):
    with pytest.raises(ConfigError) as caught:
        build(overrides=overrides)
    assert message in caught.value.problems[0].message


def test_rules_that_do_not_fit_are_told():
    floats = ["core.neuron=lif", "core.options.output_rule=delta"]
    settings = {"neuron": {"decay": 0.97}}
    for wanted, message in (
        (
            ["core.crossbar.update=outer-product"],
            "rule `eprop` keeps words per synapse: no outer product",
        ),
        (["core.crossbar.weight_slices=2"], "rule `eprop` has weights of float32: one cell holds them"),
    ):
        with pytest.raises(ConfigError) as caught:
            build(overrides=[*floats, *wanted], rule="eprop", parameters={}, settings=settings)
        assert any(message in problem.message for problem in caught.value.problems)


def test_cells_without_a_known_conductance_are_told():
    controller, chip, placement = build()
    memories = {**chip.core.memories, "winp": chip.core.memories["winp"].model_copy(update={"kind": "sram"})}
    other = chip.model_copy(update={"core": chip.core.model_copy(update={"memories": memories})})
    with pytest.raises(ConfigError) as caught:
        price(other, placement, controller.stages())
    assert "nothing is known of the conductance of cells of sram" in caught.value.problems[0].message


def test_too_many_levels_are_warned_of():
    costs = priced("core.memories.winp.kind=stt-mram")
    assert not any("levels" in text for text in priced().warnings)
    assert any("holds 7 bits of a weight, stt-mram has 2 levels" in text for text in costs.warnings)
