"""Cells of synaptic memories that do not hold exactly what the core writes to them."""
