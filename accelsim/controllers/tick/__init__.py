"""The general tick-driven core: any neuron model and any plasticity rule, one time step after the other."""
