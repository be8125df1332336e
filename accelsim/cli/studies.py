"""What the commands `sweep`, `export` and `cache` do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim.cli.commands import SHOWN_FAILURES, load_plugins, usage
from accelsim.cli.progress import console, sweep_progress
from accelsim.config.errors import choose_from
from accelsim.config.loader import load_document

ACTIONS = ("show", "clear")


def sweep(
    study: str,
    out: str | None,
    workers: int,
    resume: bool,
    settings: Sequence[str],
    plugins: Sequence[str],
    scheduler: str | None,
    slurm: bool,
) -> None:
    """Run a design space, save and draw it."""
    if scheduler is not None and slurm:
        raise usage("--slurm", "goes without --scheduler: points run in one place")
    load_plugins(plugins)
    document = load_document(study, "sweep", overrides=settings)

    from accelsim.explore import sweep as explore
    from accelsim.report import report as draw

    folder = Path(out) if out else Path("runs") / document.name
    screen = console()
    with sweep_progress(screen) as progress:
        outcome = explore(
            document,
            folder,
            workers=workers,
            resume=resume,
            progress=progress,
            plugins=tuple(plugins),
            scheduler=scheduler,
            slurm=slurm,
        )
    draw(folder)
    for note in outcome.notes:
        screen.print(f"note: {note}")
    failed = [row for row in outcome.rows if row["status"] == "failed"]
    for row in failed[:SHOWN_FAILURES]:
        screen.print(f"failed: point {row['id']}: {row['message']}")
    infeasible = sum(row["status"] == "infeasible" for row in outcome.rows)
    of_them = f", {infeasible} of them infeasible" if infeasible else ""
    screen.print(f"{len(outcome.rows) - len(failed)} points done{of_them}, {len(failed)} failed")
    screen.print(f"results in {folder}: report.html, points.csv, study.sqlite, figures/")


def export(study: str, kind: str, out: str | None) -> None:
    """Write the points of a sweep in another format."""
    from accelsim.explore.load import FORMATS, export_study

    if kind not in FORMATS:
        raise usage("--format", f"`{kind}` is no format{choose_from(kind, FORMATS)}")
    folder = Path(study) if Path(study).is_dir() else Path(study).parent
    to = Path(out) if out else folder / f"export.{kind}"
    rows = export_study(study, to, kind)
    console().print(f"{rows} points in {to}")


def cache(action: str) -> None:
    """Show how much the stage cache keeps, or clear it."""
    from accelsim.explore.cache import StageCache

    if action not in ACTIONS:
        raise usage("cache", f"`{action}` is nothing to do with it{choose_from(action, ACTIONS)}")
    kept = StageCache()
    screen = console()
    if action == "clear":
        screen.print(f"{kept.clear()} entries removed from {kept.folder}")
        return
    for each in kept.usage():
        screen.print(f"{each.stage:<10}{each.entries:>8} entries {each.size_bytes / 1e6:>10.1f} MB")
    screen.print(f"in {kept.folder}")
