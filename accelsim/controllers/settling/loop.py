"""Samples of a settling core, as one compiled loop.

The source of these functions is compiled together with the kernels of the stages, which take the place of the empty
ones below (see :mod:`accelsim.controllers.settling.module`).
"""

from __future__ import annotations

from typing import Any


def nothing(state: Any, parameters: Any) -> None:
    """A map that does nothing."""
    return


def no_row(i: int, state: Any, parameters: Any) -> None:
    """A row of synapses to which nothing happens."""
    return


mac = transposed_mac = accumulate = update = no_row
periodic = close_sample = close_task = no_row
rectify = peak = exponential = invert = normalise = nothing
compare = compare_output = relax = clamp = backpropagate = nothing
measure_output = share = sense = before_update = after_update = nothing


def predict(matrix: Any, registers: Any) -> None:
    """Predictions of the neurons behind a matrix."""
    matrix.drive[:] = 0
    for i in range(matrix.w.shape[0]):
        mac(i, matrix, registers)


def feed_back(matrix: Any, registers: Any) -> None:
    """Errors through the transposed matrix; not to the bias."""
    matrix.feedback[:] = 0
    for i in range(matrix.feedback.shape[0]):
        transposed_mac(i, matrix, registers)


def run_forward(populations: Any, matrices: Any, registers: Any) -> None:
    """Activities from the input up."""
    for m in range(len(matrices)):
        predict(matrices[m], registers)
        behind = populations[m + 1]
        for j in range(behind.activity.shape[0]):
            behind.activity[j] = behind.prediction[j]
        if m + 1 < len(matrices):
            rectify(behind, registers)


def answer(top: Any, registers: Any, softmax: bool) -> None:
    """What the output answers with."""
    if softmax:
        top.peak[0] = top.prediction[0]
        peak(top, registers)
        top.total[0] = 0
        exponential(top, registers)
        invert(top, registers)
        normalise(top, registers)
    else:
        for j in range(top.probability.shape[0]):
            top.probability[j] = top.prediction[j]


def pull_output(top: Any, registers: Any, softmax: bool) -> None:
    """Clamp the output between its answer and its target."""
    answer(top, registers, softmax)
    measure_output(top, registers)
    share(top, registers)
    clamp(top, registers)
    compare_output(top, registers)


def note(errors: Any, t: int, layer: int, error: Any) -> None:
    """Record the mean square of a layer's errors, if asked for."""
    if errors.shape[0]:
        total = 0.0
        for j in range(error.shape[0]):
            value = float(error[j])
            total += value * value
        errors[0, t, layer] = total / error.shape[0]


def settle(populations: Any, matrices: Any, top: Any, registers: Any, control: Any, errors: Any) -> int:
    """Iterations until activities have settled; returns how many. `errors` (1, iterations, layers) takes what each
    iteration feeds back, unless empty."""
    last = len(matrices) - 1
    done = 0
    for t in range(control.pulls.shape[0]):
        populations[0].pull_step[0] = control.pulls[t]
        populations[0].push_step[0] = control.pushes[t]
        populations[0].movement[0] = 0
        if control.sequential:
            for m in range(last, 0, -1):
                note(errors, t, m, populations[m + 1].error)
                feed_back(matrices[m], registers)
                predict(matrices[m - 1], registers)
                relax(populations[m], registers)
                rectify(populations[m], registers)
                compare(populations[m], registers)
            note(errors, t, 0, populations[1].error)
            predict(matrices[last], registers)
        else:
            for m in range(last, -1, -1):
                note(errors, t, m, populations[m + 1].error)
            for m in range(last, 0, -1):
                feed_back(matrices[m], registers)
            for m in range(last, 0, -1):
                relax(populations[m], registers)
                rectify(populations[m], registers)
            for m in range(last + 1):
                predict(matrices[m], registers)
            for m in range(last, 0, -1):
                compare(populations[m], registers)
        pull_output(top, registers, control.softmax)
        done += 1
        if control.tolerance > 0 and populations[0].movement[0] <= control.tolerance:
            break
    return done


def finish(populations: Any, matrices: Any, registers: Any, control: Any) -> None:
    """Errors that the weights follow: of the settled activities, or passed back."""
    for m in range(len(matrices) - 1, 0, -1):
        if control.backward:
            feed_back(matrices[m], registers)
            backpropagate(populations[m], registers)
        elif control.sequential:  # activities below have changed since
            predict(matrices[m - 1], registers)
            compare(populations[m], registers)


def learn(matrices: Any, registers: Any, complete: bool, periodically: bool) -> None:
    """Take a sample into the gradients and, at the end of a batch, change the weights."""
    for m in range(len(matrices)):
        matrix = matrices[m]
        sense(matrix, registers)
        if complete:
            before_update(matrix, registers)
        for i in range(matrix.w.shape[0]):
            if complete:
                update(i, matrix, registers)
            else:
                accumulate(i, matrix, registers)
            if periodically:
                periodic(i, matrix, registers)
            close_sample(i, matrix, registers)
        if complete:
            after_update(matrix, registers)


def close(matrices: Any, registers: Any) -> None:
    """Visit all synapses at a task boundary."""
    for m in range(len(matrices)):
        for i in range(matrices[m].w.shape[0]):
            close_task(i, matrices[m], registers)


def run_samples(
    populations: Any,
    matrices: Any,
    top: Any,
    registers: Any,
    control: Any,
    stimulus: Any,
    tallies: Any,
    answers: Any,
    errors: Any,
) -> None:
    """Process samples.

    Parameters
    ----------
    populations, matrices : tuples of namedtuples of arrays
        By layer, from the input.
    top : namedtuple of arrays
        The output.
    registers, control : namedtuples
        Of the rule, and what the loop does.
    stimulus : namedtuple of arrays
        Events, and by sample the label, whether it is learnt from, whether it completes a batch and the K-th of them,
        whether a task ends with it, and the factor that makes the core plastic.
    tallies : (samples,) int64
        Takes the settling iterations.
    answers : (samples,) int32
    errors : (samples or 0, iterations, layers) float64
    """
    for s in range(answers.shape[0]):
        shown = populations[0]
        shown.activity[:] = 0
        for e in range(stimulus.event_start[s], stimulus.event_start[s + 1]):
            shown.activity[stimulus.event_address[e]] += stimulus.event_value[e]
        for i in range(shown.activity.shape[0]):
            shown.pre_rate[i] = shown.activity[i]
        run_forward(populations, matrices, registers)
        best = 0
        for k in range(1, top.prediction.shape[0]):
            if top.prediction[k] > top.prediction[best]:
                best = k
        answers[s] = best
        if stimulus.learning[s]:
            for k in range(top.target.shape[0]):
                top.target[k] = k == stimulus.label[s]
            for m in range(1, len(matrices)):
                compare(populations[m], registers)
            pull_output(top, registers, control.softmax)
            recorded = s if s < errors.shape[0] else errors.shape[0]  # an empty slice if not
            tallies[s] = settle(populations, matrices, top, registers, control, errors[recorded : recorded + 1])
            finish(populations, matrices, registers, control)
            matrices[0].reward[0] = 1.0 if best == stimulus.label[s] else -1.0
            matrices[0].plastic[0] = stimulus.plastic[s]
            learn(matrices, registers, stimulus.update[s], stimulus.periodic[s])
            if stimulus.ends[s]:
                close(matrices, registers)
