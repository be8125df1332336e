import os
import subprocess
import sys
import textwrap

from accelsim.datapath import generate

SOURCE = "from numba import njit\n\n\n@njit(cache=True)\ndef f(x):\n    return x + {}\n"

PLUGIN = """
from accelsim.plasticity import Float, PlasticityRule, register, stage

STEP = {step}

def amount(w):
    return w + STEP

@register("climb")
class Climb(PlasticityRule):
    '''Adds a constant.'''
    synapse_state = {{"w": Float(32)}}

    @stage(on="time step", per="synapse", writes=("w",))
    def climb(w):
        return amount(w)
"""

RUN = """
import sys
from accelsim.plasticity import load_plugin, rules
from accelsim.plasticity.kernels import allocate, build_row_kernel, parameters

load_plugin(sys.argv[1])
rule = rules.get("climb")()
state = allocate(rule, 1, 4)
kernel = build_row_kernel(rule, ["time step"])
kernel(0, state, parameters(rule))
print(state.w[0, 0], sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values()))
"""


def test_the_file_name_follows_the_contents():
    one, two, again = (generate.load_generated("adder", SOURCE.format(n)) for n in (1, 2, 1))
    assert one is again
    assert one is not two
    assert (one.f(1), two.f(1)) == (2, 3)
    assert one.__file__.startswith(str(generate.cache_folder()))


def test_an_unwritable_cache_falls_back_to_a_temporary_folder(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder can be made below this")
    monkeypatch.setenv("ACCELSIM_CACHE_DIR", str(tmp_path / "file"))
    generate.cache_folder.cache_clear()
    try:
        folder = generate.cache_folder()
        assert folder.is_dir()
        assert tmp_path not in folder.parents
        assert generate.load_generated("fallback", SOURCE.format(5)).f(1) == 6
    finally:
        generate.cache_folder.cache_clear()


def test_the_user_cache_is_the_default(monkeypatch, tmp_path):
    monkeypatch.delenv("ACCELSIM_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    generate.cache_folder.cache_clear()
    try:
        assert generate.cache_folder() == tmp_path / "accelsim" / "kernels"
    finally:
        generate.cache_folder.cache_clear()


def test_second_process_is_hot_and_an_edited_plugin_is_seen(tmp_path):
    plugin, script = tmp_path / "plugin.py", tmp_path / "run.py"
    script.write_text(textwrap.dedent(RUN))
    environment = os.environ | {"ACCELSIM_CACHE_DIR": str(tmp_path / "cache")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)

    def run(step):
        plugin.write_text(PLUGIN.format(step=step))
        command = [sys.executable, str(script), str(plugin)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        value, hits, misses = done.stdout.split()
        return float(value), int(hits), int(misses)

    assert run(step=0.5) == (0.5, 0, 1)  # compiled
    assert run(step=0.5) == (0.5, 1, 0)  # loaded
    assert run(step=2.0) == (2.0, 0, 1)  # a constant that a helper function reads has changed
