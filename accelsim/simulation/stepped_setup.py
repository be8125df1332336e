"""From two documents to a network placed on a chip of many cores: everything wrong is found here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.many_core import Action, Hop, ManyCore
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem, check, choose_from
from accelsim.config.model import validate
from accelsim.controllers.stepped.function import Routers, SteppedNetwork
from accelsim.controllers.stepped.network import NetworkData
from accelsim.controllers.stepped.population import MODELS
from accelsim.engine.noc.config import NocConfig, noc_config
from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.mapping.adjacency import Adjacency
from accelsim.mapping.cores import balance, fill, given, minimise_traffic
from accelsim.mapping.limits import CoreLimits
from accelsim.mapping.tiles import hop_table
from accelsim.simulation.hops import hop_energies, hop_process
from accelsim.simulation.mission import mission_problems
from accelsim.technology.estimate import Estimate
from accelsim.workload.network import read_mapping
from accelsim.workload.stepped import FromFile, SteppedWorkload


@dataclass(frozen=True)
class SteppedSetup:
    """A network on a chip of many cores."""

    chip: ManyCore
    workload: SteppedWorkload
    chip_document: Document
    workload_document: Document
    network: NetworkData
    core: NDArray[np.int32]
    """Core of every neuron."""
    function: SteppedNetwork
    grid: Grid
    costs: StepCosts
    routers: NocConfig
    """The network, for `noc: cycle`."""
    seed: int
    hops: Mapping[str, Estimate]
    """Energy of a hop by direction."""
    process: Document | None
    """Technology file that they were derived from, if they were."""


def prepare_stepped(chip_document: Document, workload_document: Document, seed: int) -> SteppedSetup:
    """Validate both documents, build the network and place it.

    Raises
    ------
    ConfigError
        With every problem that can be told at this stage.
    """
    problems: list[Problem] = []
    models = []
    for document, model in ((chip_document, ManyCore), (workload_document, SteppedWorkload)):
        try:
            models.append(validate(document, model))
        except ConfigError as error:
            problems.extend(error.problems)
    check(problems)
    chip, workload = models
    assert isinstance(chip, ManyCore)
    assert isinstance(workload, SteppedWorkload)
    check(mission_problems(workload.mission, chip.voltage, workload_document))
    if chip.core.neuron not in MODELS:
        message = f"`{chip.core.neuron}` is no neuron model of such cores{choose_from(chip.core.neuron, list(MODELS))}"
        raise ConfigError(chip_document.problem(("core", "neuron"), message))
    with located(chip_document):
        process = hop_process(chip, chip_document)
        hops = hop_energies(chip, process)
    network = workload.network.build(seed, chip.core.neuron, workload_document)
    grid = grid_of(chip)
    core, send_order = _placed(chip, workload, network, grid, workload_document, seed)
    positions = grid.mesh.positions[:, : chip.cores]
    wrap = (grid.width, grid.height) if grid.torus else (0, 0)
    routers = Routers(positions[0].astype(np.int32), positions[1].astype(np.int32), wrap)
    function = SteppedNetwork.build(network, core, chip.core.neuron, routers, send_order)
    costs = step_costs(chip)
    return SteppedSetup(
        chip, workload, chip_document, workload_document, network, core, function, grid, costs,
        router_config(chip, costs), seed, hops, process,
    )  # fmt: skip


@contextmanager
def located(document: Document) -> Iterator[None]:
    """Give the complaints of cost models their places in the architecture."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(
            problem if problem.file else document.problem(problem.path or "", problem.message)
            for problem in error.problems
        ) from None


def grid_of(chip: ManyCore) -> Grid:
    """Where cores and routers are."""
    net = chip.interconnect
    assert net.width is not None
    assert net.height is not None
    return Grid(net.width, net.height, net.cores_per_router, net.order, net.topology == "torus")


def router_config(chip: ManyCore, costs: StepCosts) -> NocConfig:
    """The routers of the architecture; links take what is left of a hop's latency, unless they are given.

    Opposite directions share the mean of their latencies.
    """
    router = chip.interconnect.router
    plain = noc_config(chip.interconnect).with_(eject_buffer=router.receive_flits or chip.core.pipeline.receive_queue)
    clock = chip.ticks(chip.network_cycle)
    in_router = plain.router_latency() + 1
    left = [max(0, round(sum(costs.hop[i : i + 2]) / (2 * clock)) - in_router) for i in (0, 2)]
    link_x, link_y = router.link_cycles_x, router.link_cycles_y
    return plain.with_(link_x=left[0] if link_x is None else link_x, link_y=left[1] if link_y is None else link_y)


def step_costs(chip: ManyCore) -> StepCosts:
    """Latencies of the pipeline, the hops and the barrier, in ticks of the timebase."""
    pipeline = chip.core.pipeline

    def ticks(action: Action | Hop) -> int:
        return chip.ticks(action.latency)

    soma = pipeline.soma
    return StepCosts(
        access=ticks(soma.access),
        update=ticks(soma.update),
        spike=ticks(soma.spike),
        axon_out=ticks(pipeline.axon_out),
        axon_in=ticks(pipeline.axon_in),
        synapse=ticks(pipeline.synapse),
        dendrite=ticks(pipeline.dendrite),
        dendrite_in_sender=pipeline.accumulator == "inside_dendrite",
        hop=(ticks(chip.hop.east), ticks(chip.hop.west), ticks(chip.hop.north), ticks(chip.hop.south)),
        barrier=tuple((entry.tiles, chip.ticks(entry.latency)) for entry in chip.barrier) or ((1, 0),),
        buffer=chip.interconnect.router.buffer_flits,
        receive_queue=pipeline.receive_queue,
        link=chip.ticks(chip.network_cycle),
    )


def _placed(
    chip: ManyCore, workload: SteppedWorkload, network: NetworkData, grid: Grid, document: Document, seed: int
) -> tuple[NDArray[np.int32], NDArray[np.integer] | None]:
    """Core of every neuron, and the order of sending where a file gives it."""
    spec, room = workload.mapping, chip.core.limits
    neurons = min((n for n in (room.neurons, spec.neurons_per_core) if n is not None), default=None)
    limits = CoreLimits(neurons, room.synapses, room.axons_in, room.axons_out)
    edges = Adjacency.of(network.n, network.src, network.dst)
    send_order = None
    try:
        if spec.policy == "given":
            assert isinstance(workload.network, FromFile)
            core, send_order = read_mapping(workload.network.file(document), network.n, chip.cores)
            placed = given(edges, chip.cores, limits, core)
        elif spec.policy == "balance":
            placed = balance(edges, chip.cores, limits)
        elif spec.policy == "minimise-traffic":
            placed = minimise_traffic(edges, chip.cores, limits, _hops(chip, grid), seed=seed)
        else:
            placed = fill(edges, chip.cores, limits)
    except ConfigError as error:
        raise ConfigError(
            problem if problem.file else document.problem(("mapping",), f"{problem.path}: {problem.message}")
            for problem in error.problems
        ) from None
    return placed.core, send_order


def _hops(chip: ManyCore, grid: Grid) -> NDArray[np.integer]:
    """Hops from every core to every other."""
    x, y = grid.mesh.positions[:, : chip.cores]
    return hop_table(x, y, (grid.width, grid.height) if grid.torus else (0, 0))
