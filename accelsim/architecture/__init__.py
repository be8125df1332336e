"""What a chip is made of, as its YAML describes it: memories, units, index sets and phase tables."""
