"""The time steps of a tick-driven core, as one compiled loop.

The source of these functions is compiled together with the kernels of a neuron model and a rule, which take the
place of the empty ones below (see :mod:`accelsim.controllers.tick.module`).
"""

from __future__ import annotations

from typing import Any

from numba import uint64  # of loop indices: no test for negative ones, which would end SIMD

VISITED, READ, WRITTEN, TRACE_READ, TRACE_WRITTEN, COLUMN = (1 << bit for bit in range(6))
"""What happens to a row of synapses: its weights are read or written, its other words are; and what happens only to
its synapses onto neurons that fire, apart from a visit of the row."""
INPUT_EVENT, SPIKE, FIRED = (1 << bit for bit in range(3))
"""Bits of a recorded event: an input spikes, a neuron's last spike arrives, a neuron spikes."""
PER_MATRIX = ("visited", "read", "row", "trace_read", "trace_row", "changed", "updates", "end_changed")
"""What is counted of each matrix in a time step: rows, changed words, changed weights, and the words that the visit at
the end of a sample or task changed."""
PER_TICK = ("input_event", "spike", "event", "fired")
"""What is counted of the neurons in a time step; these columns follow those of the three matrices."""
PER_TILED = ("tile_read", "tile_written", "programmed")
"""What is counted of each matrix in crossbar tiles: tiles read and written, rows written; these columns come last."""

MOST_FRESH = 255
"""Changes of a weight that fit into a byte."""


def nothing(state: Any, parameters: Any) -> None:
    """A map over neurons that does nothing."""
    return


def no_row(i: int, state: Any, parameters: Any) -> None:
    """A row of synapses to which nothing happens."""
    return


def no_visit(situation: int, i: int, state: Any, parameters: Any) -> int:
    """A rule without stages per synapse; the result counts changed weights."""
    return 0


def forget_row(i: int, matrix: Any) -> None:
    """Nobody asks what row `i` was before it is written."""
    return


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
keep, store, age, disturb, disturb_output = forget_row, store_ideal, keep_still, read_exactly, read_output_exactly


def drop_self(i: int, matrix: Any) -> int:
    """No neuron has a synapse onto itself: row `i` loses it again; returns 1 if it had changed."""
    differs = matrix.differs[i]
    matrix.w[i, i] = 0
    matrix.fresh[i, i] -= differs
    matrix.differs[i] = 0
    return differs


def gather_writes(matrix: Any) -> None:
    """Add up the writes of every weight; `fresh` ones are counted in a byte, of which much less is moved."""
    if matrix.sweeps[0] == 0:
        return
    for i in range(uint64(matrix.writes.shape[0])):
        for j in range(uint64(matrix.writes.shape[1])):
            matrix.writes[i, j] += matrix.fresh[i, j]
            matrix.fresh[i, j] = 0
    matrix.sweeps[0] = 0


def words_changed(matrix: Any, width: int, lanes: int, marks: Any) -> int:
    """Words of a row with a weight that is marked; ``marks`` (1, words) takes a mark for each word.

    The marks of the weights may be gone afterwards.
    """
    words = 0
    if marks.shape[0] == 0 and lanes % width == 0 and width >= 8 and width & (width - 1) == 0:
        left = uint64(matrix.eights.shape[0])
        while width > 8 and left > 1:  # two and two become one, until each stands for a word
            left >>= uint64(1)
            for at in range(left):
                matrix.eights[at] = matrix.eights[at << uint64(1)] | matrix.eights[(at << uint64(1)) + uint64(1)]
            width >>= 1
        for at in range(left):
            words += matrix.eights[at] != 0
        return words
    posts = matrix.w.shape[1]
    word = 0
    for block in range(0, posts, lanes):
        for start in range(block, block + lanes, width):
            differs = 0
            for j in range(uint64(start), uint64(min(start + width, block + lanes, posts))):
                if matrix.differs[j]:
                    differs = 1
                    break
            words += differs
            if marks.shape[0]:
                marks[0, word] = differs
            word += 1
    return words


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
    if matrix.sweeps[0] == MOST_FRESH:
        gather_writes(matrix)
    matrix.sweeps[0] += 1
    for i in range(matrix.w.shape[0]):
        situation = occasion + (matrix.pre_spike[i] != 0)
        what = situations[situation]
        if what == 0:
            continue
        if what & (WRITTEN | COLUMN):
            keep(i, matrix)
        updates = visit(situation, i, matrix, parameters)
        if no_self and updates:
            updates -= drop_self(i, matrix)
        if updates:
            store(i, matrix)
        for bit in range(5):
            tally[bit] += (what >> bit) & 1
        tally[6] += updates
        if rows.shape[0]:
            rows[0, i] = what
        if updates and what & WRITTEN:
            tally[5] += words_changed(matrix, width, lanes, changed[:, i])


learn_output_rows = learn_rows
"""The same for output synapses; compiled with their rule's kernels."""


def finish_rows(
    matrix: Any, parameters: Any, ends: int, no_self: bool, width: int, lanes: int, tally: Any, changed: Any
) -> None:
    """Visit every row of input or recurrent synapses at the end of a sample (1 of `ends`) and of a task (2).

    The rest as of `learn_rows`.
    """
    if matrix.sweeps[0] == MOST_FRESH:
        gather_writes(matrix)
    matrix.sweeps[0] += 1
    for i in range(matrix.w.shape[0]):
        keep(i, matrix)
        updates = finish(ends, i, matrix, parameters)
        if no_self and updates:
            updates -= drop_self(i, matrix)
        if updates:
            store(i, matrix)
            tally[6] += updates
            tally[7] += words_changed(matrix, width, lanes, changed[:, i])


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
    tallies : (time steps, 38) int64
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
                tally[24] += 1
                seen |= INPUT_EVENT
            if i < size:
                rec.pre_spike[i] = neurons.spike[i]
                if neurons.spike[i]:
                    integrate(i, rec, readout)
                    tally[25] += 1
                    seen |= SPIKE
            tally[26] += seen != 0
            if recorded:
                events[0, i] = seen
        for m in range(2):
            convert(matrices[m], readout)
        disturb(neurons, inp, rec, tally[24], tally[25])
        soma(neurons, soma_registers)
        present_surrogate(inp, readout)
        present_potential(inp, readout)
        leak_output(out, readout)
        for j in range(size):
            inp.post_spike[j] = neurons.spike[j]
            out.pre_spike[j] = neurons.spike[j]
            if neurons.spike[j]:
                accumulate_output(j, out, readout)
                tally[27] += 1
                if recorded:
                    events[0, j] |= FIRED
        convert_output(out, readout)
        disturb_output(out, tally[27])
        if stimulus.infer[t]:
            asked += 1
            for k in range(outputs):
                score[k] += out.total[k]
                if core.regression:
                    deviation = float(out.total[k] - stimulus.targets[t, k])
                    stimulus.squared[stimulus.sample[t]] += deviation * deviation
        firing = 0
        if core.on_firing and tally[27] and stimulus.learning[t]:
            firing = 8
            tally[37] = words_fired(neurons.spike, core.width, core.lanes)

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
                    tally[8 * m : 8 * m + 8], record.rows[m][at : at + 1], record.changed[m][at : at + 1],
                )  # fmt: skip
            learn_output_rows(
                out, output_rule, core.output_situations, stimulus.output_occasion[t], False,
                core.output_width, core.output_width * core.output_words, tally[16:24],
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
                finish_rows(
                    matrices[m], rule, stimulus.ends[t], m == 1, core.width, core.lanes,
                    tally[8 * m : 8 * m + 8], record.end_changed[m][at : at + 1],
                )  # fmt: skip
        if stimulus.output_ends[t]:
            output_finish_presynaptic(out, output_rule)
            output_finish_postsynaptic(out, output_rule)
            if stimulus.output_ends[t] & 2:
                output_conclude_presynaptic(out, output_rule)
                output_conclude_postsynaptic(out, output_rule)
            finish_output_rows(
                out, output_rule, stimulus.output_ends[t], False,
                core.output_width, core.output_width * core.output_words, tally[16:24],
                record.end_changed[2][at : at + 1],
            )  # fmt: skip

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
    for m in range(2):
        gather_writes(matrices[m])
    gather_writes(out)
