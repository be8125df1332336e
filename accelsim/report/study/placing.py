"""Names beside the marks of a figure, where there is room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accelsim.report.drawing import INK, SMALL
from accelsim.report.study.scales import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMES = 8
LONGEST = 26
"""Characters of a name."""
WIDTH, HEIGHT = 0.6, 1.3
"""Of a character, in font sizes: wider than most are."""
MARK = 4.5
"""Half the size of a mark."""
ROOM = 1.0
"""Around a name."""
_DIRECTIONS = ((1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
_DISTANCES = (4.0, 12.0, 24.0, 40.0, 60.0)
_SIDES = {1: ("left", "bottom"), 0: ("center", "center"), -1: ("right", "top")}


@dataclass(frozen=True)
class _Box:
    left: float
    below: float
    right: float
    above: float

    def overlap(self, other: _Box) -> float:
        """Area that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        up = min(self.above, other.above) - max(self.below, other.below)
        return max(across, 0.0) * max(up, 0.0)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.above - self.below)


def place_names(
    axes: Axes,
    names: Mapping[tuple[float, float], str],
    marks: Sequence[tuple[float, float]],
    first: tuple[int, int] = (1, 1),
) -> dict[str, tuple[float, float]]:
    """Write names of marks where they cover no other name and few marks, and stay inside the axes.

    Each goes, in turn, to the best of the places around its mark, near ones first; a thin line leads to a far one. A
    name without a place that no other has is left out.

    Parameters
    ----------
    names : at most `MOST_NAMES` are written
    marks : all of the figure, in the coordinates of the data
    first : the direction that is taken where all are as good, right and up by default

    Returns
    -------
    dict
        How far each name that was written is from its mark, in points.
    """
    root = axes.get_figure(root=True)
    assert root is not None
    axes.get_xlim(), axes.get_ylim()  # which settles where the data is
    layout = root.get_layout_engine()
    if layout is not None:
        layout.execute(root)
    to_points = 72 / root.dpi
    at = [tuple(to_points * axes.transData.transform(mark)) for mark in marks]
    covered = [_Box(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in at]
    taken: list[_Box] = []
    frame = axes.get_window_extent()
    inside = _Box(*(to_points * edge for edge in (frame.x0, frame.y0, frame.x1, frame.y1)))
    ways = (first, *(way for way in _DIRECTIONS if way != first))
    found: dict[str, tuple[float, float]] = {}
    for mark, name in list(names.items())[:MOST_NAMES]:
        text = short(name, LONGEST)
        x, y = to_points * axes.transData.transform(mark)
        size = len(text) * WIDTH * SMALL, HEIGHT * SMALL
        tried = [(_box(x, y, *size, *way, far), way, far) for far in _DISTANCES for way in ways]
        free = [one for one in tried if not any(map(one[0].overlap, taken))]
        if not free:
            continue
        box, (across, up), far = min(free, key=lambda one: _cost(one[0], covered, inside) + 2 * one[2])
        taken.append(box)
        found[name] = (across * far, up * far)
        axes.annotate(
            text,
            mark,
            xytext=found[name],
            textcoords="offset points",
            ha=_SIDES[across][0],
            va=_SIDES[up][1],
            fontsize=SMALL,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.5} if far > _DISTANCES[0] else None,
        )
    return found


def _box(x: float, y: float, width: float, height: float, across: int, up: int, far: float) -> _Box:
    left = x + across * far + {1: 0.0, 0: -width / 2, -1: -width}[across]
    below = y + up * far + {1: 0.0, 0: -height / 2, -1: -height}[up]
    return _Box(left - ROOM, below - ROOM, left + width + ROOM, below + height + ROOM)


def _cost(box: _Box, covered: Sequence[_Box], inside: _Box) -> float:
    """Area of marks that a name would cover, and, which is worse, of it that would lie outside."""
    return sum(map(box.overlap, covered)) + 3 * (box.area - box.overlap(inside))
