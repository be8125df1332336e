"""Trees of multicast packets along dimension-order routes.

A packet for several cores travels as one copy as long as their routes are the same.  Where they part, the router sends
one copy after the other through its crossbar, each with its own channel and credit, and keeps the flit until the last
has left: every copy is like a packet of its own that needs no route computation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.datapath.compile import inner
from accelsim.engine.noc.config import LOCAL, NocConfig
from accelsim.engine.noc.layout import Net, Shape
from accelsim.engine.noc.routing import decide


def trees(
    config: NocConfig, shape: Shape, net: Net, source: Any, target: Any, starts: Any
) -> tuple[Any, Any, Any, Any, Any]:
    """Copies of packets.

    Parameters
    ----------
    source : int[packets], sending terminals
    target : int[deliveries], receiving terminals
    starts : int[packets + 1], deliveries of each packet

    Returns
    -------
    target, delivery, child, branches, phase
        Of each copy, see :class:`accelsim.engine.noc.terminals.Job`; the packets come first.
    """
    packets, deliveries = len(source), len(target)
    several = np.diff(starts) > 1
    # A copy for several cores is made at most once per router of a longest way, plus one for each core.
    way = config.width + config.height
    room = packets + int((np.diff(starts)[several] * way).sum())
    copies = [np.zeros(room, dtype) for dtype in (np.int32, np.int32, np.int32, np.int32, np.int8)]
    copies[0][:packets] = target[starts[:-1]]
    copies[1][:packets] = starts[:-1]
    count = packets
    if several.any():
        order = np.arange(deliveries, dtype=np.int32)
        members = np.array([source, starts[:-1], starts[1:]], np.int64).T[several]
        stack = np.zeros((way * (int(np.diff(starts).max()) + 1), 5), np.int64)
        kind = np.zeros(deliveries, np.int32)
        which = np.flatnonzero(several)
        count = _grow(shape, net, members, which, np.asarray(target, np.int32), order, kind, stack, packets, *copies)
    return tuple(part[:count] for part in copies)


@inner
def _grow(
    shape: Shape, net: Net, members: Any, which: Any, targets: Any, order: Any, kind: Any, stack: Any, count: int,
    target: Any, delivery: Any, child: Any, branches: Any, phase: Any,
) -> int:  # fmt: skip
    """Fill in the copies of packets for several cores; returns how many copies there are."""
    for i in range(len(which)):
        # An entry of the stack: a copy for the deliveries order[low:high], at a router, in at a port.
        depth = 1
        stack[0, 0], stack[0, 1] = which[i], net.router_of[net.home[members[i, 0]]]
        stack[0, 2], stack[0, 3], stack[0, 4] = LOCAL, members[i, 1], members[i, 2]
        while depth:
            depth -= 1
            copy, router, port, low, high = stack[depth]
            for k in range(low, high):
                goal = net.home[targets[order[k]]]
                there = net.router_of[goal]
                choice = decide(
                    shape.width, shape.height, shape.torus, net.x_of[router], net.y_of[router], net.x_of[there],
                    net.y_of[there], port, phase[copy],
                )  # fmt: skip
                key = choice if choice < 8 else 2 * (net.port_of[goal] - router * shape.ports)
                at, this = k, order[k]
                while at > low and kind[at - 1] > key:
                    order[at], kind[at] = order[at - 1], kind[at - 1]
                    at -= 1
                order[at], kind[at] = this, key
            child[copy] = count
            start = low
            while start < high:
                end = start + 1
                while end < high and kind[end] == kind[start]:
                    end += 1
                target[count], delivery[count] = targets[order[start]], order[start]
                branches[copy] += 1
                if end - start > 1:
                    output = router * shape.ports + (kind[start] >> 1)
                    onward = net.flit_to[output]
                    phase[count] = kind[start] & 1
                    stack[depth, 0], stack[depth, 1] = count, net.router_of[onward]
                    stack[depth, 2] = (kind[start] >> 1) ^ 1
                    stack[depth, 3], stack[depth, 4] = start, end
                    depth += 1
                count += 1
                start = end
    return count
