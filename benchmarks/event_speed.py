"""Simulated cycles per CPU second of event-driven cores, everything recorded.

    python benchmarks/event_speed.py [SECONDS]

Replays the closed-loop network of `tests/golden/odin/o12_ei_network.npz` until SECONDS of CPU time (default 10) have
gone by.  Reference points measured elsewhere: Verilator on the RTL 0.4 million cycles per CPU second, a prototype in
numba 396 million with everything recorded and 970 million with counters only.
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

    def once() -> float:
        state = family.state(events, arrays, config, 256)
        engine = EventDrivenEngine(architecture.core, table, family.chip, state, tuple(map(int, arrays["handshake"])))
        began = time.process_time()
        engine.run(stimulus, horizon, rows=horizon // 4)
        return time.process_time() - began

    once()
    spent = []
    while sum(spent) < seconds:
        spent.append(once())
    rates = horizon / np.array(spent) / 1e6
    print(
        f"event loop, iteration by iteration, recorded: median {np.median(rates):.1f}, best {rates.max():.1f} Mcycle/s"
    )


if __name__ == "__main__":
    main()
