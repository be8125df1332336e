"""What the activity of a settling core tells. A time step is a sample: the phases nest its settling iterations."""

from __future__ import annotations

from accelsim.controllers.vocabulary import Vocabulary

CONDITIONS = (
    "learning",  # the sample is learnt from
    "settling",  # and activities settle first
    "sequential", "simultaneous",  # layers settle one after the other from the output down, or all at once
    "backward",  # errors are passed back once instead
    "shared_array", "array_per_layer",  # whether layers can work at the same time
    "transposed_copy", "transposed_slow",  # how transposed weights are read, if not like others
    "softmax",
    "blended",  # the rule computes how far the output is pulled to its target
    "senses",  # the rule has reductions over presynaptic neurons
    "batched",  # gradients are added up
    "update",  # weights change: the batch is complete
    "consolidated",  # a consolidation works on top of the rule
    "periodic",  # this is the K-th change of a consolidation that asks for it
    "closes_sample", "closes_task",  # synapses have stages at the end of this sample, or task
    "learn_reads", "learn_writes",  # whether weights are accessed when a sample is learnt from
    "learn_reads_traces", "learn_writes_traces",  # and words that a consolidation keeps per synapse
    "end_reads", "end_writes", "end_reads_traces", "end_writes_traces",  # the same at a task boundary
)  # fmt: skip
COUNTS = ("deliveries", "iterations")
VOCABULARY = Vocabulary(CONDITIONS, {}, COUNTS)
