"""The command `noc`: latency against load of a network on chip."""

import csv
import json

import pytest

SMALL = ("--width", "3", "--height", "2", "--warmup", "100", "--measure", "500", "--drain", "500")


def test_files_and_table(command, here, content):
    answer = command("noc", *SMALL, "--loads", "0.05:0.15:0.05", "--seed", "3", "--out", "curve")
    assert (answer.status, answer.err) == (0, "")
    assert "router: 3 x 2 mesh, 1 x 8 flits of buffer, uniform, packets of 1" in answer.out
    assert "saturates at 0." in answer.out
    figures = {"figures", "figures/latency.svg", "figures/latency.png", "figures/latency.pdf"}
    assert content(here / "curve") == {"noc.json", "curve.csv"} | figures
    data = json.loads((here / "curve" / "noc.json").read_text())
    assert data["zero_load_latency_cycles"] == pytest.approx(14, abs=2)
    with (here / "curve" / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    grid = [row for row in rows if row["kind"] == "grid"]
    assert [float(row["offered_flits_per_cycle"]) for row in grid] == [0.05, 0.1, 0.15]
    assert len(rows) == len(data["points"])
    first = (here / "curve" / "figures" / "latency.svg").read_bytes()
    assert command("report", "curve").status == 0
    assert (here / "curve" / "figures" / "latency.svg").read_bytes() == first


def test_same_seed_same_file(command, here):
    for name in ("first", "second"):
        assert command("noc", *SMALL, "--loads", "0.1", "--out", name).status == 0
    assert (here / "first" / "curve.csv").read_bytes() == (here / "second" / "curve.csv").read_bytes()
    assert command("noc", *SMALL, "--loads", "0.1", "--out", "first").err == (
        "first  holds earlier results, which would be overwritten\n"
    )


def test_network_of_an_architecture(command, here):
    (here / "mine.yaml").write_text(
        "architecture: mine\ninterconnect: {topology: torus, width: 2, height: 2, router: {virtual_channels: 2}}\n"
    )
    answer = command("noc", "mine.yaml", *SMALL[4:], "--loads", "0.1", "--set", "interconnect.router.buffer_flits=3")
    assert (answer.status, answer.err) == (0, "")
    assert "mine: 2 x 2 torus, 2 x 3 flits of buffer" in answer.out
    assert (here / "runs" / "mine-uniform" / "noc.json").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pattern", "transpoze"), "--pattern: `transpoze` is no pattern (did you mean `transpose`?)"),
        (("--pattern", "transpose"), "--pattern: `transpose` needs a square network, not 3 x 2 routers"),
        (
            ("--loads", "much"),
            "--loads: 'much' is no list of loads; write it as 0.1,0.2,0.3 or FROM:TO:STEP, e.g. 0.05:0.4:0.05",
        ),
        (("--loads", "0.1,1.5"), "--loads: 1.5 is not above 0 and at most 1 flit per terminal and cycle"),
        (("--loads", "0.1:0.9:1e-9"), "--loads: more than 200 loads"),
        (("--loads", "nan"), "--loads: nan is not above 0 and at most 1 flit per terminal and cycle"),
        (
            ("--set", "interconnect.router.buffer_flitz=3"),
            "--set interconnect.router.buffer_flitz=3  interconnect.router has no `buffer_flitz` "
            "(did you mean `buffer_flits`?)",
        ),
        (
            ("--topology", "torus"),
            "interconnect.router.virtual_channels: a torus needs 2 virtual channels or more, or it deadlocks",
        ),
    ],
)
def test_mistakes_are_one_message(command, here, words, message):
    answer = command("noc", *SMALL, *words)
    assert (answer.status, answer.out, answer.err) == (2, "", f"{message}\n")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--width", "0"), "--width 0  interconnect.width: 0 is not > 0"),
        (
            ("--topology", "ring"),
            "--topology ring  interconnect.topology: 'ring' is not one of direct, mesh, torus, bus",
        ),
        (("--topology", "bus"), "interconnect.topology: `bus` is no network of routers; expected mesh or torus"),
        (("--width", "1000", "--height", "1000"), "--measure: 9000 cycles of 1000000 terminals are too many"),
        (("--measure", "5"), "--measure: 5 cycles are too few for 10 parts"),
        (("--size", "0"), "--size"),
        ((*SMALL, "--size", "4000"), "measure: no packet is created at load 0.01"),
        (("--warmup", "100", "--measure", "500", "--drain", "0"), "drain: packets do not arrive in time at load 0.01"),
        (("reckon",), "interconnect: missing; it has no network to measure"),
    ],
)
def test_other_mistakes(command, here, words, part):
    answer = command("noc", *words)
    assert (answer.status, answer.out) == (2, "")
    assert part in answer.err
    assert "Traceback" not in answer.err
    assert [path for path in here.rglob("*") if path.is_file()] == []


def test_damaged_results(command, here):
    assert command("noc", *SMALL, "--loads", "0.1", "--out", "curve").status == 0
    path = here / "curve" / "noc.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in whole.items() if key != "points"}))
    answer = command("report", "curve")
    assert (answer.status, answer.err) == (2, "curve/noc.json  is damaged: `points` is missing\n")
