"""Keys of stages move with exactly what the stages follow from: every field of the schema, by its role."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from accelsim.architecture.schema import ONE_CYCLE_KINDS, Architecture
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.explore import fingerprint as sources
from accelsim.explore.fingerprint import ACTIVITY, EVERYTHING, PRICING, TIMING, fingerprint
from accelsim.explore.keys import NOTES, stage_keys, whole_key
from accelsim.technology.memory_technology import names
from accelsim.workload.schema import Workload

CHIPS = {"reckon": ["core.devices={}"], "single_core": [], "mac_array": []}
WORDS = ("word_bits", "items", "rows", "columns", "rows_per_word", "item_bits")
"""Timing fields of memories with a row per presynaptic neuron by which a function counts words."""
TIMED_COSTS = ("clock", "stages")
"""Cost fields that the timing stage follows from too: real time passes beside the clock, and stages are listened to."""


def keys(chip, work, documents, **options):
    return stage_keys(chip, work, documents, **({"seed": 0, "engine": "compiled"} | options))


def leaves(model, path=()):
    """Every field with a role: path, role, value."""
    for name, field in type(model).model_fields.items():
        extra = field.json_schema_extra
        role = extra.get("role") if isinstance(extra, dict) else None
        value = getattr(model, name)
        if role is not None:
            yield (*path, name), role, value
        elif isinstance(value, BaseModel):
            yield from leaves(value, (*path, name))
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, BaseModel):
                    yield from leaves(item, (*path, name, key))


def changed(name, value):
    """Another value of a field."""
    if name == "kind" and value in ("sram", "edram", "registers"):
        return "edram" if value == "sram" else "sram"
    if name == "kind" and value in names():
        raise ValueError("cycles follow from it: see below")
    if name == "controller":
        return "reckon" if value != "reckon" else "tick"
    if name == "technology" and value == "as-built":
        return "rram"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return 2 * value or 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, tuple):
        return (*value, "x")
    if isinstance(value, dict):
        return {**value, "x": "x"}
    if isinstance(value, BaseModel):
        return value.model_copy(update={"clock_gating": True})
    return 7


def put(thing, path, value):
    """A model with a value at a path."""
    first, *rest = path
    if isinstance(thing, dict):
        return {**thing, first: put(thing[first], rest, value) if rest else value}
    inner = put(getattr(thing, first), rest, value) if rest else value
    return thing.model_copy(update={first: inner})


def expected(path, role, chip):
    """Whether (activity, timing) move."""
    if role == "functional":
        return True, True
    if role == "timing":
        memory = chip.core.memories.get(path[2]) if path[:2] == ("core", "memories") else None
        counted = path == ("core", "index_sets") or (path[:2] == ("core", "units") and path[-1] == "per_layer")
        if memory is not None and (memory.holds.rows is not None or path[-1] == "rows"):
            counted = path[-1] in WORDS and (path[-1] != "word_bits" or memory.items is None)
        return counted, True
    levels = path[-1] == "bits_per_cell" and chip.core.memories[path[2]].kind not in ONE_CYCLE_KINDS
    return False, role == "cost" and (levels or path[-1] in TIMED_COSTS)


@pytest.mark.parametrize("name", CHIPS)
def test_every_field_moves_the_keys_of_its_role(name):
    documents = (
        load_document(name, "architecture", overrides=CHIPS[name]),
        load_document("cue_accumulation", "workload"),
    )
    chip, work = validate(documents[0], Architecture), validate(documents[1], Workload)
    base = keys(chip, work, documents)
    assert base.activity is not None
    wrong, seen = [], set()
    for path, role, value in leaves(chip):
        try:
            moved = keys(put(chip, path, changed(path[-1], value)), work, documents)
        except (ValueError, TypeError):  # a value that fits nothing else of the chip
            continue
        seen.add(role)
        found = moved.activity != base.activity, moved.timing != base.timing
        if found != expected(path, role, chip):
            wrong.append((".".join(path), role, found))
    assert wrong == []
    assert seen == {"functional", "timing", "cost", "note"}


def test_every_field_of_a_workload_moves_both_but_notes_and_missions():
    documents = load_document("reckon", "architecture"), load_document("cue_accumulation", "workload")
    chip, work = validate(documents[0], Architecture), validate(documents[1], Workload)
    base = keys(chip, work, documents)
    changes = {
        "workload": "other",
        "description": "other",
        "mission": "other",
        "epochs": 99,
        "training_samples": 99,
        "test_samples": 99,
        "network": {**work.network, "recurrent": 99},
        "settings": {"reckon": {"threshold": 1}},
        "learning": None,
        "task": work.task.model_copy(update={"cues": 9}),
    }
    for name, value in changes.items():
        moved = keys(chip, work.model_copy(update={name: value}), documents)
        still = name in NOTES
        assert (moved.activity == base.activity, moved.timing == base.timing) == (still, still), name


def test_seed_plugins_and_engine():
    documents = load_document("reckon", "architecture"), load_document("cue_accumulation", "workload")
    chip, work = validate(documents[0], Architecture), validate(documents[1], Workload)
    found = [
        keys(chip, work, documents, **options)
        for options in ({}, {"seed": 1}, {"plugins": (("rule.py", "abc"),)}, {"plugins": (("rule.py", "abd"),)})
    ]
    assert len({each.activity for each in found}) == len({each.timing for each in found}) == 4
    simpy = keys(chip, work, documents, engine="simpy")
    assert simpy.activity is None
    assert simpy.timing != found[0].timing


def test_a_memory_technology_counts_by_the_cycles_and_cells_that_follow_from_it():
    work = load_document("cue_accumulation", "workload")
    task = validate(work, Workload)

    def of(*settings):
        document = load_document("reckon", "architecture", overrides=settings)
        return keys(validate(document, Architecture), task, (document, work))

    kind = "core.memories.winp.kind="
    sram, edram, slow = of(), of(kind + "edram"), of(kind + "flash")
    assert (sram.activity, sram.timing) == (edram.activity, edram.timing)
    assert sram.activity == slow.activity  # ideal cells
    assert sram.timing != slow.timing
    cells = "core.devices={}"
    assert of(cells).activity != sram.activity
    assert of(cells, kind + "rram").activity != of(cells).activity


@pytest.mark.parametrize(("chip", "work"), [("odin", "odin_digits"), ("mesh", "recurrent_1k")])
def test_chips_whose_function_is_not_apart(chip, work):
    documents = load_document(chip, "architecture"), load_document(work, "workload")
    if chip == "odin":
        models = validate(documents[0], Architecture), validate(documents[1], Workload)
        assert keys(*models, documents).activity is None
        return
    model = SimpleNamespace()
    base = whole_key(documents, model, seed=0, engine="compiled")
    other = documents[0].with_overrides(["voltage=0.71 V"]), documents[1]
    assert whole_key(other, model, seed=0, engine="compiled") != base
    assert whole_key(documents, model, seed=1, engine="compiled") != base


FILES = {
    "controllers/reckon/kernels.py": (True, True, True),
    "datapath/intrinsics.py": (True, True, True),
    "workload/cue_accumulation.py": (True, True, True),
    "engine/linear.py": (False, True, True),
    "mapping/placement.py": (False, True, True),
    "simulation/totals.py": (False, True, True),
    "simulation/pricing.py": (False, False, True),
    "cost/account.py": (False, False, True),
    "technology/processes/28nm.yaml": (False, False, True),
    "report/page.py": (False, False, False),
    "cli/app.py": (False, False, False),
}


def test_an_edited_source_moves_the_keys_of_the_stages_that_run_it(tmp_path, monkeypatch):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("original")
    monkeypatch.setattr(sources, "PACKAGE", Path(tmp_path))

    def found():
        fingerprint.cache_clear()
        return fingerprint(ACTIVITY), fingerprint(TIMING, PRICING), fingerprint(EVERYTHING)

    try:
        base = found()
        for name, moves in FILES.items():
            (tmp_path / name).write_text("edited")
            assert tuple(a != b for a, b in zip(found(), base, strict=True)) == moves, name
            (tmp_path / name).write_text("original")
            assert found() == base
        monkeypatch.setattr(sources, "versions", lambda: {"accelsim": "9.9"})
        assert all(a != b for a, b in zip(found(), base, strict=True))
    finally:
        fingerprint.cache_clear()
