"""What a tick-driven core computes for rules that ask for a reward, or for the factor that makes it plastic."""

from __future__ import annotations

import numpy as np

from accelsim.controllers.tick.datapath import Datapath
from accelsim.datapath.kernels import kernel_source
from accelsim.datapath.words import Float
from accelsim.plasticity.unit import PlasticityUnit

JIT = '@njit(cache=True, error_model="numpy", nogil=True)\n'
"""How kernels are compiled."""
REWARD_PLACES = {"total": "lane", "target": "lane", "best": "whole", "reward": "whole", "network_reward": "whole"}
"""Where the words of rewards live."""


def rewarded(path: Datapath) -> dict[str, PlasticityUnit]:
    """Rules that ask for a reward, by the word that it is written to."""
    both = {"network_reward": path.rule, "reward": path.output_rule}
    return {word: rule for word, rule in both.items() if path.rule.stages and rule.reads("reward")}


def offered_kernels(path: Datapath) -> dict[str, str]:
    """Source of what the loop calls `present_reward` and `present_plastic`, where a rule asks for them."""
    kernels = {}
    if asking := rewarded(path):
        kernels["present_reward"] = _reward_source(path, asking)
    lines = []
    if path.rule.reads("plastic"):
        lines.append("    inp.plastic[0] = plastic\n")
    if path.output_rule.reads("plastic"):
        lines.append("    out.plastic[0] = output_plastic\n")
    if lines:
        header = f"{JIT}def present_plastic(inp, out, plastic, output_plastic):\n"
        kernels["present_plastic"] = header + "".join(lines)
    return kernels


def _reward_source(path: Datapath, asking: dict[str, PlasticityUnit]) -> str:
    sources, classes, regressions, cleared = [], [], [], []
    for word, rule in asking.items():
        sources.append(kernel_source(f"judge_{word}", path.judge(rule, word), REWARD_PLACES))
        sources.append(kernel_source(f"deviate_{word}", path.deviate(rule, word), REWARD_PLACES))
        cleared.append(f"    out.{word}[0] = 0\n")
        classes += [f"        out.best[0] = {lowest(path)}\n", f"        judge_{word}(out, readout)\n"]
        regressions.append(f"        deviate_{word}(out, readout)\n")
    body = [
        *(f"\n\n{JIT}def present_reward(inp, out, readout, given, regression):\n", *cleared),
        *("    if given and regression:\n", *regressions),
        *("    if given and not regression:\n", *classes),
    ]
    return "".join([*sources, *body])


def lowest(path: Datapath) -> float:
    """Less than any output."""
    return float(np.finfo(path.output.dtype).min) if isinstance(path.output, Float) else path.output.low
