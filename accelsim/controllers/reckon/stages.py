"""Programs of ReckOn's datapath, traced from the functions that the kernels run, and where their operands come by."""

from __future__ import annotations

from accelsim.controllers.reckon import kernels, learning
from accelsim.datapath.probe import Inside, Tap, taps_of
from accelsim.datapath.stages import Program, program_of
from accelsim.neurons import reckon_lif as lif
from accelsim.plasticity import reckon_eprop as rule


def _signed(bits: int) -> tuple[int, int]:
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _unsigned(bits: int) -> tuple[int, int]:
    return 0, (1 << bits) - 1


def stage_programs() -> dict[str, Program]:
    """Program of every stage by name; operand widths are those of the open RTL."""
    thresholds = {f"t{k}": _signed(16) for k in range(4)}
    heights = {f"h{k}": _signed(5) for k in range(5)}
    update = program_of(
        rule.update,
        {
            "weight": _signed(8), "signal": _signed(16), "trace": _unsigned(12), "derivative": _signed(5),
            "push_down": _unsigned(32), "gain": (0, 16), "overflow_quirk": _unsigned(1),
            "rate_left": _unsigned(5), "rate_right": _unsigned(5), "random": _unsigned(32),
        },
    )  # fmt: skip
    return {
        "leak": program_of(
            lif.leak_neuron,
            {
                "u": _signed(16), "ti": _unsigned(12), "tr": _unsigned(12), "to": _unsigned(10),
                "alpha": _unsigned(16), "kappa": _unsigned(8), "threshold": _signed(16),
                "random_u": _unsigned(15), "random_ti": _unsigned(15),
                "random_tr": _unsigned(15), "random_to": _unsigned(7), "stochastic": _unsigned(1),
                "to_zero": _unsigned(1),
            },
        ),
        "leak_output": program_of(
            lif.leak_output,
            {"y": _signed(16), "kappa": _unsigned(8), "random": _unsigned(7), "stochastic": _unsigned(1)},
        ),
        "sweep": program_of(
            lif.sweep_neuron,
            {
                "u": _signed(16), "w_in": _signed(8), "w_rec": _signed(8), "shift_in": _unsigned(3),
                "shift_rec": _unsigned(3), "noise": _signed(16),
            },
        ),
        "accumulate_output": program_of(
            lif.accumulate_output, {"y": _signed(16), "w": _signed(8), "shift": _unsigned(3)}
        ),
        "feed_back": program_of(rule.feed_back, {"total": _signed(28), "error": _signed(16), "weight": _signed(8)}),
        "post_state": program_of(
            rule.post_state,
            {
                "total": _signed(28), "scale": _unsigned(4), "u": _signed(16), **thresholds, **heights,
                "trace": _unsigned(12), "target": _unsigned(12), "shift_left": _unsigned(5),
                "shift_right": _unsigned(5), "shift_multiply": _unsigned(5),
            },
        ),
        "update_input": update,
        "update_recurrent": update,
        "update_output": program_of(
            rule.update_output,
            {
                "weight": _signed(8), "error": _signed(16), "trace": _unsigned(10), "rate_left": _unsigned(5),
                "rate_right": _unsigned(5), "random": _unsigned(28),
            },
        ),
    }  # fmt: skip


def stage_taps() -> dict[str, dict[str, Tap]]:
    """Where the operands of every stage come by: as arguments of the kernels that it consists of."""
    leak_trace, leak_output_trace, decrement = kernels.leak_trace, kernels.leak_output_trace, learning.decrement
    return {
        "leak": {
            **taps_of(kernels.fire),
            **taps_of(kernels.leak_potential, random="random_u"),
            "ti": Tap(leak_trace, "trace", every=2),
            "random_ti": Tap(leak_trace, "random", every=2),
            "tr": Tap(leak_trace, "trace", first=1, every=2),
            "random_tr": Tap(leak_trace, "random", first=1, every=2),
            "to": Tap(leak_output_trace, "trace"),
            "random_to": Tap(leak_output_trace, "random"),
            "kappa": Tap(leak_output_trace, "kappa"),
            "to_zero": Tap(kernels.reset, "to_zero"),
        },
        "leak_output": taps_of(kernels.leak_output),
        "sweep": taps_of(kernels.integrate) | taps_of(kernels.synaptic_input),
        "accumulate_output": taps_of(kernels.accumulate_output),
        "feed_back": taps_of(learning.feed_back),
        "post_state": {
            **taps_of(learning.learning_signal, weighted_error="total"),
            **taps_of(learning.pseudo_derivative),
            **taps_of(learning.excess_rate),
            "shift_left": Tap(decrement, "shift_left", every=2),  # for input, then for recurrent weights
            "shift_right": Tap(decrement, "shift_right", every=2),
            "shift_multiply": Tap(learning.damping, "shift"),
        },
        "update_input": _update(Inside(learning.update_row, "recurrent", False)),
        "update_recurrent": _update(Inside(learning.update_row, "recurrent", True)),
        "update_output": taps_of(learning.output_proposal) | _moves(Inside(learning.learn_output_row)),
    }  # fmt: skip


SPARES = {learning.may_move: ("update_input", "update_recurrent")}
"""Kernels that spare the simulation rows that the chip computes."""

OF_OUTPUTS = ("leak_output", "accumulate_output", "feed_back", "update_output")
"""Stages that run once for each output in a row."""


def _update(inside: Inside) -> dict[str, Tap]:
    return taps_of(learning.propose, inside) | _moves(inside)


def _moves(inside: Inside) -> dict[str, Tap]:
    """Operands of the decision and of the step."""
    rates = {name: Tap(learning.moves, name, inside) for name in ("rate_left", "rate_right", "random")}
    return rates | {"weight": Tap(learning.move, "weight", inside)}
