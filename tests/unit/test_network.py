from __future__ import annotations

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.controllers.stepped.network import NetworkData
from accelsim.workload.network import read_mapping, read_network


def arrays():
    return {
        "src": np.array([0, 2, 1], np.int32),
        "dst": np.array([1, 0, 2], np.int32),
        "w": np.array([3, -1, 2], np.int16),
        "delay": np.array([0, 5, 1], np.int8),
        "threshold": np.array([1.0, 2.0, 3.0], np.float32),
        "reset_mode": np.array(["hard", "soft", "none"]),
        "is_input": np.array([False, False, True]),
        "raster": np.array([[1], [0]], np.uint8),
        "core": np.array([0, 4, 4], np.int16),
        "core_send_order": np.array([4, 0], np.int16),
    }


def saved(folder, **changes):
    held = {name: x for name, x in (arrays() | changes).items() if x is not None}
    path = folder / "net.npz"
    np.savez(path, **held)
    return path


def test_edge_list(tmp_path):
    network = read_network(saved(tmp_path), "lif")
    assert (network.n, network.synapses) == (3, 3)
    assert network.src.tolist() == [0, 2, 1]
    assert network.weight.tolist() == [3, -1, 2]
    assert network.delay.tolist() == [0, 5, 1]
    assert network.inputs.tolist() == [2]
    assert network.parameters.keys() == {"threshold", "reset_mode"}
    assert [x.tolist() for x in read_mapping(tmp_path / "net.npz", 3, 5)] == [[0, 4, 4], [4, 0]]


def test_rows(tmp_path):
    path = saved(tmp_path, src=None, row_start=np.array([0, 1, 1, 3]))
    assert read_network(path, "lif").src.tolist() == [0, 2, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dst": np.array([1, 3, 2])}, "dst[1]: 3 is not a neuron of 0 to 2"),
        ({"src": np.array([0, 1, -1])}, "src[2]: -1 is not >= 0"),
        ({"w": np.array([1.0, np.nan, 0.0])}, "w[1]: nan is not a finite number"),
        ({"w": np.array([1, 2])}, "w: has 2 entries along axis 0 (synapses), but `src` has 3"),
        ({"delay": np.array([0, 64, 0])}, "delay[1]: 64 is not <= 63"),
        ({"threshold": None}, "threshold: missing"),
        ({"threshold": np.array(["a", "b", "c"])}, "threshold: holds <U1; expected numbers"),
        ({"reset_mode": np.array([0, 1, 2])}, "reset_mode: holds int64; expected texts"),
        ({"reset_mode": np.array(["hard", "soft", "zero"])}, "reset_mode: 'zero' is none of hard, soft, none"),
        ({"refractory": np.array([1, 2])}, "refractory: has 2 entries along axis 0 (neurons), but `is_input` has 3"),
        ({"refractory": np.array([1, 2, -1])}, "refractory: expected a number of steps >= 0"),
        ({"raster": None}, "raster: missing, but there are 1 inputs"),
        ({"raster": np.zeros((2, 2), np.uint8)}, "raster: has shape (2, 2); expected (steps, 1)"),
        ({"raster": np.array([[2]], np.uint8)}, "raster[0, 0]: 2 is not <= 1"),
        ({"src": None}, "src: missing; give `src` or `row_start`"),
        ({"row_start": np.array([0, 1, 1, 3])}, "src: give `src` or `row_start`, not both"),
        ({"src": None, "row_start": np.array([0, 3])}, "row_start: has 2 entries; expected 4 for 3 neurons"),
        ({"src": None, "row_start": np.array([0, 2, 1, 3])}, "row_start: does not ascend from 0 to the 3 synapses"),
        ({"dst": np.array([None, 1, 2])}, "dst: holds Python objects; expected numbers"),
    ],
)
def test_wrong_files(tmp_path, changes, message):
    path = saved(tmp_path, **changes)
    with pytest.raises(ConfigError) as caught:
        read_network(path, "lif")
    assert f"{path}  {message}" in str(caught.value)


def test_wrong_mapping(tmp_path):
    with pytest.raises(ConfigError, match=r"core\[1\]: 4 is not <= 3"):
        read_mapping(saved(tmp_path), 3, 4)
    with pytest.raises(ConfigError, match="core: has shape"):
        read_mapping(saved(tmp_path), 4, 5)


def test_no_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_network(tmp_path / "none.npz", "lif")


def test_data_that_contradict_each_other():
    ids = np.array([0, 1])
    with pytest.raises(ConfigError) as caught:
        NetworkData(2, ids, ids[:1], np.array([1.0, np.inf]), parameters={"threshold": np.ones(3)})
    assert str(caught.value).splitlines() == [
        "dst: has shape (1,), but `src` has (2,)",
        "threshold: has shape (3,); expected one value or one for each of 2 neurons",
        "weight[1]: inf is not a finite number",
    ]
