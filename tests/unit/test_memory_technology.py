"""Files of memory technologies: what ships, a user's own, and what is wrong with one."""

from pathlib import Path

import pytest

from accelsim.architecture.schema import Architecture
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.simulation.memories import memory_technologies, with_access_cycles
from accelsim.simulation.setup import prepare
from accelsim.technology.memory_technology import describe_memory, load_memory_technology, names

OWN = """
memory_technology: own
extends: rram
title: our cells
write_latency: {low: 20, nominal: 40, high: 80, unit: ns, source: own test chip, verified: measured}
"""


def written(folder: Path, text: str = OWN) -> Path:
    path = folder / "own.yaml"
    path.write_text(text)
    return path


def test_every_shipped_technology_is_whole() -> None:
    assert {"sram", "edram", "registers", "rram", "pcm", "stt-mram", "sot-mram", "fefet", "flash"} <= set(names())
    for name in names():
        technology = load_memory_technology(name)
        assert technology.name == name
        assert technology.volatile == (technology.model != "cells" or technology.off_chip)
        for quantity, low, nominal, high, _, source, verified in describe_memory(technology):
            assert low <= nominal <= high, quantity
            assert source
            assert (verified == "assumed") or "assumed" not in source.split(",")[0].split(":")[0], quantity


@pytest.mark.parametrize(
    ("name", "endurance", "write_j", "write_s"),
    [
        ("rram", 1e6, 10e-12, 100e-9),
        ("pcm", 1e8, 20e-12, 100e-9),
        ("stt-mram", 1e6, 1e-12, 12e-9),
        ("sot-mram", 1e12, 0.2e-12, 1e-9),
        ("fefet", 1e6, 0.03e-12, 75e-9),
        ("feram", 1e12, 0.5e-12, 100e-9),
        ("flash", 1e5, 1e-9, 10e-6),
    ],
)
def test_figures_of_the_sources(name: str, endurance: float, write_j: float, write_s: float) -> None:
    technology = load_memory_technology(name)
    assert technology.endurance.nominal == endurance
    assert technology.write_energy_j_per_bit.nominal == pytest.approx(write_j)
    assert technology.write_latency_s.nominal == pytest.approx(write_s)


def test_non_idealities_of_the_sources() -> None:
    rram, pcm, fefet, sram = (load_memory_technology(name).device for name in ("rram", "pcm", "fefet", "sram"))
    assert (rram.levels.nominal, rram.cycle_sigma.nominal, rram.conductance_ratio.nominal) == (128, 0.037, 10)
    assert (rram.nonlinearity_potentiation.nominal, rram.nonlinearity_depression.nominal) == (0.04, -0.63)
    assert (pcm.levels.low, pcm.levels.high, pcm.cycle_sigma.nominal) == (100, 120, 0.015)
    assert (pcm.drift_exponent.low, pcm.drift_exponent.nominal, pcm.drift_exponent.high) == (0.005, 0.05, 0.11)
    assert (fefet.nonlinearity_potentiation.nominal, fefet.nonlinearity_depression.nominal) == (1.75, 1.46)
    assert rram.pulse_width.nominal == pytest.approx(50e-9)
    assert rram.device_sigma.source.verified == "assumed"
    noises = ("cycle_sigma", "device_sigma", "drift_exponent", "read_noise", "stuck_fraction", "write_error")
    assert all(getattr(sram, name).high == 0 for name in noises)
    assert sram.pulse_width is None


def test_flash_is_erased_in_blocks() -> None:
    erase = load_memory_technology("flash").erase
    assert erase.latency_s.nominal == pytest.approx(1.25e-3)
    assert erase.block_bits.nominal == 16384


@pytest.mark.parametrize(
    ("name", "clock", "rounds", "read", "write"),
    [
        ("rram", 100e6, 1, 1, 10),
        ("rram", 101e6, 1, 1, 11),
        ("rram", 200e6, 1, 2, 20),
        ("rram", 100e6, 2, 2, 20),
        ("rram", 1e3, 1, 1, 1),
        ("flash", 100e6, 1, 2, 1000),
        ("sram", 5e9, 1, 1, 1),
    ],
)
def test_cycles_of_a_latency(name: str, clock: float, rounds: int, read: int, write: int) -> None:
    technology = load_memory_technology(name)
    assert technology.access_cycles(False, clock, rounds) == read
    assert technology.access_cycles(True, clock, rounds) == write


def test_a_file_changes_what_it_gives_and_keeps_the_rest(tmp_path: Path) -> None:
    own, base = load_memory_technology(str(written(tmp_path))), load_memory_technology("RRAM")
    assert (own.name, own.title, own.write_latency_s.nominal) == ("own", "our cells", pytest.approx(40e-9))
    assert own.endurance.nominal == base.endurance.nominal
    assert own.device == base.device


@pytest.mark.parametrize("name", ["own", "own.yaml", "./own.yaml"])
def test_a_file_beside_the_architecture_is_found(tmp_path: Path, name: str) -> None:
    written(tmp_path)
    chip = tmp_path / "chip.yaml"
    chip.write_text(f"architecture: chip\nextends: single_core\ncore: {{memories: {{wrec: {{kind: {name}}}}}}}\n")
    document = load_document(chip, "architecture")
    architecture = validate(document, Architecture)
    timed = with_access_cycles(architecture, memory_technologies(architecture, document))
    assert timed.core.memories["wrec"].held(write=True) == (4, 1)
    assert timed.core.memories["winp"].held(write=True) == (1, 1)


def test_given_cycles_prevail() -> None:
    settings = ["core.memories.wrec.kind=rram", "core.memories.wrec.write_cycles=3"]
    architecture = validate(load_document("single_core", "architecture", overrides=settings), Architecture)
    memory = with_access_cycles(architecture, memory_technologies(architecture)).core.memories["wrec"]
    assert (memory.read_cycles, memory.write_cycles) == (1, 3)
    with pytest.raises(ValueError, match="not known before its latency is looked up"):
        architecture.core.memories["wrec"].access_cycles(write=False)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("extends: rram", "extends: rrm", r"own.yaml:3:1  extends: no such file or shipped memory technology.*`rram`"),
        ("write_latency", "write_latencies", r"own.yaml:5:1  write_latencies: unknown key \(did you mean"),
        ("unit: ns", "unit: pJ", r"own.yaml:5:\d+  write_latency.unit: `pJ` does not measure this; expected s"),
        ("nominal: 40", "nominal: 10", r"write_latency.nominal: 20, 10, 80 are not in order"),
        ("extends: rram", "extends: sram", None),
        ("title: our cells", "device: {levels: {value: -1}}", r"device.levels.value: -1 is not >= 0"),
        ("title: our cells", "model: sram", r"read_energy: is not used by the cost model `sram`"),
        ("memory_technology", "technology", "this file describes a technology, expected a memory technology"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    path = written(tmp_path, OWN.replace(old, new))
    if message is None:
        assert load_memory_technology(str(path)).access_cycles(True, 100e6) == 4
        return
    with pytest.raises(ConfigError, match=message):
        load_memory_technology(str(path))


def test_cells_need_their_figures(tmp_path: Path) -> None:
    path = written(tmp_path, OWN.replace("extends: rram", "extends: sram\nmodel: cells"))
    with pytest.raises(ConfigError, match="nodes: missing; the cost model `cells` needs it"):
        load_memory_technology(str(path))


def test_an_unknown_kind_is_told_at_its_place(tmp_path: Path) -> None:
    chip = tmp_path / "chip.yaml"
    chip.write_text(
        "architecture: chip\nextends: single_core\ncore:\n  memories:\n    wrec: {kind: rrm}\n    winp: {kind: stt}\n"
    )
    with pytest.raises(ConfigError) as error:
        prepare(load_document(chip, "architecture"), load_document("cue_accumulation", "workload"), 0)
    first, second = str(error.value).splitlines()
    text = "5:12  core.memories.wrec.kind: unknown memory technology `rrm` (did you mean `rram`?); known: edram, "
    assert f"chip.yaml:{text}" in first
    assert "chip.yaml:6:12  core.memories.winp.kind: unknown memory technology `stt`" in second
