"""How long memory cells last that wear out by writing.

With :math:`N` writes of endurance, :math:`r` learning events per second of which each rewrites a cell with
probability :math:`u` by :math:`p` pulses, and wear levelling of efficiency :math:`\\eta` (mean over largest number of
writes per cell), a memory lasts :math:`N \\eta / (r p u)`.

Cells differ: their endurance is lognormal, with a median :math:`N` and a spread of :math:`\\sigma` decades.  When cell
:math:`i` was written :math:`h_i` times in a time :math:`T`, the share of the cells that have failed after :math:`t` is
the mean of :math:`\\Phi(\\log_{10}(h_i p t / (T N)) / \\sigma)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from statistics import NormalDist

from accelsim.cost.histogram import Histogram
from accelsim.technology.estimate import Estimate

SHARES = {"01pct": 1e-3, "1pct": 1e-2}
"""Shares of failed cells whose time is reported, by their name in results."""
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Endurance:
    """How many writes the cells of a memory stand.

    Parameters
    ----------
    writes : median of the cells.
    sigma_decades : spread from cell to cell: standard deviation of the decimal logarithm, above 0.
    pulses : programming pulses of one write, with those that verify asks for.
    """

    writes: Estimate
    sigma_decades: Estimate
    pulses: float = 1.0


@dataclass(frozen=True)
class Lifetimes:
    """Times in seconds until cells fail; None where they are never reached.

    Parameters
    ----------
    first_failure_s : the most written cell at the endurance that the weakest of all cells has (in half of all chips).
    failed_s : until a share of the cells has failed, by the names of `SHARES`.
    """

    first_failure_s: Estimate | None
    failed_s: dict[str, Estimate | None]


def lifetime_s(endurance: float, wear_levelling: float, rate_hz: float, pulses: float, share: float) -> float:
    """Return :math:`N \\eta / (r p u)`.

    Parameters
    ----------
    endurance : writes that a cell stands.
    wear_levelling : mean over largest number of writes per cell.
    rate_hz : learning events per second.
    pulses : per rewrite.
    share : of the learning events that rewrite a given cell.
    """
    return endurance * wear_levelling / (rate_hz * pulses * share)


def lifetimes(histogram: Histogram, over_s: float, endurance: Endurance, wear_levelling: float = 0.0) -> Lifetimes:
    """Return how long the cells last that go on being written as in a run.

    Parameters
    ----------
    histogram : writes per cell in the run.
    over_s : time of the outside world that the run stands for.
    endurance : of the cells.
    wear_levelling : 0 for none, 1 for writes that spread evenly over all cells, or a value between.
    """
    levelled = histogram.levelled(wear_levelling)
    what = f"{histogram.number} cells, writes per cell mean {levelled.mean:.4g} and most {levelled.max:.4g}"
    unit = over_s / endurance.pulses
    passed = Estimate.exact(over_s, None, "time of the outside world that the run stands for", "s")

    sigma = endurance.sigma_decades

    def after(periods: Callable[[float], float | None], text: str) -> Estimate | None:
        """A multiple of the run's time for each write of endurance, which depends on the spread, as a lifetime."""
        nominal, *ends = (periods(spread) for spread in (sigma.nominal, sigma.low, sigma.high))
        if nominal is None:
            return None
        known = [end * unit for end in ends if end is not None]
        per_write = Estimate.spanning(nominal * unit, known, sigma.sources, f"{text}; {what}")
        per_write = replace(per_write, unit="s", operator="from", operands=(sigma, passed))
        return endurance.writes.in_unit("1").scaled(per_write).in_unit("s")

    def first(spread: float) -> float | None:
        return weakest_of(levelled.number, spread) / levelled.max if levelled.max else None

    return Lifetimes(
        after(first, "time in which the most written cell, as weak as the weakest, uses up a write of the median"),
        {
            name: after(
                partial(periods_until, levelled, share=share),
                f"time in which {share:.1%} of the cells fail for each write of the median",
            )
            for name, share in SHARES.items()
        },
    )


def weakest_of(cells: int, sigma_decades: float) -> float:
    """Return the endurance of the weakest of so many cells over the median of all: its own median over many chips."""
    if not cells:
        return 1.0
    rank = -math.expm1(-math.log(2) / cells)  # of the weakest: (1 - rank)^cells = 1/2
    return min(1.0, 10 ** (sigma_decades * _NORMAL.inv_cdf(rank)))


def failed_share(histogram: Histogram, sigma_decades: float, periods: float) -> float:
    """Return the share of failed cells after `periods` runs for each write of the median endurance."""
    failed = (
        cells * _NORMAL.cdf(math.log10(value * periods) / sigma_decades)
        for value, cells in zip(histogram.values, histogram.cells, strict=True)
        if value > 0
    )
    return sum(failed) / histogram.number


def periods_until(histogram: Histogram, sigma_decades: float, *, share: float) -> float | None:
    """Return the runs for each write of the median endurance until a share of the cells has failed.

    None if fewer cells than that are ever written.
    """
    written = [(value, cells) for value, cells in zip(histogram.values, histogram.cells, strict=True) if value > 0]
    if sum(cells for _, cells in written) <= share * histogram.number:
        return None
    # Were all written cells written like the most or the least of them, these would be the times.
    needed = share * histogram.number / sum(cells for _, cells in written)
    below = sigma_decades * _NORMAL.inv_cdf(share) - math.log10(written[-1][0])
    above = sigma_decades * _NORMAL.inv_cdf(needed) - math.log10(written[0][0])
    for _ in range(100):
        middle = (below + above) / 2
        if middle in (below, above):
            break
        if failed_share(histogram, sigma_decades, 10**middle) < share:
            below = middle
        else:
            above = middle
    return 10.0**above
