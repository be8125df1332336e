"""Operation graphs of ReckOn's datapath, traced from the functions that the kernels run."""

from __future__ import annotations

from accelsim.datapath.trace import trace
from accelsim.neurons import reckon_lif as lif
from accelsim.plasticity import reckon_eprop as rule
from accelsim.technology.operations import OperationGraph


def _signed(bits: int) -> tuple[int, int]:
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _unsigned(bits: int) -> tuple[int, int]:
    return 0, (1 << bits) - 1


def stage_graphs() -> dict[str, OperationGraph]:
    """Graph of every stage by name; operand widths are those of the open RTL."""
    thresholds = {f"t{k}": _signed(16) for k in range(4)}
    heights = {f"h{k}": _signed(5) for k in range(5)}
    update = trace(
        rule.update,
        {
            "weight": _signed(8), "signal": _signed(16), "trace": _unsigned(12), "derivative": _signed(5),
            "push_down": _unsigned(32), "gain": (0, 16), "overflow_quirk": _unsigned(1),
            "rate_left": _unsigned(5), "rate_right": _unsigned(5), "random": _unsigned(32),
        },
    )  # fmt: skip
    return {
        "leak": trace(
            lif.leak_neuron,
            {
                "u": _signed(16), "ti": _unsigned(12), "tr": _unsigned(12), "to": _unsigned(10),
                "alpha": _unsigned(16), "kappa": _unsigned(8), "threshold": _signed(16),
                "random_u": _unsigned(15), "random_ti": _unsigned(15),
                "random_tr": _unsigned(15), "random_to": _unsigned(7), "stochastic": _unsigned(1),
                "to_zero": _unsigned(1),
            },
        ),
        "leak_output": trace(
            lif.leak_output,
            {"y": _signed(16), "kappa": _unsigned(8), "random": _unsigned(7), "stochastic": _unsigned(1)},
        ),
        "sweep": trace(
            lif.sweep_neuron,
            {
                "u": _signed(16), "w_in": _signed(8), "w_rec": _signed(8), "shift_in": _unsigned(3),
                "shift_rec": _unsigned(3), "noise": _signed(16),
            },
        ),
        "accumulate_output": trace(
            lif.accumulate_output, {"y": _signed(16), "w": _signed(8), "shift": _unsigned(3)}
        ),
        "feed_back": trace(rule.feed_back, {"total": _signed(28), "error": _signed(16), "weight": _signed(8)}),
        "post_state": trace(
            rule.post_state,
            {
                "total": _signed(28), "scale": _unsigned(4), "u": _signed(16), **thresholds, **heights,
                "trace": _unsigned(12), "target": _unsigned(12), "shift_left": _unsigned(5),
                "shift_right": _unsigned(5), "shift_multiply": _unsigned(5),
            },
        ),
        "update_input": update,
        "update_recurrent": update,
        "update_output": trace(
            rule.update_output,
            {
                "weight": _signed(8), "error": _signed(16), "trace": _unsigned(10), "rate_left": _unsigned(5),
                "rate_right": _unsigned(5), "random": _unsigned(28),
            },
        ),
    }  # fmt: skip
