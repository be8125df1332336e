"""Feedback weights that follow the readout: every change of a readout weight is also one of its feedback weight.

With decay both forget how they differed at first (M. Akrout et al., "Deep learning without weight transport", NeurIPS
2019; J. F. Kolen, J. B. Pollack, ICNN 1994). The source of these functions is compiled into the loop.
"""

from __future__ import annotations

from typing import Any


def followed(w: Any, w_before: Any, feedback: Any, feedback_kept: Any) -> Any:
    """A feedback weight after a change of its readout weight.

    The change -eta g - lambda w of the readout is -eta g - lambda b of the feedback weight b: of their difference
    1 - lambda stays.
    """
    return w + feedback_kept * (feedback - w_before)


def follow(back: Any, out: Any, readout: Any) -> None:
    """Feedback weights follow the readout weights that differ from what they were last."""
    for k in range(back.feedback.shape[0]):
        for j in range(back.feedback.shape[1]):
            if out.w[j, k] != back.w_before[k, j]:
                back.feedback[k, j] = followed(
                    out.w[j, k], back.w_before[k, j], back.feedback[k, j], readout.feedback_kept
                )
                back.w_before[k, j] = out.w[j, k]
