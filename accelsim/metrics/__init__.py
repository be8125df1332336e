"""How well a device learnt: accuracy matrices, the figures of the L2M programme, cost of adapting; and arithmetic."""
