"""What connects cores, as a user writes it."""

from __future__ import annotations

import pytest

from accelsim.architecture.interconnect import Interconnect
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.engine.noc.config import NocConfig, noc_config


@pytest.fixture
def parse(tmp_path):
    def read(text: str) -> Interconnect:
        path = tmp_path / "net.yaml"
        path.write_text(text)
        document: Document = load_document(path, "topology")
        return validate(document, Interconnect)

    return read


def test_a_mesh(parse):
    net = parse("topology: mesh\nwidth: 8\nheight: 4\ncores_per_router: 4\norder: column\nrouter: {buffer_flits: 16}\n")
    assert net.places == 128
    assert noc_config(net) == NocConfig(8, 4, terminals=4, buffer=16, order="column")


def test_every_parameter_arrives(parse):
    net = parse(
        "topology: torus\nwidth: 3\nheight: 5\nnetworks: 2\nrouter: {virtual_channels: 4, buffer_flits: 6, "
        "receive_flits: 9, routing_cycles: 3, crossbar_cycles: 2, credit_cycles: 5, link_cycles: 7, "
        "link_cycles_y: 11, pipelined: false}\n"
    )
    expected = NocConfig(3, 5, True, 1, 4, 6, 3, 2, 7, 11, 5, 9, pipelined=False, networks=2)
    assert noc_config(net) == expected


def test_a_preset_fills_what_is_left_out(parse):
    net = parse("topology: mesh\nwidth: 2\nheight: 2\nrouter: {preset: spike}\n")
    assert noc_config(net) == NocConfig(2, 2, routing=0, crossbar=0, single_cycle=True)
    net = parse("topology: mesh\nwidth: 2\nheight: 2\nrouter: {preset: spike, crossbar_cycles: 1}\n")
    assert noc_config(net).crossbar == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("topology: mesh\n", ["width: missing; a mesh needs", "height: missing; a mesh needs"]),
        ("topology: direct\n", ["links: missing; direct links have to be listed"]),
        ("topology: bus\nlinks: [{from: 0, to: 1}]\n", ["links: only direct links are listed, not those of a bus"]),
        ("topology: torus\nwidth: 2\nheight: 2\n", ["router.virtual_channels: a torus needs 2 virtual channels"]),
        ("topology: mesh\nwidth: 2\nheight: 2\ncores_per_router: 12\nrouter: {virtual_channels: 4}\n",
         ["router.virtual_channels: 16 ports of so many channels are more than 62 inputs"]),
        ("topology: mesh\nwidth: 2\nheight: 2\nrouter: {crossbar_cycles: 0}\n",
         ["router.crossbar_cycles: 0 is for a router with `single_cycle`"]),
        ("topology: mesh\nwidth: 2\nheight: 2\nrouter: {buffers: 0}\n", ["router.buffers: unknown key"]),
        ("topology: ring\n", ["topology: "]),
    ],
)  # fmt: skip
def test_mistakes_are_told(parse, text, told):
    with pytest.raises(ConfigError) as error:
        parse(text)
    lines = str(error.value).splitlines()
    assert len(lines) == len(told)
    for words in told:
        assert any(words in line for line in lines), lines
