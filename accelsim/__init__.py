"""accelsim: a cycle-level simulator of edge accelerators that keep learning."""

__version__ = "0.1.0"
