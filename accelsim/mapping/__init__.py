"""Where the network lives on the chip: sizes of index sets, words of memories, what does not fit."""
