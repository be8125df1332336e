"""What marks tell under the pointer."""

import io
from xml.etree import ElementTree

from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from accelsim.report.drawing import house_style
from accelsim.report.hover import tell, tell_marks, tell_shapes, titled

SVG = "{http://www.w3.org/2000/svg}"


def svg() -> ElementTree.Element:
    with house_style():
        figure = Figure()
        axes = figure.add_subplot()
        (bar,) = axes.barh([0], [1.5])
        tell(bar, 'a "bar" & <b>: 3 uJ')
        (line,) = axes.plot([0, 1, 2], [0, 1, 0], "o-")
        tell_marks(line, ["first", "second\x07", "third"])
        squares = PolyCollection([[(0, 0), (1, 0), (1, 1)], [(1, 1), (2, 1), (2, 2)]])
        tell_shapes(squares, ["one cell", "other cell"])
        axes.add_collection(squares)
        content = io.BytesIO()
        figure.savefig(content, format="svg")
    return ElementTree.fromstring(titled(content.getvalue()))


def test_each_mark_has_its_own_title() -> None:
    root = svg()
    titles = {
        title.text: parent.tag.removeprefix(SVG) for parent in root.iter() for title in parent.findall(f"{SVG}title")
    }
    assert titles == {
        'a "bar" & <b>: 3 µJ': "g",
        **dict.fromkeys(("first", "second\\x07", "third"), "use"),
        **dict.fromkeys(("one cell", "other cell"), "path"),
    }
    assert not [node for node in root.iter() if "tell" in node.get("id", "")]


def test_marks_stand_where_their_titles_say() -> None:
    uses = [node for node in svg().iter(f"{SVG}use") if node.find(f"{SVG}title") is not None]
    places = [float(node.get("x", "nan")) for node in uses]
    assert places == sorted(places)
    assert len(set(places)) == 3
