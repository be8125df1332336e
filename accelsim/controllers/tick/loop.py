"""The time steps of a tick-driven core, as one compiled loop.

The source of these functions is compiled together with the kernels of a neuron model and a rule, which take the
place of the empty ones below (see :mod:`accelsim.controllers.tick.module`).
"""

from __future__ import annotations

from typing import Any

VISITED, READ, WRITTEN, TRACE_READ, TRACE_WRITTEN = (1 << bit for bit in range(5))
"""What happens to a row of synapses: its weights are read or written, its other words are."""
INPUT_EVENT, SPIKE, FIRED = (1 << bit for bit in range(3))
"""Bits of a recorded event: an input spikes, a neuron's last spike arrives, a neuron spikes."""
PER_MATRIX = ("visited", "read", "row", "trace_read", "trace_row", "changed", "updates")
"""What is counted of each matrix in a time step: rows, changed words, changed weights."""
PER_TICK = ("input_event", "spike", "event", "fired")
"""What is counted of the neurons in a time step; these columns follow those of the three matrices."""


def nothing(state: Any, parameters: Any) -> None:
    """A map over neurons that does nothing."""
    return


def no_row(i: int, state: Any, parameters: Any) -> None:
    """A row of synapses to which nothing happens."""
    return


def no_visit(situation: int, i: int, state: Any, parameters: Any) -> int:
    """A rule without stages per synapse; the result counts changed weights."""
    return 0


integrate = accumulate_output = feed_back = no_row
soma = present_surrogate = present_potential = leak_output = output_error = narrow_signal = nothing
step_presynaptic = step_postsynaptic = learn_presynaptic = learn_postsynaptic = nothing
output_step_presynaptic = output_step_postsynaptic = output_learn_presynaptic = output_learn_postsynaptic = nothing
clear_neurons = clear = clear_output = nothing
visit = visit_output = no_visit


def learn_rows(
    matrix: Any,
    parameters: Any,
    situations: Any,
    occasion: int,
    no_self: bool,
    width: int,
    lanes: int,
    tally: Any,
    rows: Any,
    changed: Any,
) -> None:
    """Visit the rows of input or recurrent synapses to which something happens in this time step.

    ``situations[occasion + spiking]`` tells what happens to a row; a memory word holds `width` of the `lanes`
    weights of a block. ``tally`` counts by `PER_MATRIX`; ``rows`` (1, rows) and ``changed``
    (1, rows, words) take marks unless empty.
    """
    posts = matrix.w.shape[1]
    for i in range(matrix.w.shape[0]):
        situation = occasion + (matrix.pre_spike[i] != 0)
        what = situations[situation]
        if what == 0:
            continue
        if what & WRITTEN:
            for j in range(posts):
                matrix.before[j] = matrix.w[i, j]
        updates = visit(situation, i, matrix, parameters)
        if no_self and matrix.w[i, i] != 0:
            matrix.w[i, i] = 0
            updates -= 1
        for bit in range(5):
            tally[bit] += (what >> bit) & 1
        tally[6] += updates
        if rows.shape[0]:
            rows[0, i] = what
        if updates:
            word = 0
            for block in range(0, posts, lanes):
                for start in range(block, block + lanes, width):
                    differs = 0
                    for j in range(start, min(start + width, block + lanes, posts)):
                        differs |= matrix.w[i, j] != matrix.before[j]
                    tally[5] += differs
                    if changed.shape[0]:
                        changed[0, i, word] = differs
                    word += 1


learn_output_rows = learn_rows
"""The same for output synapses; compiled with their rule's kernels."""


def run_ticks(
    neurons: Any,
    inp: Any,
    rec: Any,
    out: Any,
    back: Any,
    registers: Any,
    core: Any,
    stimulus: Any,
    tallies: Any,
    score: Any,
    answers: Any,
    record: Any,
) -> None:
    """Process time steps.

    Parameters
    ----------
    neurons, inp, rec, out, back : namedtuples of arrays
        Recurrent neurons; input, recurrent and output synapses with what their rules see; feedback weights.
    registers : four namedtuples of numbers
        Of the neuron model, the rule, the output rule and the readout.
    core : namedtuple
        Tables and sizes.
    stimulus : namedtuple of arrays
        One entry per time step.
    tallies : (time steps, 25) int64
    score : (outputs,) float64
        Sum of the outputs that count towards the answer.
    answers : (samples,) int32
    record : namedtuple of arrays
        Marks of the time steps from ``record.first`` on.
    """
    soma_registers, rule, output_rule, readout = registers
    matrices = (inp, rec)
    inputs, size, outputs = inp.w.shape[0], rec.w.shape[0], out.w.shape[1]
    asked = 0
    for t in range(tallies.shape[0]):
        tally = tallies[t]
        kept = t - record.first
        recorded = 0 <= kept < record.events.shape[0]
        at = kept if recorded else record.events.shape[0]  # an empty slice if not
        events = record.events[at : at + 1]
        inp.pre_spike[:] = 0
        for e in range(stimulus.event_start[t], stimulus.event_start[t + 1]):
            inp.pre_spike[stimulus.event_address[e]] = 1
        neurons.current[:] = 0
        for i in range(max(inputs, size)):
            seen = 0
            if i < inputs and inp.pre_spike[i] != 0:
                integrate(i, inp, readout)
                tally[21] += 1
                seen |= INPUT_EVENT
            if i < size:
                rec.pre_spike[i] = neurons.spike[i]
                if neurons.spike[i]:
                    integrate(i, rec, readout)
                    tally[22] += 1
                    seen |= SPIKE
            tally[23] += seen != 0
            if recorded:
                events[0, i] = seen
        soma(neurons, soma_registers)
        present_surrogate(inp, readout)
        present_potential(inp, readout)
        leak_output(out, readout)
        for j in range(size):
            inp.post_spike[j] = neurons.spike[j]
            out.pre_spike[j] = neurons.spike[j]
            if neurons.spike[j]:
                accumulate_output(j, out, readout)
                tally[24] += 1
                if recorded:
                    events[0, j] |= FIRED
        if stimulus.infer[t]:
            asked += 1
            for k in range(outputs):
                score[k] += out.total[k]

        if stimulus.training[t]:
            for m in range(2):
                step_presynaptic(matrices[m], rule)
            step_postsynaptic(inp, rule)
            output_step_presynaptic(out, output_rule)
            output_step_postsynaptic(out, output_rule)
        if stimulus.target[t]:
            for k in range(outputs):
                out.target[k] = stimulus.targets[t, k]
            output_error(out, readout)
            back.signal_sum[:] = 0
            for k in range(outputs):
                feed_back(k, back, readout)
            narrow_signal(back, readout)
            for m in range(2):
                learn_presynaptic(matrices[m], rule)
            learn_postsynaptic(inp, rule)
            output_learn_presynaptic(out, output_rule)
            output_learn_postsynaptic(out, output_rule)
        if stimulus.learning[t]:
            for m in range(2):
                learn_rows(
                    matrices[m], rule, core.situations, stimulus.occasion[t], m == 1, core.width, core.lanes,
                    tally[7 * m : 7 * m + 7], record.rows[m][at : at + 1], record.changed[m][at : at + 1],
                )  # fmt: skip
            learn_output_rows(
                out, output_rule, core.output_situations, stimulus.output_occasion[t], False,
                core.output_width, core.output_width * core.output_words, tally[14:21],
                record.rows[2][at : at + 1], record.changed[2][at : at + 1],
            )  # fmt: skip

        if stimulus.last[t]:
            best = 0
            for k in range(1, outputs):
                if score[k] > score[best]:
                    best = k
            answers[stimulus.sample[t]] = best if asked else -1
            asked = 0
            score[:] = 0
            clear_neurons(neurons, soma_registers)
            out.total[:] = 0
            if stimulus.training[t]:
                for m in range(2):
                    clear(matrices[m], rule)
                clear_output(out, output_rule)
