"""Process nodes, memory technologies and the energy, area and delay of logic and SRAM. Knows no chip."""
