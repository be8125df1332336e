"""The time steps of a tick-driven core, as one compiled loop.

The source of these functions is compiled together with the kernels of a neuron model and a rule, which take the
place of the empty ones below (see :mod:`accelsim.controllers.tick.module`).
"""

from __future__ import annotations

from typing import Any

VISITED, READ, WRITTEN, TRACE_READ, TRACE_WRITTEN, COLUMN = (1 << bit for bit in range(6))
"""What happens to a row of synapses: its weights are read or written, its other words are; and what happens only to
its synapses onto neurons that fire, apart from a visit of the row."""
INPUT_EVENT, SPIKE, FIRED = (1 << bit for bit in range(3))
"""Bits of a recorded event: an input spikes, a neuron's last spike arrives, a neuron spikes."""
PER_MATRIX = ("visited", "read", "row", "trace_read", "trace_row", "changed", "updates")
"""What is counted of each matrix in a time step: rows, changed words, changed weights."""
PER_TICK = ("input_event", "spike", "event", "fired")
"""What is counted of the neurons in a time step; these columns follow those of the three matrices."""
PER_TILED = ("tile_read", "tile_written", "programmed")
"""What is counted of each matrix in crossbar tiles: tiles read and written, rows written; these columns come last."""


def nothing(state: Any, parameters: Any) -> None:
    """A map over neurons that does nothing."""
    return


def no_row(i: int, state: Any, parameters: Any) -> None:
    """A row of synapses to which nothing happens."""
    return


def no_visit(situation: int, i: int, state: Any, parameters: Any) -> int:
    """A rule without stages per synapse; the result counts changed weights."""
    return 0


def store_ideal(i: int, matrix: Any) -> None:
    """A memory holds the row `i` that was written."""
    return


def keep_still(matrix: Any, ticks: int) -> None:
    """What a memory holds does not change by itself."""
    return


def read_exactly(neurons: Any, inp: Any, rec: Any, inputs: int, spikes: int) -> None:
    """The rows read add up without noise."""
    return


def read_output_exactly(out: Any, spikes: int) -> None:
    """The same of the readout."""
    return


def no_tiles(inp: Any, rec: Any, out: Any, tally: Any, record: Any, at: int) -> None:
    """Weights do not lie in crossbar tiles."""
    return


def no_reward(inp: Any, out: Any, readout: Any, given: int, regression: bool) -> None:
    """No rule asks for a reward."""
    return


def no_factor(inp: Any, out: Any, plastic: Any, output_plastic: Any) -> None:
    """No rule asks for the factor that makes a core plastic."""
    return


def keep_feedback(back: Any, out: Any, readout: Any) -> None:
    """Feedback weights stay."""
    return


integrate = accumulate_output = feed_back = no_row
follow = keep_feedback
convert = convert_output = nothing
note_tiles = no_tiles
soma = present_surrogate = present_potential = leak_output = output_error = narrow_signal = nothing
step_presynaptic = step_postsynaptic = learn_presynaptic = learn_postsynaptic = nothing
output_step_presynaptic = output_step_postsynaptic = output_learn_presynaptic = output_learn_postsynaptic = nothing
finish_presynaptic = finish_postsynaptic = conclude_presynaptic = conclude_postsynaptic = nothing
output_finish_presynaptic = output_finish_postsynaptic = nothing
output_conclude_presynaptic = output_conclude_postsynaptic = nothing
clear_neurons = clear = clear_output = nothing
visit = visit_output = finish = finish_output = no_visit
present_reward, present_plastic = no_reward, no_factor
store, age, disturb, disturb_output = store_ideal, keep_still, read_exactly, read_output_exactly


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
    weights of a block. ``tally`` counts by `PER_MATRIX`; ``matrix.writes`` counts how often each weight changed;
    ``rows`` (1, rows) and ``changed`` (1, rows, words) take marks unless empty.
    """
    posts = matrix.w.shape[1]
    for i in range(matrix.w.shape[0]):
        situation = occasion + (matrix.pre_spike[i] != 0)
        what = situations[situation]
        if what == 0:
            continue
        if what & (WRITTEN | COLUMN):
            for j in range(posts):
                matrix.before[j] = matrix.w[i, j]
        updates = visit(situation, i, matrix, parameters)
        if no_self and matrix.w[i, i] != 0:
            matrix.w[i, i] = 0
            updates -= 1
        if updates:
            store(i, matrix)
            for j in range(posts):
                matrix.writes[i, j] += matrix.w[i, j] != matrix.before[j]
        for bit in range(5):
            tally[bit] += (what >> bit) & 1
        tally[6] += updates
        if rows.shape[0]:
            rows[0, i] = what
        if updates and what & WRITTEN:
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


def finish_rows(matrix: Any, parameters: Any, ends: int, no_self: bool, tally: Any) -> None:
    """Visit every row of input or recurrent synapses at the end of a sample (1 of `ends`) and of a task (2)."""
    posts = matrix.w.shape[1]
    for i in range(matrix.w.shape[0]):
        for j in range(posts):
            matrix.before[j] = matrix.w[i, j]
        updates = finish(ends, i, matrix, parameters)
        if no_self and matrix.w[i, i] != 0:
            matrix.w[i, i] = 0
            updates -= 1
        if updates:
            store(i, matrix)
            for j in range(posts):
                matrix.writes[i, j] += matrix.w[i, j] != matrix.before[j]
        tally[6] += updates


finish_output_rows = finish_rows
"""The same for output synapses; compiled with their rule's kernels."""


def words_fired(spikes: Any, width: int, lanes: int) -> int:
    """Words of a row of recurrent synapses that hold the synapse of a neuron that fires."""
    words = 0
    for block in range(0, spikes.size, lanes):
        for start in range(block, block + lanes, width):
            fires = 0
            for j in range(start, min(start + width, block + lanes, spikes.size)):
                fires |= spikes[j] != 0
            words += fires
    return words


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
    tallies : (time steps, 35) int64
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
    ticks = 0
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
        for m in range(2):
            convert(matrices[m], readout)
        disturb(neurons, inp, rec, tally[21], tally[22])
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
        convert_output(out, readout)
        disturb_output(out, tally[24])
        if stimulus.infer[t]:
            asked += 1
            for k in range(outputs):
                score[k] += out.total[k]
                if core.regression:
                    deviation = float(out.total[k] - stimulus.targets[t, k])
                    stimulus.squared[stimulus.sample[t]] += deviation * deviation
        firing = 0
        if core.on_firing and tally[24] and stimulus.learning[t]:
            firing = 8
            tally[34] = words_fired(neurons.spike, core.width, core.lanes)

        if stimulus.target[t]:
            for k in range(outputs):
                out.target[k] = stimulus.targets[t, k]
        present_plastic(inp, out, stimulus.plastic[t], stimulus.output_plastic[t])
        present_reward(inp, out, readout, stimulus.target[t], core.regression)
        if stimulus.training[t]:
            for m in range(2):
                step_presynaptic(matrices[m], rule)
            step_postsynaptic(inp, rule)
            output_step_presynaptic(out, output_rule)
            output_step_postsynaptic(out, output_rule)
        if stimulus.target[t]:
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
                    matrices[m], rule, core.situations, stimulus.occasion[t] + firing, m == 1, core.width, core.lanes,
                    tally[7 * m : 7 * m + 7], record.rows[m][at : at + 1], record.changed[m][at : at + 1],
                )  # fmt: skip
            learn_output_rows(
                out, output_rule, core.output_situations, stimulus.output_occasion[t], False,
                core.output_width, core.output_width * core.output_words, tally[14:21],
                record.rows[2][at : at + 1], record.changed[2][at : at + 1],
            )  # fmt: skip

        if stimulus.ends[t]:
            for m in range(2):
                finish_presynaptic(matrices[m], rule)
            finish_postsynaptic(inp, rule)
            if stimulus.ends[t] & 2:
                for m in range(2):
                    conclude_presynaptic(matrices[m], rule)
                conclude_postsynaptic(inp, rule)
            for m in range(2):
                finish_rows(matrices[m], rule, stimulus.ends[t], m == 1, tally[7 * m : 7 * m + 7])
        if stimulus.output_ends[t]:
            output_finish_presynaptic(out, output_rule)
            output_finish_postsynaptic(out, output_rule)
            if stimulus.output_ends[t] & 2:
                output_conclude_presynaptic(out, output_rule)
                output_conclude_postsynaptic(out, output_rule)
            finish_output_rows(out, output_rule, stimulus.output_ends[t], False, tally[14:21])

        follow(back, out, readout)
        note_tiles(inp, rec, out, tally, record, at)
        ticks += 1
        if stimulus.last[t]:
            for m in range(2):
                age(matrices[m], ticks)
            age(out, ticks)
            ticks = 0
            best = 0
            for k in range(1, outputs):
                if score[k] > score[best]:
                    best = k
            answers[stimulus.sample[t]] = best if asked and not core.regression else -1
            asked = 0
            score[:] = 0
            clear_neurons(neurons, soma_registers)
            out.total[:] = 0
            if stimulus.training[t]:
                for m in range(2):
                    clear(matrices[m], rule)
                clear_output(out, output_rule)
