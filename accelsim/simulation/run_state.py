"""Everything that a run is between two chunks of its stream, as data."""

from __future__ import annotations

from typing import Any

from accelsim.datapath.probe import arrays_of
from accelsim.simulation.event_run import EventRun
from accelsim.simulation.mesh_run import MeshRun
from accelsim.simulation.overload import Overload
from accelsim.simulation.recording import Recording
from accelsim.simulation.session import Session
from accelsim.simulation.setup import Setup
from accelsim.simulation.tick_run import TickRun


class RunState:
    """The parts of a run that change: its core, its session, what is recorded, what is counted of a mesh, how late
    it is."""

    def __init__(
        self,
        setup: Setup,
        session: Session,
        recording: Recording,
        runner: EventRun | TickRun,
        overload: Overload | None,
    ) -> None:
        self.setup = setup
        self.session = session
        self.recording = recording
        self.mesh = runner.totals if isinstance(runner, MeshRun) else None
        self.overload = overload

    def taken(self) -> dict[str, Any]:
        """As they are now; nothing is copied."""
        mesh = {} if self.mesh is None else {name: value for name, value in vars(self.mesh).items() if name != "plan"}
        return {
            "core": list(arrays_of(self.setup.controller.state)),
            "session": self.session.state(),
            "recording": self.recording.state(),
            "mesh": mesh,
            "overload": None if self.overload is None else self.overload.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Put them back."""
        for array, kept in zip(arrays_of(self.setup.controller.state), state["core"], strict=True):
            array[...] = kept
        self.session.restore(state["session"])
        vars(self.recording).update(state["recording"])
        if self.mesh is not None:
            vars(self.mesh).update(state["mesh"])
        if self.overload is not None:
            self.overload.restore(state["overload"])
