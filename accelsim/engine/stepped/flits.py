"""The network on chip for packets of one flit and routers of one virtual channel, packet by packet.

The same cycles as :class:`accelsim.engine.noc.network.Network`, several times as fast.  With one virtual channel a
packet that has been granted an output leaves as soon as the buffer ahead has a place, and when that is follows from the
moves of packets before it.  So a hop takes one event, the request of a packet at the front of its buffer:

- a packet is at the front when it has arrived and the cycle after the packet before it has left;
- it requests its output `routing` cycles later;
- an output that is free grants one request in a cycle, round robin, the cycle after its packet before has left at the
  earliest;
- the packet leaves in the next cycle, or when the credit of the place ahead has come back if that is later.

Where the packet that blocks the place has not been granted its output yet, the grant waits and is completed by the move
of that packet.  Sources fill the buffer of their router ahead of time, as they are its only users.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.noc.config import NocConfig
from accelsim.engine.stepped.flit_loop import run
from accelsim.engine.stepped.flit_state import NONE, SLOTS, TO_ROUTER, Delays, Served, State, Tables


def simple(config: NocConfig) -> bool:
    """Whether a network is of the kind that this module knows."""
    pipelined = config.pipelined or max(config.routing, config.crossbar) < 2
    plain = config.vcs == 1 and config.networks == 1 and not config.single_cycle and not config.torus
    return plain and pipelined and config.ports <= 32


class FlitNetwork:
    """A network between cores that keeps its round-robin pointers from run to run; see the module."""

    def __init__(self, config: NocConfig) -> None:
        ports, routers = config.ports, config.routers
        x, y = (np.asarray(c, np.int64) for c in config.positions(np.arange(routers) * config.terminals))
        at = {(int(x[r]), int(y[r])): r for r in range(routers)}
        channels = routers * ports
        ahead = np.full(channels, NONE)
        flight, credit = np.full((2, channels), TO_ROUTER)
        for router in range(routers):
            for port, (dx, dy) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
                link = config.link_x if port < 2 else config.link_y
                output = router * ports + port
                other = at.get((int(x[router]) + dx, int(y[router]) + dy))
                if other is not None:
                    ahead[output] = other * ports + (port ^ 1)
                flight[output] = link + 1
                credit[output] = link + 1 + config.credit
        self._tables = Tables(x, y, ahead, flight, credit)
        self._delays = Delays(config.routing, config.crossbar, TO_ROUTER + config.credit, config.buffer,
                              config.receive_buffer, ports, config.terminals)  # fmt: skip
        cores = config.cores
        past = -(1 << 40)

        def full(size: int | tuple[int, int], value: int = 0) -> NDArray[np.int64]:
            return np.full(size, value, np.int64)

        places = (channels, config.buffer)
        self._state = State(
            full(places), full(places), full(places, past), full(channels), full(channels), full(channels, past),
            full(channels), full(channels), full(channels, past), full(channels), full(channels, NONE),
            full((cores, config.receive_buffer), past), full(cores), full(cores), full(cores), full(cores), full(cores),
            full(SLOTS, NONE), full(2 * channels), full(2 * channels, NONE), full(SLOTS // 32), full(channels),
            full(channels, NONE), full(2),
        )  # fmt: skip

    def run(self, step_start: NDArray, source: NDArray, target: NDArray, gap: NDArray, service: NDArray) -> Served:
        """Run steps, one after the other; a step's packets are ordered by source."""
        served = Served(*np.empty((4, len(source)), np.int64))
        run(step_start, source, target, gap, service, self._delays, self._tables, self._state, served)
        return served
