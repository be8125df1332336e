"""ReckOn: registers, state, and the sequence in which its controllers visit neurons and synapses."""
