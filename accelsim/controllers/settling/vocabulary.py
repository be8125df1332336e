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
)  # fmt: skip
COUNTS = ("deliveries", "iterations")
VOCABULARY = Vocabulary(CONDITIONS, {}, COUNTS)
