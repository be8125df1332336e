"""Function of barrier-synchronised chips: neurons of all cores are updated, then their spikes delivered."""
