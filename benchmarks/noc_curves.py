"""Latency-throughput curves against recorded ones: how close, and how long it takes.

    python benchmarks/noc_curves.py [LETTERS]

Measures every curve of `tests/golden/noc` whose router configuration is among LETTERS (default: all that are modelled)
and prints, for each configuration, the share of points within tolerance, the largest difference of a saturation load
and the CPU time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from accelsim.validation.noc_curves import CONFIGURATIONS, compare, read_curves

FOLDER = Path(__file__).parents[1] / "tests" / "golden" / "noc"


def main() -> None:
    """Measure and print."""
    letters = sys.argv[1] if len(sys.argv) > 1 else "".join(CONFIGURATIONS)
    print("configuration  curves  points  agree  saturation differs by [%]: mean, largest   beyond tolerance  CPU [s]")
    for letter in letters:
        curves = [curve for curve in read_curves(FOLDER) if curve.key.config == letter]
        start = time.process_time()
        results = [compare(curve) for curve in curves]
        elapsed = time.process_time() - start
        points = sum(len(curve.points) for curve in curves)
        outside = sum(len(result.outside) for result in results)
        pairs = zip(results, curves, strict=True)
        differences = np.array([result.saturation.load / curve.saturation - 1 for result, curve in pairs]) * 100
        beyond = sum(bool(result.late) for result in results)
        print(
            f"{letter:13}  {len(curves):6}  {points:6}  {(points - outside) / points:5.1%}"
            f"{differences.mean():28.1f}, {differences[np.argmax(abs(differences))]:7.1f}{beyond:19}{elapsed:9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
