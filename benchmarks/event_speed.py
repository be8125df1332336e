"""Simulated cycles per CPU second of event-driven cores.

    python benchmarks/event_speed.py [SECONDS]

Replays the closed-loop network of `tests/golden/odin/o12_ei_network.npz` until SECONDS of CPU time (default 10) have
gone by, in each mode of the event loop, then lets it idle.  Reference points measured elsewhere: Verilator on the RTL
0.4 million cycles per CPU second, a prototype in numba 396 million with everything recorded and 970 million with
counters only.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from accelsim.architecture.schema import Architecture
from accelsim.config.loader import load_document
from accelsim.config.model import validate
from accelsim.controllers.odin import events
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.event_driven import EventDrivenEngine, phase_table
from accelsim.engine.program import lower
from accelsim.mapping.placement import place
from accelsim.validation.odin_rtl import FAMILIES

CASE = Path(__file__).parents[1] / "tests" / "golden" / "odin" / "o12_ei_network.npz"
MODES = {
    "sweeps, recorded": (True, True),
    "sweeps, counters only": (False, True),
    "iteration by iteration, recorded": (True, False),
    "iteration by iteration, counters only": (False, False),
}
"""Whether the loop records and sweeps."""
IDLE = 10**9


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    document = load_document("odin", "architecture")
    architecture = validate(document, Architecture)
    placement = place(architecture, {"recurrent": 256}, document)
    table = phase_table(lower(architecture, placement, Vocabulary((), {}, ()), document), events.PHASES)
    with np.load(CASE) as held:
        arrays = dict(held)
    config = json.loads(str(arrays["config_json"]))
    stimulus = np.stack([arrays["stim_t"], arrays["stim_addr"]], axis=1).astype(np.int64)
    horizon = int(arrays["total_cycles"])
    family = FAMILIES["odin-rtl"]

    def once(recorded: bool, sweeps: bool, apart: int = 0) -> float:
        state = family.state(architecture.core, arrays, config, 256)
        handshake = tuple(map(int, arrays["handshake"]))
        engine = EventDrivenEngine(architecture.core, table, family.chip, state, handshake, recorded, sweeps)
        spread = stimulus + np.stack([np.arange(len(stimulus)) * apart, np.zeros(len(stimulus), int)], axis=1)
        end = horizon + apart * len(stimulus)
        began = time.process_time()
        if recorded:
            engine.run(spread, end, rows=horizon // 4)
        else:
            engine.advance(spread, end)
        return time.process_time() - began

    for name, (recorded, sweeps) in MODES.items():
        once(recorded, sweeps)
        spent = []
        while sum(spent) < seconds:
            spent.append(once(recorded, sweeps))
        rates = horizon / np.array(spent) / 1e6
        print(f"{name}: median {np.median(rates):.1f}, best {rates.max():.1f} Mcycle/s")
    config["open_loop"] = 1
    spent = [once(False, True, apart=IDLE) for _ in range(20)]
    print(f"{len(stimulus)} events, {IDLE:.0e} idle cycles before each: {min(spent) * 1e3:.2f} ms in all")


if __name__ == "__main__":
    main()
