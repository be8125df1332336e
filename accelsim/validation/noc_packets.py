"""Golden cases of kind `noc-packets`: packet lists through a network, every time stamp compared.

A case is an ``.npz`` file with one row per packet; its `config` says which network it was recorded on.
"""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from accelsim.config.errors import ConfigError, Problem
from accelsim.config.model import Model
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.packets import Delivered, Packets
from accelsim.formats.npz import ArraySpec, read_arrays
from accelsim.validation import noc_curves
from accelsim.validation.runner import CaseReport, Folder, Replay, equal

STIMULUS = ("src", "dst", "size", "t_create")
RESULTS = ("t_inject", "t_head", "t_tail", "routers")
REFERENCE_PACKETS = 2000
"""Longest list that the SimPy engine replays: beyond it, a case takes minutes."""

Count = Annotated[int, Field(ge=0)]


class Recording(Model):
    """The network of a recording; symbols as in BookSim-like presets."""

    model_config = Model.model_config | {"extra": "ignore"}

    topology: Literal["mesh", "torus"]
    k: Annotated[int, Field(gt=0)] | None = None
    """Routers along both dimensions, or `width` and `height`."""
    width: Annotated[int, Field(gt=0)] | None = None
    height: Annotated[int, Field(gt=0)] | None = None
    terminals: Annotated[int, Field(gt=0)] = 1
    V: Annotated[int, Field(gt=0)]
    B: Annotated[int, Field(gt=0)]
    R: Count
    X: Annotated[int, Field(gt=0)]
    C: Count
    L: Count
    VA: Literal[1] = 1
    SA: Annotated[int, Field(gt=0)] = 1
    pipelined: bool = False
    """Whether stages of two cycles and more are pipelined: not in BookSim 2."""

    def network(self) -> NocConfig:
        """The network's parameters."""
        width, height = self.width or self.k, self.height or self.k
        if width is None or height is None:
            raise ConfigError(Problem(path="k", message="missing; give `k`, or `width` and `height`"))
        return NocConfig(
            width, height, self.topology == "torus", self.terminals, vcs=self.V, buffer=self.B, routing=self.R,
            crossbar=self.X, link_x=self.L, link_y=self.L, credit=self.C, pipelined=self.pipelined,
            allocation=self.SA,
        )  # fmt: skip


def cases(folder: Folder) -> list[Replay]:
    """The packet lists that the folder's index names, and its latency-throughput curves."""
    lists = [Replay(name, partial(_run, name, folder.path / f"{name}.npz")) for name in _names(folder)]
    return lists + noc_curves.cases(folder)


def _names(folder: Folder) -> list[str]:
    if folder.golden.index is None:
        raise ConfigError(Problem(str(folder.path / "golden.yaml"), path="index", message="missing; names the list"))
    path = folder.path / folder.golden.index
    try:
        with path.open(encoding="utf-8", newline="") as file:
            names = [row.get("name") or "" for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(Problem(str(path), message=f"cannot be read: {reason.lower()}")) from None
    if not names:
        raise ConfigError(Problem(str(path), message="lists no case"))
    problems = [
        Problem(str(path), row, 1, path="name", message=f"`{name}` is no file name")
        for row, name in enumerate(names, 2)
        if not name or Path(name).name != name
    ]
    if problems:
        raise ConfigError(problems)
    return names


def _run(name: str, path: Path, engine: str) -> CaseReport:
    try:
        config, packets, arrays = recorded(path)
        if engine == "simpy" and len(packets) > REFERENCE_PACKETS:
            return CaseReport(name, engine, (), skipped=f"more than {REFERENCE_PACKETS} packets: compiled engine only")
        found = _replay(config, packets, engine)
    except ConfigError as error:
        return CaseReport(name, engine, (), error=str(error))
    checks = tuple(equal(array, getattr(found, array), arrays[array]) for array in RESULTS)
    return CaseReport(name, engine, checks, (f"{found.flit_hops} flit-hops",))


def recorded(path: Path) -> tuple[NocConfig, Packets, dict[str, Any]]:
    """The network and packets of a recording, and all its arrays.

    Raises
    ------
    ConfigError
        If the file is no recording.
    """
    config = _network(path)
    arrays = read_arrays(path, [ArraySpec(array, "int", ("packets",)) for array in (*STIMULUS, *RESULTS)])
    return config, Packets.of(*(arrays[array] for array in STIMULUS)), arrays


def _replay(config: NocConfig, packets: Packets, engine: str) -> Delivered:
    if engine == "simpy":
        from accelsim.engine.noc.reference import replay
    else:
        from accelsim.engine.noc.cycle import replay
    return replay(config, packets)


def _network(path: Path) -> NocConfig:
    """The network that a recording's `config` describes."""
    try:
        with np.load(path, allow_pickle=False) as held:
            data: Any = json.loads(str(held["config"]))
        recording = Recording.model_validate_json(json.dumps(data))
    except ValidationError as error:
        problems = [
            Problem(str(path), path=".".join(("config", *map(str, item["loc"]))), message=item["msg"].lower())
            for item in error.errors()
        ]
        raise ConfigError(problems) from None
    except KeyError:
        raise ConfigError(Problem(str(path), path="config", message="missing")) from None
    except Exception as error:  # numpy and zipfile raise what they like for a damaged file
        raise ConfigError(Problem(str(path), path="config", message=f"cannot be read: {error}")) from None
    try:
        return recording.network()
    except ConfigError as error:
        problems = [Problem(str(path), path=f"config.{p.path}", message=p.message) for p in error.problems]
        raise ConfigError(problems) from None
