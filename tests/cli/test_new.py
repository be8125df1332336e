"""Plug-ins to start from."""

import shlex
import subprocess
import sys

import pytest

from accelsim.datapath.plugins import load_plugin
from accelsim.neurons.base import models
from accelsim.plasticity import consolidations, rules
from accelsim.simulation.plugins import PLUGGABLE

SHORT = ["epochs=1", "training_samples=1", "test_samples=1", "network.recurrent=16"]


@pytest.fixture
def registered():
    """Forget what a test registers."""
    before = {kind: dict(registry._registered) for kind, registry in PLUGGABLE.items()}
    yield
    for kind, registry in PLUGGABLE.items():
        registry._registered = before[kind]


def _short(words):
    return [part for word in SHORT for part in ("--set", f"workload.{word}")] if "run" in words[:2] else []


def _pytest(file):
    arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("neuron", "consolidation")]


@pytest.mark.parametrize("kind", ["rule", *SLOW])
def test_what_is_written_runs_as_it_is(kind, command, here, content, registered):
    answer = command("new", kind, f"fresh-{kind}")
    assert answer.status == 0
    assert content(here) == {f"fresh-{kind}.py", f"test_fresh_{kind}.py"}
    commands = [shlex.split(line) for line in answer.out.splitlines()[1:]]
    assert [words[:2] for words in commands] == [["accelsim", "describe"], ["accelsim", "run"], ["python", "-m"]]
    assert all(command(*words[1:], *_short(words[1:])).status == 0 for words in commands[:2])
    _pytest(commands[2][-1])


def test_nothing_is_overwritten(command, here, content):
    (here / "test_fresh.py").write_text("mine\n")
    answer = command("new", "rule", "fresh")
    assert (answer.status, answer.err) == (2, "test_fresh.py: exists already; nothing was written\n")
    assert content(here) == {"test_fresh.py"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rulee", "x"), "new: there is no kind `rulee` (did you mean `rule`?)"),
        (("rule", "../x"), "new: `../x` is no name: lower-case letters and digits, words joined by hyphens"),
        (("rule", "eprop"), "new: there is a plasticity rule `eprop` already; choose another name"),
        (("consolidation", "l2-anchor"), "new: there is a consolidation `l2-anchor` already; choose another name"),
    ],
)
def test_names_that_cannot_be(words, message, command, here, content):
    answer = command("new", *words)
    assert (answer.status, answer.err) == (2, message + "\n")
    assert not content(here)


def test_a_plugin_may_hold_things_of_every_kind(here, registered):
    (here / "all.py").write_text(
        "from accelsim.plasticity import Consolidation, PlasticityRule, register, register_consolidation\n"
        "from accelsim.neurons import NeuronModel\n"
        "from accelsim.neurons import register as register_neuron\n"
        "@register('one')\nclass One(PlasticityRule):\n    '''A rule.'''\n"
        "@register_consolidation('two')\nclass Two(Consolidation):\n    '''A consolidation.'''\n"
        "@register_neuron('three')\nclass Three(NeuronModel):\n    '''A neuron.'''\n"
    )
    assert load_plugin(here / "all.py", *PLUGGABLE.values()) == ["one", "three", "two"]
    assert ("one" in rules.names(), "two" in consolidations.names(), "three" in models.names()) == (True,) * 3
