"""A network spread over cores of a mesh: slices, the program of each core, the network between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from accelsim.architecture.indices import BlockSet, PopulationSet, UnionSet
from accelsim.architecture.partition import KINDS, Partition
from accelsim.architecture.schema import Architecture, Core
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.base import Controller
from accelsim.controllers.event_driven import EventController
from accelsim.controllers.tick.controller import Tick
from accelsim.controllers.tick.partition import PART_VOCABULARY
from accelsim.engine.choice import Engine
from accelsim.engine.noc.config import noc_config
from accelsim.engine.program import Program, lower
from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.engine.stepped.timing import StepTiming
from accelsim.mapping.placement import Placement, place
from accelsim.mapping.slices import Slices
from accelsim.simulation.kinds import chips_with_partition

SLICED = "recurrent"
"""Population that is cut; every core receives the whole input, and one holds the outputs."""
SHARED = ("replay_slots", "checkpoint_items", "tenants_items")
"""What the cores keep an equal share of each."""


@dataclass(frozen=True)
class MeshPlan:
    """A network spread over cores.

    Attributes
    ----------
    architecture : with every width a number
    slices : neurons of each core
    programs : mapping of int to Program
        By the number of neurons of a core: cores of as many work alike.
    placement : Placement
        Of the first core, which has most neurons.
    all_cores : Placement
        The same with the words used of all cores.
    grid : where the cores are
    """

    architecture: Architecture
    slices: Slices
    programs: Mapping[int, Program]
    placement: Placement
    all_cores: Placement
    grid: Grid

    @property
    def partition(self) -> Partition:
        """How the network is spread."""
        assert self.architecture.partition is not None
        return self.architecture.partition

    @property
    def first_program(self) -> Program:
        """Control of the first core."""
        return self.programs[self.slices.sizes()[0]]

    def timing(self, engine: Engine) -> StepTiming:
        """Times of rounds of messages, in cycles of the clock."""
        net, cores = self.architecture.interconnect, range(self.slices.cores)
        if net is None or len(cores) == 1:
            return StepTiming(self.grid, _costs((0, 0), 0, 1, 1), cores, fidelity="ideal", engine=engine)
        noc = noc_config(net)
        noc = noc.with_(eject_buffer=noc.receive_buffer)
        hops = noc.router_latency() + 1 + noc.link_x, noc.router_latency() + 1 + noc.link_y
        costs = _costs(hops, self.partition.barrier_cycles, noc.buffer, noc.receive_buffer)
        return StepTiming(self.grid, costs, cores, fidelity=net.noc, noc=noc, clock=1, engine=engine)


def _costs(hops: tuple[int, int], barrier: int, buffer: int, queue: int) -> StepCosts:
    """Delays of the network; the work of the cores comes with the messages."""
    x, y = hops
    return StepCosts(
        access=0, update=0, spike=0, axon_out=0, axon_in=0, synapse=0,
        hop=(x, x, y, y), barrier=((1, barrier),), buffer=buffer, receive_queue=queue,
    )  # fmt: skip


def several_cores_problem(
    architecture: Architecture, kind: type[Controller] | type[EventController], document: Document
) -> Problem | None:
    """Why a chip's cores cannot share a network, if they cannot."""
    if architecture.partition is not None:
        if not issubclass(kind, Tick):
            message = f"controller `{architecture.core.controller}` has a sequence of its own, for one core"
            return document.problem(("partition",), message)
        if architecture.core.crossbar is not None:
            message = "a core with crossbar tiles cannot share a network with others"
            return document.problem(("partition",), message)
        return None
    if architecture.cores == 1:
        return None
    message = f"{architecture.cores} cores: a workload is placed on one core so far; several are linked by the engines"
    if issubclass(kind, Tick):
        message += f", or share a network that learns where there is a `partition`, as in {chips_with_partition()}"
    return document.problem(("cores",), message)


def plan_mesh(architecture: Architecture, populations: Mapping[str, int], document: Document) -> MeshPlan:
    """Spread a network over the cores of a chip.

    Raises
    ------
    ConfigError
        If it does not fit, or the core's tables are not made for a part of a network.
    """
    partition, core, net = architecture.partition, architecture.core, architecture.interconnect
    assert partition is not None
    block = core.index_sets.get("block")
    lanes = core.units[block.unit].lanes if isinstance(block, BlockSet) else populations[SLICED]
    try:
        slices = Slices.cut(
            populations[SLICED], lanes, architecture.cores, partition.policy, partition.neurons_per_core
        )
    except ConfigError as error:
        raise type(error)(
            document.problem(("partition", problem.path or ""), problem.message) for problem in error.problems
        ) from None
    if partition.readout >= slices.cores:
        message = (
            f"core {partition.readout} holds no neurons; those of the network are on cores 0 to {slices.cores - 1}"
        )
        raise ConfigError(document.problem(("partition", "readout"), message))
    shares = {name: -(-populations.get(name, 0) // slices.cores) for name in SHARED}
    placements = {
        size: place(architecture, {**populations, **shares, SLICED: size}, document, populations)
        for size in sorted(set(slices.sizes()), reverse=True)
    }
    first = placements[slices.sizes()[0]]
    if slices.cores > 1 and not _has_all_sources(core):
        message = f"has no row for each source of the chip; it needs `{{population: {SLICED}, of: chip}}`"
        raise ConfigError(document.problem(("core", "index_sets", "pre"), message))
    programs = {size: lower(architecture, each, PART_VOCABULARY, document) for size, each in placements.items()}
    used = {name: sum(placements[size].used_words[name] for size in slices.sizes()) for name in first.words}
    if slices.cores > 1:
        assert net is not None
        assert net.width is not None
        assert net.height is not None
        grid = Grid(net.width, net.height, net.cores_per_router, net.order, net.topology == "torus")
    else:
        grid = Grid(1, 1)
    return MeshPlan(architecture, slices, programs, first, replace(first, used_words=used), grid)


def _has_all_sources(core: Core) -> bool:
    """Whether the rows of synapses are those of the recurrent neurons of all cores."""
    pre = core.index_sets.get("pre")
    sources = [core.index_sets[name] for name in pre.union] if isinstance(pre, UnionSet) else []
    return any(isinstance(each, PopulationSet) and each.population == SLICED and each.of == "chip" for each in sources)


def segments(architecture: Architecture) -> dict[str, int]:
    """Which part of a time step each phase belongs to (see `accelsim.engine.stepped.exchange.SEGMENTS`).

    Phases that receive messages are left out: they go on beside the others.
    """
    partition, sequence = architecture.partition, architecture.core.sequence
    assert partition is not None
    spikes, sums, errors = (sequence.index(getattr(partition, kind).after) for kind in KINDS)
    found = {}
    for at, phase in enumerate(sequence):
        if phase not in partition.received:
            found[phase] = (at > spikes) + (at > sums) + (at >= errors) + (at > errors)
    return found
