"""What the commands `describe`, `list` and `schema` print."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from accelsim.cli.commands import load_plugins, load_set, split_settings, usage
from accelsim.cli.datapaths import print_component_datapaths, print_datapaths
from accelsim.cli.progress import console
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, choose_from
from accelsim.config.library import shipped
from accelsim.config.loader import load_document
from accelsim.config.model import Model, validate
from accelsim.config.quantity import format_quantity
from accelsim.config.registry import RegistryError

KINDS = ("architecture", "workload", "rule", "consolidation", "neuron", "controller", "technology", "memory")
PLURALS = {"architectures": "architecture", "workloads": "workload", "rules": "rule",
           "consolidations": "consolidation", "neurons": "neuron",
           "controllers": "controller", "technologies": "technology", "memories": "memory"}  # fmt: skip
FORMS = ("json", "markdown")
"""Of what `schema` prints."""


def names(kind: str) -> list[str]:
    """Everything there is of a kind."""
    if kind in ("architecture", "workload"):
        return sorted(shipped(kind))
    if kind == "technology":
        from accelsim.technology.node import names as technologies

        return list(technologies())
    if kind == "memory":
        from accelsim.technology.memory_technology import names as memories

        return list(memories())
    return list(_registry(kind).names())


def _registry(kind: str) -> Any:
    if kind == "rule":
        from accelsim.plasticity.base import rules

        return rules
    if kind == "consolidation":
        from accelsim.plasticity.consolidation import consolidations

        return consolidations
    if kind == "neuron":
        from accelsim.neurons.base import models

        return models
    from accelsim.controllers.registry import controllers

    return controllers


def list_things(plural: str, plugins: Sequence[str]) -> None:
    """Print the names of a kind, one a line."""
    if plural not in PLURALS:
        raise usage("list", f"there is no kind `{plural}`{choose_from(plural, PLURALS)}")
    load_plugins(plugins)
    for name in names(PLURALS[plural]):
        print(name)


def describe(words: Sequence[str], settings: Sequence[str], plugins: Sequence[str]) -> None:
    """Print what a thing is; the kind may be left out if the name is unique."""
    load_plugins(plugins)
    if list(words) == ["rules"]:
        _rules()
        return
    if len(words) == 2:
        kind, name = words
        if kind not in KINDS:
            raise usage("describe", f"there is no kind `{kind}`{choose_from(kind, KINDS)}")
    elif len(words) == 1:
        name = words[0]
        kind = _kind_of(name)
    else:
        raise usage("describe", f"'{' '.join(words)}' is no thing; write `accelsim describe [KIND] NAME`")
    printers: dict[str, Callable[[str, Sequence[str]], None]] = {
        "architecture": _architecture,
        "workload": _workload,
        "technology": _technology,
        "memory": _memory,
        "rule": _rule,
        "consolidation": _consolidation,
        "neuron": _neuron,
        "controller": _controller,
    }
    printers[kind](name, settings)


def _kind_of(name: str) -> str:
    plain = name.rsplit("/", 1)[-1].removesuffix(".yaml")
    if name.endswith((".yaml", ".yml")):
        return _kind_of_file(name)
    known = {kind: names(kind) for kind in KINDS}
    for kind in KINDS:
        if plain in known[kind] or name in known[kind]:
            return kind
    every = sorted({name for listed in known.values() for name in listed})
    raise usage("describe", f"there is no `{name}`{choose_from(plain, every)}")


def _listed(names: str | Sequence[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names) or "none"


def _kind_of_file(name: str) -> str:
    """Kind of a document; if it is broken, the error that is not just about its kind."""
    errors = []
    for kind in ("architecture", "workload", "technology", "memory_technology"):
        try:
            load_document(name, kind)
        except ConfigError as error:
            errors.append(error)
        else:
            return "memory" if kind == "memory_technology" else kind
    raise next((error for error in errors if "this file describes" not in str(error)), errors[-1])


def _architecture(name: str, settings: Sequence[str]) -> None:
    from accelsim.architecture.many_core import is_many_core
    from accelsim.architecture.profile import is_profile
    from accelsim.architecture.schema import Architecture
    from accelsim.simulation.describe import part_costs, priced_parts

    document = load_set(name, "architecture", split_settings(settings)["architecture"])
    if is_profile(document):
        _profile(document)
        return
    if is_many_core(document):
        _many_core(document)
        return
    chip = validate(document, Architecture)
    costs = part_costs(chip, document)
    screen = console()
    screen.print(chip.architecture, style="bold")
    screen.print(chip.description)
    screen.print(
        f"{chip.technology}, {format_quantity(chip.voltage, 'V')}, {format_quantity(chip.clock, 'Hz')}, "
        f"controller {chip.core.controller}, rules {_listed(chip.core.rules)}"
    )
    memories = Table("memory", "words", "bits", "ports", "holds", title="memories")
    for key, memory in chip.core.memories.items():
        matrices = ", ".join(f"{rows} x {columns}" if rows else columns for rows, columns in memory.holds.matrices)
        words = str(memory.capacity_words or "as needed")
        holds = f"{matrices}, {memory.holds.item_bits} b"
        known = memory.word_bits is not None or isinstance(memory.holds.item_bits, int)
        memories.add_row(key, words, str(memory.bits) if known else f"{memory.items} items", memory.ports, holds)
    screen.print(memories)
    parts = Table("component", "action", "energy", "leakage", "area", "from", title="costs (nominal, band)")
    for row in priced_parts(costs):
        parts.add_row(*row)
    screen.print(parts)
    print_datapaths(costs, f"at {format_quantity(chip.clock, 'Hz')}")
    screen.print("phases of a time step: " + " -> ".join(chip.core.sequence))


def _profile(document: Document) -> None:
    """A chip that is only costed: its parts and events with their sources, and what is predicted."""
    from accelsim.architecture.profile import Profile
    from accelsim.config.named import beside
    from accelsim.cost.profile import profile_costs
    from accelsim.technology.node import load_technology
    from accelsim.validation.chips import described

    chip = validate(document, Profile)
    screen = console()
    screen.print(chip.architecture, style="bold")
    screen.print(chip.description)
    clock = "no clock" if chip.clock is None else format_quantity(chip.clock, "Hz")
    screen.print(f"{chip.technology}, {format_quantity(chip.voltage, 'V')}, {clock}, {chip.cores} cores")
    screen.print(f"inputs: {chip.inputs.source} [{chip.inputs.verified}]", markup=False)
    parts = Table("part", "size", "source", "known from", title="parts of a core and events")
    for name, memory in chip.core.memories.items():
        size = f"{memory.count} x {memory.words} x {memory.bits} b {memory.kind}"
        parts.add_row(name, size, memory.source, memory.verified)
    for name, unit in chip.core.units.items():
        parts.add_row(name, f"{unit.lanes} x {unit.datapath}", unit.source, unit.verified)
    for name, registers in chip.core.registers.items():
        parts.add_row(name, f"{registers.bits} b of flip-flops", registers.source, registers.verified)
    for name, queue in chip.core.queues.items():
        parts.add_row(name, f"{queue.count} x {queue.depth} x {queue.bits} b FIFO", queue.source, queue.verified)
    for name, link in chip.core.links.items():
        way = link.off_chip or format_quantity(link.length or 0.0, "m")
        parts.add_row(name, f"link of {link.bits} b, {way}", link.source, link.verified)
    for name, event in chip.core.events.items():
        touched = ", ".join(f"{count:g} {action}" for action, count in event.counts.items())
        parts.add_row(name, touched, event.source, event.verified)
    screen.print(parts)
    figures = Table("figure", "predicted (band)", "published", "ratio", "band", "condition", title="predicted")
    for row in described(chip, load_technology(chip.technology, beside(document))):
        verdict = "" if row.verdict == "alone" else row.verdict
        figures.add_row(row.metric, row.predicted_band, row.published_range, row.times, verdict, row.note)
    screen.print(figures)
    print_datapaths(profile_costs(chip), f"of all cores, {clock}", clocked=chip.clock is not None)


def _many_core(document: Document) -> None:
    """A chip of many cores: its pipeline, its network, its barrier."""
    from accelsim.architecture.many_core import ManyCore
    from accelsim.controllers.stepped.population import COMPONENTS

    chip = validate(document, ManyCore)
    pipeline, net = chip.core.pipeline, chip.interconnect
    screen = console()
    screen.print(chip.architecture, style="bold")
    screen.print(chip.description)
    supply = "" if chip.voltage is None else f", {format_quantity(chip.voltage, 'V')}"
    screen.print(f"{chip.technology}{supply}, {chip.cores} cores, {net.topology} of {net.width} x {net.height} routers")
    model = COMPONENTS.get(chip.core.neuron)
    shown = "" if model is None else f" (neuron model {model.name})"
    screen.print(f"neuron {chip.core.neuron}{shown}, limits {chip.core.limits}")
    parts = Table("unit", "action", "latency", "energy", title="actions")
    units = [(name, "", getattr(pipeline, name)) for name in ("axon_in", "synapse", "dendrite", "axon_out")]
    units += [("soma", name, getattr(pipeline.soma, name)) for name in ("access", "update", "spike")]
    units += [("hop", name, getattr(chip.hop, name)) for name in ("east", "west", "north", "south")]
    for unit, action, part in units:
        energy = "derived" if part.energy is None else format_quantity(part.energy, "J")
        parts.add_row(unit, action, format_quantity(part.latency, "s"), energy)
    screen.print(parts)
    for entry in chip.barrier:
        screen.print(f"barrier from {entry.tiles} tiles on: {format_quantity(entry.latency, 's')}")
    if chip.tick is not None:
        screen.print(f"fixed tick of {format_quantity(chip.tick, 's')}")
    screen.print(f"figures: {pipeline.source}")
    if chip.learning is not None:
        screen.print(f"workloads that learn run on `{chip.learning}`: `accelsim describe {chip.learning}`")


def _workload(name: str, settings: Sequence[str]) -> None:
    from accelsim.workload.schema import Workload
    from accelsim.workload.stepped import SteppedWorkload, is_stepped

    overrides = [override for part in split_settings(settings).values() for override in part]
    document = load_set(name, "workload", overrides)
    if is_stepped(document):
        stepped = validate(document, SteppedWorkload)
        print(f"{stepped.workload}  {stepped.description}")
        print(f"network {stepped.network}")
        print(f"mapping {stepped.mapping}, {stepped.steps} steps")
        return
    workload = validate(document, Workload)
    print(f"{workload.workload}  {workload.description}")
    print(f"task {workload.task.kind}: {workload.task}")
    print(f"network {dict(workload.network)}, learning {workload.learning}")
    if workload.tasks is not None:
        stream = workload.tasks
        print(f"stream of {stream.tasks} tasks, {len(stream.experiences)} experiences: {stream}")
    else:
        samples = f"{workload.training_samples} training and {workload.test_samples} test samples"
        print(f"{workload.epochs} epochs of {samples}")
    print(f"settings for {', '.join(workload.settings) or 'no chip'}")


def _technology(name: str, settings: Sequence[str]) -> None:
    del settings
    from accelsim.technology.node import describe_technology, load_technology

    technology = load_technology(name)
    table = Table("quantity", "low", "nominal", "high", "unit", "source", "verified", title=technology.title)
    for row in describe_technology(technology):
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    console().print(table)


def _memory(name: str, settings: Sequence[str]) -> None:
    del settings
    from accelsim.technology.memory_technology import describe_memory, load_memory_technology

    technology = load_memory_technology(name)
    kept = "loses its content without supply" if technology.volatile else "keeps its content without supply"
    read = ", a read destroys what it reads" if technology.destructive_read else ""
    screen = console()
    screen.print(f"{technology.title}; {kept}{read}; priced by the cost model `{technology.model}`")
    table = Table("quantity", "low", "nominal", "high", "unit", "source", "verified", title=technology.name)
    for row in describe_memory(technology):
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    screen.print(table)


def _find(kind: str, name: str) -> Any:
    try:
        return _registry(kind).get(name)
    except RegistryError as error:
        raise usage("describe", str(error)) from None


def _component(kind: str, name: str) -> None:
    """A rule or neuron model with its default parameters."""
    component = _find(kind, name)
    needed = [field for field, info in component.model_fields.items() if info.is_required()]
    if needed:
        raise usage("describe", f"{kind} `{name}` has parameters without defaults: {', '.join(needed)}")
    described = component()
    print(described.describe())
    print_component_datapaths(described.programs())


def _rule(name: str, settings: Sequence[str]) -> None:
    del settings
    _component("rule", name)


def _consolidation(name: str, settings: Sequence[str]) -> None:
    del settings
    _component("consolidation", name)


def _rules() -> None:
    """Every rule and consolidation with its costs on the generic core, as Markdown."""
    from accelsim.simulation.rule_table import rule_table

    core, workload = load_document("single_core", "architecture"), load_document("cue_accumulation", "workload")
    print(rule_table(core, workload), end="")


def _neuron(name: str, settings: Sequence[str]) -> None:
    del settings
    _component("neuron", name)


def _controller(name: str, settings: Sequence[str]) -> None:
    del settings
    controller = _find("controller", name)
    print(f"{name}: {(controller.__doc__ or '').strip()}")
    print(f"conditions: {', '.join(controller.vocabulary.conditions)}")
    for mask, axes in controller.vocabulary.masks.items():
        print(f"mask {mask} over {' x '.join(axes)}")
    print(f"counts: {', '.join(controller.vocabulary.counts)}")


def schema(kind: str, form: str) -> None:
    """Print the JSON Schema of a kind of document, or the reference of its keys."""
    from accelsim.architecture.many_core import ManyCore
    from accelsim.architecture.profile import Profile
    from accelsim.architecture.schema import Architecture
    from accelsim.config.reference import reference
    from accelsim.config.schema import either, json_schema
    from accelsim.explore.schema import SweepDocument
    from accelsim.technology.memory_technology import MemoryModel
    from accelsim.technology.process import Process
    from accelsim.workload.schema import Workload
    from accelsim.workload.stepped import SteppedWorkload

    models: dict[str, tuple[type[Model], ...]] = {
        "architecture": (Architecture, ManyCore, Profile),
        "workload": (Workload, SteppedWorkload),
        "sweep": (SweepDocument,),
        "technology": (Process,),
        "memory_technology": (MemoryModel,),
    }
    if kind not in models:
        raise usage("schema", f"there is no schema of `{kind}`{choose_from(kind, models)}")
    if form not in FORMS:
        raise usage("schema", f"there is no format `{form}`{choose_from(form, FORMS)}")
    if form == "markdown":
        print(reference(kind, models[kind]), end="")
        return
    found = [json_schema(model, kind) for model in models[kind]]
    print(json.dumps(found[0] if len(found) == 1 else either(*found), indent=2))
