"""Flags and settings that cannot be: each gives its message and exit status 2, before anything is run or written."""

import pytest

RUN = ("run", "reckon", "cue_accumulation")
WINDOW = "is no range of time steps; write it as FROM:TO, e.g. 2100:2110"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["core.lanes"], "--set core.lanes  expected `key.path=value`, such as `core.lanes=8`"),
        (["=3"], "--set =3  expected `key.path=value`, such as `core.lanes=8`"),
        (["core..lanes=3"], "--set core..lanes=3  expected `key.path=value`, such as `core.lanes=8`"),
        (["voltage="], "--set voltage=  voltage: no value (`null` removes the key)"),
        (["core.sop=[1"], "--set core.sop=[1  core.sop: not valid YAML: did not find expected ',' or ']'"),
        (
            ["voltage=!!python/name:os.getcwd x"],
            "--set voltage=!!python/name:os.getcwd x  voltage: the tag `!!python/name:os.getcwd` is not allowed; "
            "a file is plain data",
        ),
        (
            ["core.units.plastcity.lanes=8"],
            "--set core.units.plastcity.lanes=8  core.units has no `plastcity` (did you mean `plasticity`?)",
        ),
        (
            ["core.memories.winp.bank=2", "workload.epoch=2"],
            "--set core.memories.winp.bank=2  core.memories.winp has no `bank` (did you mean `banks`?)\n"
            "--set workload.epoch=2  the workload has no `epoch` (did you mean `epochs`?)",
        ),
        (
            ["workload.network.recurent=8"],
            "--set workload.network.recurent=8  network has no `recurent` (did you mean `recurrent`?)",
        ),
        (
            ["wrkload.epochs=1"],
            "--set wrkload.epochs=1  the architecture has no `wrkload`; there are: architecture, description, "
            "technology, voltage, minimum_voltage, clock, temperature, published, core, cores, interconnect, "
            "partition, power",
        ),
        (
            ["workload.settings.reckon.registers.KAPA=3"],
            "--set workload.settings.reckon.registers.KAPA=3  settings.reckon.registers.KAPA: unknown register "
            "(did you mean `KAPPA`?)",
        ),
        (
            ["core.sequence.12=learn"],
            "--set core.sequence.12=learn  core.sequence.12: core.sequence has items 0 to 7, no `12`",
        ),
        (["clock=13"], "--set clock=13  clock: 13 has no unit; expected a frequency such as `200 MHz`"),
        (
            ["core.memories.winp.measured.read_energy=3 W"],
            "--set core.memories.winp.measured.read_energy=3 W  core.memories.winp.measured.read_energy: '3 W' is "
            "a power; expected an energy such as `5.3 pJ`",
        ),
        (["voltage=0.5 V", "voltage=0.6 V"], "--set voltage=0.6 V  voltage: contradicts `--set voltage=0.5 V`"),
        (
            ["core.memories={}", "core.memories.winp.banks=2"],
            "--set core.memories.winp.banks=2  core.memories.winp.banks: contradicts `--set core.memories={}`, "
            "which sets all of core.memories",
        ),
        (["voltage=null"], "architectures/reckon.yaml:3:1  voltage: missing; expected a voltage such as `0.5 V`"),
    ],
)
def test_settings(settings, message, command, here, content):
    answer = command(*RUN, *(word for text in settings for word in ("--set", text)))
    assert (answer.status, answer.err) == (2, message + "\n")
    assert content(here) == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*RUN, "--engine", "simpi"), "--engine: `simpi` is no engine (did you mean `simpy`?)"),
        ((*RUN, "--engine", "verilog"), "--engine: `verilog` is no engine; there are: compiled, simpy"),
        (("validate", ".", "--engine", "Compiled"), "--engine: `Compiled` is no engine (did you mean `compiled`?)"),
        ((*RUN, "--window", "5"), f"--window: '5' {WINDOW}"),
        ((*RUN, "--window", "9:3"), f"--window: '9:3' {WINDOW}"),
        ((*RUN, "--window", "-1:3"), f"--window: '-1:3' {WINDOW}"),
        ((*RUN, "--window", "²:3"), f"--window: '²:3' {WINDOW}"),
        (
            (*RUN, "--window", "3000000:3000001"),
            "--window: 3000000:3000001 begins after the run, which has 2250000 time steps",
        ),
        ((*RUN, "--seed", "-1"), "Invalid value for '--seed': Input should be greater than or equal to 0"),
        ((*RUN, "--sed", "1"), "No such option: --sed (Possible options: --seed, --set)"),
        (("run", "reckon"), "Missing argument 'workload'. Workload: a YAML file or a shipped name."),
        (
            ("list",),
            "Missing argument 'kind'. One of architectures, workloads, rules, consolidations, neurons, controllers, "
            "technologies or memories.",
        ),
        (("rum",), "No such command 'rum'. Did you mean 'run'?"),
        (("sweep", "x", "--workers", "0"), "Invalid value for '--workers': Input should be greater than or equal to 1"),
        (("list", "rule"), "list: there is no kind `rule` (did you mean `rules`?)"),
        (
            ("list", "things"),
            "list: there is no kind `things`; there are: architectures, workloads, rules, consolidations, neurons, "
            "controllers, technologies, memories",
        ),
        (
            ("schema", "x"),
            "schema: there is no schema of `x`; there are: architecture, workload, sweep, technology, "
            "memory_technology",
        ),
        (("describe", "recon"), "describe: there is no `recon` (did you mean `reckon`?)"),
        (("describe", "architecure", "x"), "describe: there is no kind `architecure` (did you mean `architecture`?)"),
        (
            ("describe", "rule", "eprob"),
            "describe: unknown plasticity rule `eprob` (did you mean `eprop`?); there are: {rules}",
        ),
        (
            ("describe", "neuron", "life"),
            "describe: unknown neuron model `life` (did you mean `lif`?); there are: {neurons}",
        ),
        (
            ("describe", "controller", "tock"),
            "describe: unknown controller `tock` (did you mean `tick`?); there are: {controllers}",
        ),
        (("describe", "a", "b", "c"), "describe: 'a b c' is no thing; write `accelsim describe [KIND] NAME`"),
        (
            ("describe", "technology", "28n"),
            "technology: unknown technology `28n` (did you mean `28nm`?); known: {technologies}; or a technology file",
        ),
        (
            ("describe", "reckon", "--set", "voltage=0.1 V"),
            "--set voltage=0.1 V  voltage: 0.1 V is outside 0.5 V to 1.1 V, the range of the models of 28nm-fdsoi; "
            "declare a lower `minimum_voltage` if it works there",
        ),
        (
            ("describe", "reckon", "--set", "voltage=0.3 V", "--set", "minimum_voltage=0.3 V"),
            "--set voltage=0.3 V  voltage: 0.3 V is not above the threshold voltage (0.4 V)",
        ),
    ],
)
def test_flags_and_words(words, message, command, here, content, filled):
    answer = command(*words)
    assert (answer.status, answer.out, answer.err) == (2, "", filled(message) + "\n")
    assert content(here) == set()


def test_a_setting_in_range_is_taken(command, here):
    words = ("--set", "epochs=3", "--set", "workload.test_samples=4")
    answer = command("describe", "workload", "cue_accumulation", *words)
    assert (answer.status, answer.err) == (0, "")
    assert "3 epochs of 50 training and 4 test samples" in answer.out
