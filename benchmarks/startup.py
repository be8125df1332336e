"""How soon `accelsim --help` answers, as a ratio to what it cannot do without: Python with typer and rich.

    python benchmarks/startup.py [--json FILE]

Processes of both kinds alternate, so that a busy machine slows both; the ratio is that of the medians.
Exit status 1 if it is above the limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

REPEATS = 15
LIMIT = 1.3
COMMANDS = {
    "help": ["-m", "accelsim", "--help"],
    # the modules that printing any help page takes
    "imports": ["-c", "import typer, typer.rich_utils, rich.console, rich.panel, rich.table"],
}


def seconds(words: list[str]) -> float:
    """Wall time of a process from its start to its end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the figures here")
    file = parser.parse_args().json
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for repeat in range(REPEATS + 1):
        for name, words in COMMANDS.items():
            taken = seconds(words)
            if repeat:  # the first may write byte code
                times[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    ratio = medians["help"] / medians["imports"]
    alone = medians["imports"]
    print(f"--help {medians['help']:.3f} s, imports alone {alone:.3f} s, ratio {ratio:.2f} (limit {LIMIT})")
    if file is not None:
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"ratio": ratio, "limit": LIMIT, "median_s": medians}, out, indent=1)
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
