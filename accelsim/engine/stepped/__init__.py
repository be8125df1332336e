"""Time of chips whose cores advance step by step behind a barrier, from the activity of each step.

Every core works on two pipelines at once: the sender updates its neurons and hands a message to the network for each
spike and destination core, the receiver takes messages in the order of their arrival and serves their synapses.  A
step ends when all cores have finished, then the barrier lets the next one start.

`bound` needs the sums of work only, `ideal` adds the flight of each message, `transaction` links and finite buffers,
`cycle` a network on chip flit by flit.  `reference` is the same as SimPy processes.
"""
