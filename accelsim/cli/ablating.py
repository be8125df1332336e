"""What the command `ablate` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim.cli.commands import load_pair, load_plugins
from accelsim.cli.progress import console, counted_progress


def ablate(
    architecture: str,
    workload: str,
    settings: Sequence[str],
    seeds: int,
    out: str | None,
    workers: int,
    plugins: Sequence[str],
    overwrite: bool,
) -> None:
    """Run a workload with each of its capabilities alone and with all, and say what each does and costs."""
    load_plugins(plugins)
    chip, task = load_pair(architecture, workload, settings)

    from accelsim.explore.ablation import ablate as run_all
    from accelsim.explore.ablation import ordered, variants
    from accelsim.formats.atomic import prepare_output_directory
    from accelsim.report.ablation import FILE, Ablation

    chosen = variants(task)
    folder = Path(out) if out else Path("runs") / f"ablate-{chip.name}-{task.name}"
    prepare_output_directory(folder, marker=FILE, overwrite=overwrite or out is None)
    screen = console()
    found = []
    with counted_progress(screen, "runs", len(chosen) * seeds) as tell:
        for one in run_all(chip, task, seeds=range(seeds), workers=workers, plugins=plugins):
            found.append(one)
            tell()
    runs = [(one.variant, one.seed, one.metrics) for one in ordered(found, task)]
    ablation = Ablation.of(chip.name, task.name, {each.name: each.on for each in chosen}, runs)
    ablation.save(folder, overwrite=True)
    screen.print(ablation.table())
    screen.print(f"results in {folder}: ablation.md, ablation.json, ablation.csv")
