"""ODIN: neuron and synapse words, and the sequence in which its controller visits them."""
