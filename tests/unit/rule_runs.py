"""Plasticity rules run by themselves: their compiled kernels over given spike trains, in the order of a core."""

import numpy as np

from accelsim.plasticity.kernels import allocate, build_neuron_kernel, build_row_kernel, parameters


def run_rule(rule, pre, post, weights=0.0, **offered):
    """Weights after a run, as real numbers; see `run_state`."""
    return rule.synapse_state["w"].decode(run_state(rule, pre, post, weights, **offered).w)


def run_state(rule, pre, post, weights=0.0, **offered):
    """State after a run.

    Parameters
    ----------
    pre, post : (steps, neurons) arrays of spikes on either side.
    weights : initial ones.
    offered : (steps, postsynaptic neurons) arrays of what the core offers besides, or (steps,) of what it has one of.
    """
    synapse = rule.triggers("synapse")
    state = allocate(rule, pre.shape[1], post.shape[1])
    state.w[:] = rule.synapse_state["w"].encode(weights)
    registers, formats, rows = parameters(rule), rule.offered(), {}
    neurons = [
        build_neuron_kernel(rule, side, ["time step"])
        for side in ("presynaptic neuron", "postsynaptic neuron")
        if "time step" in rule.triggers(side)
    ]
    for t in range(len(pre)):
        state.pre_spike[:], state.post_spike[:] = pre[t], post[t]
        for name, values in offered.items():
            getattr(state, name)[:] = formats[name].encode(values[t])
        for update in neurons:
            update(state, registers)
        for i in range(pre.shape[1]):
            held = {"time step": True, "learning signal": True}
            held |= {"presynaptic spike": pre[t, i], "postsynaptic spike": post[t].any()}
            triggers = tuple(sorted(each for each in synapse if held.get(each)))
            if triggers:
                rows.setdefault(triggers, build_row_kernel(rule, triggers))(i, state, registers)
    return state


def random_trains(steps, inputs, neurons, seed=0, rate=0.2):
    """Random spikes on both sides."""
    rng = np.random.default_rng(seed)
    return rng.random((steps, inputs)) < rate, rng.random((steps, neurons)) < rate
