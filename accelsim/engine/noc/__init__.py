"""Networks on chip: routers with virtual channels and credits, cycle by cycle, and a shared bus.

The behaviour is that of the input-queued router of BookSim 2 in a deterministic configuration: every flit is stamped
with exact cycles.  `cycle` replays lists of packets, `network` couples sources that are held back by the network with
receivers that take time, `reference` is the same machine as SimPy processes.
"""
