"""Dimension-order routing: x first, then y.  Used by both engines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.part import part


def ways(config: NocConfig, packets: int) -> NDArray[np.int8]:
    """Ways of packets on a tie, for the `phase` of `decide`: all positive, or drawn by lot, the same in every run."""
    if config.ties == "positive":
        return np.zeros(packets, np.int8)
    return (2 * np.random.default_rng(0).integers(0, 4, packets)).astype(np.int8)


@part
def decide(width: int, height: int, torus: int, x: int, y: int, to_x: int, to_y: int, port: int, phase: int) -> int:
    """Output port and class of virtual channels of a packet at router (x, y) on its way to router (to_x, to_y).

    On a torus the shorter way is taken, on a tie that of the packet (see `ways`), and the class is chosen so that no
    ring of waiting packets closes: going up, 1 where the way passes the seam, going down, 1 where it does not.  Both
    are decided once, where the packet enters a dimension, and kept in it.

    Parameters
    ----------
    port : the input port
    phase : the class so far, + 2 for the negative way on a tie along x, + 4 along y

    Returns
    -------
    int
        2 * port + class; port 4 stands for the router's own terminals.
    """
    if x != to_x:
        if not torus:
            return 0 if to_x > x else 2
        if port < 2:
            return 2 * (port ^ 1) + (phase & 1)
        if 2 * ((to_x - x) % width) + (phase >> 1 & 1) <= width:
            return int(x > to_x)
        return 2 + int(to_x < x)
    if y != to_y:
        if not torus:
            return 4 if to_y > y else 6
        if port == 2 or port == 3:
            return 2 * (port ^ 1) + (phase & 1)
        if 2 * ((to_y - y) % height) + (phase >> 2 & 1) <= height:
            return 4 + int(y > to_y)
        return 6 + int(to_y < y)
    return 8
