"""Schema of the cells behind the synapses of a core: how far they are from ideal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import Field

from accelsim.architecture.indices import SIZES
from accelsim.architecture.roles import functional
from accelsim.config.model import Model, PathError
from accelsim.config.quantity import Time

if TYPE_CHECKING:
    from accelsim.architecture.schema import Core

C = TypeVar("C", bound="Core")
AS_BUILT = "as-built"
"""Each memory's cells are those of its own `kind`."""
DEFAULT_KIND = "sram"
"""What a memory is made of unless its `kind` tells otherwise."""

Share = Annotated[float, Field(ge=0)]


class Devices(Model):
    """Cells of the synaptic memories: without this block they hold exactly what is written to them."""

    technology: str = functional(AS_BUILT)
    """Memory technology of every synaptic memory that is SRAM otherwise; `as-built` for the `kind` of each."""
    strength: float = functional(1.0, ge=0, le=1000)
    """Factor on every published non-ideality; 0 for ideal cells."""
    programming: Literal["pulses", "verify"] = functional("pulses")
    """`pulses`: as many as the change asks for, unseen; `verify`: until the cell holds its level within the noise."""
    rounding: Literal["stochastic", "nearest"] = functional("stochastic")
    """How a change becomes a whole number of pulses, or a weight a level."""
    wear: float = functional(1.0, ge=0, le=1e15)
    """Writes of a cell's life that each simulated write stands for; 0 for cells that never fail."""
    range: float | None = functional(None, gt=0)
    """Weights from minus to plus this fill the conductance range, where they are floats without a limit of the rule."""
    memories: tuple[str, ...] | None = functional(None)
    """Memories concerned; without it, all that hold the weights of a matrix."""
    levels: float | None = functional(None, ge=2)
    """This and what follows replace figures of the technology, at strength 1."""
    nonlinearity_potentiation: float | None = functional(None, ge=-9, le=9)
    """Bend of the increase: NeuroSim label, 0 for linear."""
    nonlinearity_depression: float | None = functional(None, ge=-9, le=9)
    """The same of the decrease."""
    cycle_sigma: Share | None = functional(None)
    """Standard deviation between pulses, of the conductance range."""
    device_sigma: Share | None = functional(None)
    """Standard deviation between devices, of the conductance range."""
    drift_exponent: Share | None = functional(None)
    """Exponent of the drift with time."""
    drift_spread: Share | None = functional(None)
    """Its standard deviation between devices."""
    read_noise: Share | None = functional(None)
    """Standard deviation of a read, of the conductance."""
    stuck_fraction: Share | None = functional(None)
    """Share of devices that do not change."""
    write_error: Share | None = functional(None)
    """Probability that a bit written to a binary cell is wrong."""
    endurance: float | None = functional(None, gt=0)
    """Writes that the median cell stands."""
    retention: Time | None = functional(None, gt=0)
    """Time for which a cell keeps its content."""


def memories_of_synapses(core: Core) -> tuple[str, ...]:
    """Memories with a row per presynaptic neuron; not those of samples or networks, which are capabilities'."""
    capabilities = {name for name, each in core.index_sets.items() if getattr(each, "population", None) in SIZES}
    rows = {name: memory.holds.rows for name, memory in core.memories.items()}
    return tuple(name for name, of in rows.items() if of is not None and of not in capabilities)


def synaptic_memories(core: Core) -> tuple[str, ...]:
    """Memories whose cells the block `devices` of a core is about; none without one.

    Unless they are named: those with a row per presynaptic neuron, but for words that change beside the weights.
    """
    if core.devices is None:
        return ()
    if core.devices.memories is not None:
        return core.devices.memories
    found = memories_of_synapses(core)
    return tuple(name for name in found if not str(core.memories[name].holds.item_bits).endswith("_trace"))


def kind_at(core: Core, memory: str) -> tuple[str, ...]:
    """Path of the key that names the technology of a memory."""
    named = core.devices is not None and core.devices.technology == core.memories[memory].kind
    if named and memory in synaptic_memories(core):
        return "core", "devices", "technology"
    return "core", "memories", memory, "kind"


def with_devices(core: C) -> C:
    """A core whose synaptic memories are of the technology that its block `devices` names.

    Raises
    ------
    PathError
        If a memory is named that has no synapses.
    """
    for i, name in enumerate(core.devices.memories or () if core.devices is not None else ()):
        known = memories_of_synapses(core)
        if name not in known:
            message = f"`{name}` is no memory with a row per presynaptic neuron; there are: {', '.join(known)}"
            raise PathError(("devices", "memories", i), message)
    if core.devices is None or core.devices.technology == AS_BUILT:
        return core
    memories = {
        name: memory.model_copy(update={"kind": core.devices.technology})
        for name in synaptic_memories(core)
        if (memory := core.memories[name]).kind == DEFAULT_KIND
    }
    return core.model_copy(update={"memories": {**core.memories, **memories}})
