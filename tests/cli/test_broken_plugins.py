"""Plug-in files that cannot be used."""

import pytest

HEAD = '''from accelsim.plasticity import Float, PlasticityRule, register, stage

@register("{name}")
class Mine(PlasticityRule):
    """A rule."""

    synapse_state = {{"w": Float(32)}}

    @stage(on="{trigger}", per="synapse", writes=("change",))
'''


def rule(body, name="mine", trigger="learning signal"):
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return HEAD.format(name=name, trigger=trigger) + lines


BRANCH = "def propose(learning_signal):\n    if learning_signal > 0:\n        return 1.0\n    return 0.0"
PLAIN = "def propose(learning_signal):\n    return learning_signal"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:\n", "rule.py:1:7  syntax error: invalid syntax"),
        (
            "x = 1\n",
            "rule.py  registers no plasticity rule or consolidation or neuron model: decorate a class with "
            "@register(name)",
        ),
        ("\nimport nothing_here\n", "rule.py:2  ModuleNotFoundError: No module named 'nothing_here'"),
        ("import sys\nsys.exit(3)\n", "rule.py:2  SystemExit: 3"),
        (
            rule(BRANCH),
            "rule.py:11  a branch on a word (if, while, and, or, not, min, max, a < b < c): hardware computes both "
            "sides, use where(condition, a, b), & and |, minimum, maximum",
        ),
        (
            rule(PLAIN, trigger="learning sgnal"),
            "rule.py:9  stage propose: unknown trigger 'learning sgnal' (did you mean `learning signal`?); there are: "
            "time step, presynaptic spike, postsynaptic spike, learning signal, every K steps, settling iteration, "
            "end of settling, end of sample, task boundary, replay pass",
        ),
        (
            rule(PLAIN.replace("learning_signal", "learnin_signal")),
            "rule.py:9  stage propose: unknown argument `learnin_signal` (did you mean `learning_signal`?); it may "
            "read: change, learning_signal, plastic, post_adaptation, post_potential, post_spike, post_threshold, "
            "pre_spike, random, reward, surrogate, w",
        ),
        (
            rule(PLAIN.replace("return learning_signal", "return learning_signal @ 2")),
            None,
        ),
        (
            rule(PLAIN.replace("return learning_signal", "return learning_signal, learning_signal")),
            "rule.py:9  stage propose: returns 2 words but declares writes=('change',)",
        ),
        (
            rule(PLAIN.replace("return learning_signal", "return learning_signal * (1.0 / 0)")),
            "rule.py:11  propose cannot be traced: ZeroDivisionError: float division by zero",
        ),
        (
            rule(PLAIN.replace("return learning_signal", "return learning_signal + [1]")),
            "rule.py:11  a word cannot be combined with [1]",
        ),
        (
            rule(PLAIN).replace('"change"', '"chnge"'),
            "rule.py:9  stage propose: writes `chnge`, which is no state word of a synapse (did you mean `change`?)",
        ),
        (
            rule(PLAIN).replace('{"w": Float(32)}', '{"w": Word(99)}').replace("Float,", "Float, Word,"),
            "rule.py:7  ValueError: a signed word has 1 to 63 bits, found 99",
        ),
        (
            rule(PLAIN).replace('{"w": Float(32)}', '{"w": 32}'),
            "rule.py:3  Mine: synapse_state: `w` is 32; a format is Float(32), Float(64) or Word(bits)",
        ),
        (
            rule(PLAIN).replace('{"w": Float(32)}', '("w", "e")'),
            "rule.py:3  Mine: synapse_state is no mapping from words to formats",
        ),
        (
            rule(PLAIN).replace('{"w": Float(32)}', '{"eligibility": Float(32)}'),
            "rule.py:3  Mine: synapse_state has no weight `w`",
        ),
    ],
)
def test_the_message_names_the_line(source, message, command, here):
    (here / "rule.py").write_text(source)
    answer = command("list", "rules", "--plugin", "rule.py")
    assert (answer.status, answer.out) == (2, "")
    if message is not None:
        assert answer.err == message + "\n"
    else:
        assert answer.err.startswith("rule.py:")
        assert len(answer.err.splitlines()) == 1


def test_a_name_that_is_taken(command, here):
    (here / "rule.py").write_text(rule(PLAIN, name="eprop"))
    answer = command("list", "rules", "--plugin", "rule.py")
    assert answer.status == 2
    assert answer.err.startswith(
        "rule.py:3  the plasticity rule `eprop` is defined twice: by accelsim.plasticity.eprop:EProp and by "
    )


def test_files_that_cannot_be_read(command, here):
    answer = command("list", "rules", "--plugin", "rule.py")
    assert (answer.status, answer.err) == (2, "rule.py  cannot read the plug-in: No such file or directory\n")
    answer = command("list", "rules", "--plugin", ".")
    assert (answer.status, answer.err) == (2, ".  cannot read the plug-in: Is a directory\n")


IN_A_RUN = '''from accelsim.plasticity import Float, PlasticityRule, register, stage

@register("breaks-later")
class Later(PlasticityRule):
    """Works with its default parameters only."""

    rate: float = 1.0

    @property
    def synapse_state(self):
        return {"w": {1.0: Float(32)}[self.rate]}

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(learning_signal, rate):
        return rate * learning_signal
'''


def test_an_exception_with_the_parameters_of_a_run(command, here, content):
    (here / "rule.py").write_text(IN_A_RUN)
    words = ("run", "single_core", "cue_accumulation", "--plugin", "rule.py")
    asked = ("rule=breaks-later", "parameters.rate=2")
    answer = command(*words, *(part for each in asked for part in ("--set", f"workload.learning.{each}")))
    assert (answer.status, answer.err) == (2, "rule.py:11  Later: KeyError: 2.0\n")
    assert content(here) == {"rule.py"}


def test_nan_in_a_run_names_the_word_and_the_file(command, here):
    body = "def propose(learning_signal):\n    return learning_signal / (learning_signal - learning_signal)"
    (here / "rule.py").write_text(rule(body, "nan"))
    words = ("run", "single_core", "cue_accumulation", "--plugin", "rule.py", "--set", "workload.learning.rule=nan")
    short = ("epochs=1", "training_samples=1", "test_samples=1", "network.recurrent=8", "settings.tick.rules={}")
    answer = command(*words, *(part for each in short for part in ("--set", f"workload.{each}")))
    assert answer.status == 2
    assert answer.err.startswith("rule.py:3  Mine: word `w` of the input synapses became infinite at [")
    assert answer.err.endswith("of sample 0\n")


def test_a_plugin_is_told_before_anything_is_run(command, here, content):
    (here / "rule.py").write_text("x = 1\n")
    answer = command("run", "reckon", "cue_accumulation", "--plugin", "rule.py")
    assert answer.status == 2
    assert content(here) == {"rule.py"}
