"""Cost of a router: input FIFOs of every virtual channel, a crossbar, arbiters.

The crossbar is anchored on a synthesised one of 5 ports and 32 bits: its area grows with ports^2 x bits, the energy of
a flit with ports x bits, the capacitance between one input and one output.  Arbiters grow with their requests.  Route
computation, credits and the state of the channels are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.technology.estimate import Estimate, total
from accelsim.technology.fifo import fifo
from accelsim.technology.logic import logic_leakage
from accelsim.technology.memory import GATE_VOLTAGE_V, check_sizes
from accelsim.technology.node import REFERENCE_TEMPERATURE_K, Technology


@dataclass(frozen=True)
class RouterCost:
    """Cost of one router at one operating point.

    Parameters
    ----------
    traversal_energy_j : dynamic energy of a flit that enters a buffer, leaves it, passes the crossbar and takes part
        in both arbitrations.
    clock_energy_j : energy of a clock edge of all buffers.
    leakage_w, area_m2 : of the whole router, the area before placement utilisation.
    warnings : where a model was used outside its data.
    """

    traversal_energy_j: Estimate
    clock_energy_j: Estimate
    leakage_w: Estimate
    area_m2: Estimate
    warnings: tuple[str, ...] = ()


def router(
    ports: int,
    flit_bits: int,
    buffer_flits: int,
    *,
    technology: Technology,
    virtual_channels: int = 1,
    voltage_v: float | None = None,
    temperature_k: float = REFERENCE_TEMPERATURE_K,
    minimum_voltage_v: float | None = None,
) -> RouterCost:
    """Return the cost of a router.

    Parameters
    ----------
    ports : inputs, and as many outputs, those of the cores among them.
    flit_bits, buffer_flits : width of a flit, and flits of each virtual channel's buffer.
    technology, voltage_v, temperature_k, minimum_voltage_v : operating point, as in `sram`.
    virtual_channels : of every input.

    Raises
    ------
    ConfigError : no size, or an operating point that the models do not cover.
    """
    voltage = technology.supply_v.nominal if voltage_v is None else voltage_v
    check_sizes(ports=ports, flit_bits=flit_bits, buffer_flits=buffer_flits, virtual_channels=virtual_channels)
    buffer = fifo(
        buffer_flits,
        flit_bits,
        technology=technology,
        voltage_v=voltage,
        temperature_k=temperature_k,
        minimum_voltage_v=minimum_voltage_v,
    )
    what = f"router of {ports} ports, {flit_bits} b, at {technology.name}"
    channels = ports * virtual_channels
    silicon = technology.constant("logic_gate_factor").scaled(technology.energy_factor(voltage, GATE_VOLTAGE_V))
    crossbar = (technology.constant("crossbar_bit") * (ports * flit_bits)).scaled(silicon)
    # An output is asked for by inputs, one of its channels by all channels of all inputs.
    arbitration = (technology.constant("arbiter_request") * (ports + channels)).scaled(silicon)
    traversal = total(
        [
            buffer.push_energy_j,
            buffer.pop_energy_j,
            crossbar.described(f"flit through the crossbar of {what}, {voltage:g} V", "J"),
            arbitration.described(f"arbitration of a channel and of the crossbar of {what}, {voltage:g} V", "J"),
        ],
        f"flit through {what}, {voltage:g} V",
    )
    cells = technology.constant("crossbar_area_bit") * (ports**2 * flit_bits)
    cells += technology.constant("arbiter_area_request") * (ports**2 + channels**2)
    logic = cells.scaled(technology.constant("area_gate_factor")).scaled(technology.area_factor())
    logic = logic.described(f"crossbar and arbiters of {what}")
    return RouterCost(
        traversal,
        (buffer.clock_energy_j * channels).described(f"clock edge of the buffers of {what}, {voltage:g} V"),
        buffer.leakage_w * channels + logic_leakage(logic, technology, voltage, temperature_k),
        (buffer.area_m2 * channels + logic).described(what),
        buffer.warnings,
    )
