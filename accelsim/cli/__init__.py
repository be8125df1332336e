"""The command line: commands, progress, and nothing else."""

from accelsim.cli.app import main

__all__ = ["main"]
