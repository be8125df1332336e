"""Sequencing of a core's function: one controller a file or folder, found by name."""
