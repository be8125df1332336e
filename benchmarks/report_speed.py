"""Time and size of the report of a sweep: 1,000 points of the ReckOn cue task, every figure and the page.

python benchmarks/report_speed.py
"""

import tempfile
import time
from pathlib import Path

from sweep_speed import LARGE

from accelsim.explore import sweep
from accelsim.report import report

GOALS = """\
objectives:
  - {metric: energy_training_uj, direction: min}
  - {metric: latency_training_us, direction: min}
  - {metric: area_mm2, direction: min}
"""


def main() -> None:
    """Print how long the report takes, hot, and how large its page is."""
    with tempfile.TemporaryDirectory() as place:
        path, out = Path(place) / "large.yaml", Path(place) / "study"
        path.write_text(LARGE + GOALS)
        points = len(sweep(path, out, workers=2).rows)
        started, worked = time.perf_counter(), time.process_time()
        written = report(out)
        print(f"{points} points: {time.perf_counter() - started:.1f} s, {time.process_time() - worked:.1f} s of CPU")
        print(f"page {written[-1].stat().st_size / 1e6:.1f} MB, {len(written) - 1} files of figures")


if __name__ == "__main__":
    main()
