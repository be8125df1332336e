"""Broken YAML files: each gives its message and exit status 2, and leaves nothing behind.

Every description in `broken/` extends a shipped one and has one mistake.
"""

import re

import pytest

MESSAGES = {
    "run alias_bomb.yaml cue_accumulation": (
        "alias_bomb.yaml:7:15  more than 200000 values (aliases count as often as they are used)"
    ),
    "run bad_sop.yaml cue_accumulation": (
        "bad_sop.yaml:3:14  core.sop.0: `sweeep` is no stage of a unit of this core (did you mean `sweep`?)"
    ),
    "run bits_not_dividing.yaml cue_accumulation": (
        "bits_not_dividing.yaml:5:12  core.memories.winp.bits: 524288 bits do not divide into words of 120 bits"
    ),
    "run bool_for_number.yaml cue_accumulation": (
        "bool_for_number.yaml:5:12  core.memories.winp.banks: true is not a whole number"
    ),
    "run cold.yaml cue_accumulation": ("cold.yaml:3:1  temperature: 0 K is outside 230 K to 400 K"),
    "run reckon contradicting_network.yaml": (
        "contradicting_network.yaml:3:11  network.input: 41 neurons, but the task has 40 inputs"
    ),
    "run cycle_a.yaml cue_accumulation": (
        "cycle_b.yaml:2:1  extends: a file may not extend itself (cycle_a.yaml > cycle_b.yaml > cycle_a.yaml)"
    ),
    "run reckon derived_register.yaml": (
        "derived_register.yaml:3:33  settings.reckon.registers.NUM_REC_NEUR: follows from the network and cannot be set"
    ),
    "sweep descending_range.yaml": (
        "descending_range.yaml:5:46  axes.architecture.core.units.plasticity.lanes.range: ends at 2, "
        "before it begins at 8"
    ),
    "run duplicate_key.yaml cue_accumulation": (
        "duplicate_key.yaml:5:1  the key `voltage` is here twice (first on line 3)"
    ),
    "run empty.yaml cue_accumulation": ("empty.yaml  the file is empty"),
    "run reckon even_cues.yaml": ("even_cues.yaml:3:8  task.cues: 6 is even: both sides could have as many cues"),
    "run reckon extra_population.yaml": (
        "extra_population.yaml:3:11  network.hidden: this core works on no population `hidden`; there are: "
        "input, recurrent, output"
    ),
    "run first_cycles_of_two.yaml cue_accumulation": (
        "first_cycles_of_two.yaml:5:57  core.phases.classify.body.0.steps.0.first_cycles: needs a nest of "
        "one step that is not pipelined"
    ),
    "run for_and_repeat.yaml cue_accumulation": (
        "for_and_repeat.yaml:5:37  core.phases.classify.body.0.repeat: a nest has `for` or `repeat`, not both"
    ),
    "run reckon fraction_of_tick.yaml": (
        "fraction_of_tick.yaml:3:8  task.delay: 10.5 ms is no whole number of ticks of 1 ms"
    ),
    "run free_access.yaml cue_accumulation": (
        "free_access.yaml:5:33  core.phases.classify.body.0.steps.0.cycles: 0, but the step accesses a "
        "memory; a port takes a cycle"
    ),
    "run reckon high_rate.yaml": ("high_rate.yaml:3:8  task.cue_rate: 2 kHz is more than one spike per tick of 1 ms"),
    "run huge_lanes.yaml cue_accumulation": ("huge_lanes.yaml:5:12  core.units.soma.lanes: 1000000 is not <= 4096"),
    "run reckon huge_population.yaml": ("huge_population.yaml:3:11  network.recurrent: 1000000 is not <= 8192"),
    "run huge_size.yaml cue_accumulation": (
        "huge_size.yaml:5:12  core.memories.winp.size: 562949953421312 bits are more than the 1 GiB that a "
        "memory may have"
    ),
    "run huge_words.yaml cue_accumulation": (
        "huge_words.yaml:5:15  core.memories.neurons.words: 128000000000000 bits are more than the 1 GiB "
        "that a memory may have"
    ),
    "run lane_without_block.yaml cue_accumulation": (
        "lane_without_block.yaml:5:24  core.phases.classify.body.0.for: `lane` needs an enclosing loop over `block`"
    ),
    "run list_for_mapping.yaml cue_accumulation": (
        "list_for_mapping.yaml:3:1  core: found a list, expected a mapping with `controller`, `memories`, "
        "`units`, `index_sets`, `phases`, `sequence`"
    ),
    "run reckon long_sample.yaml": (
        "workloads/cue_accumulation.yaml:L:C  task.tick: a sample has 100001200 ticks, more than 1000000: "
        "shorten its cues or durations, or lengthen `tick`"
    ),
    "run low_voltage.yaml cue_accumulation": (
        "low_voltage.yaml:3:1  voltage: 0.2 V is outside 0.5 V to 1.1 V, the range of the models of "
        "28nm-fdsoi; declare a lower `minimum_voltage` if it works there"
    ),
    "run mask_without_loop.yaml cue_accumulation": (
        "mask_without_loop.yaml:5:24  core.phases.classify.body.0.mask: mask `event` needs an enclosing loop over `pre`"
    ),
    "run missing_base.yaml cue_accumulation": (
        "missing_base.yaml:2:1  extends: no such file or shipped architecture (did you mean `reckon`?)"
    ),
    "run missing_part.yaml cue_accumulation": (
        "architectures/reckon.yaml:L:C  core.phases.learn.body.0.body.0.steps.1.runs.2: `update_output` is "
        "no stage of a unit of this core (did you mean `update_input`?)\n"
        "architectures/reckon.yaml:L:C  core.phases.learn_output.body.0.steps.1.runs.2: `update_output` is "
        "no stage of a unit of this core (did you mean `update_input`?)"
    ),
    "run missing_unit.yaml cue_accumulation": (
        "missing_unit.yaml:3:1  clock: 13 has no unit; expected a frequency such as `200 MHz`"
    ),
    "run negative_lanes.yaml cue_accumulation": ("negative_lanes.yaml:5:12  core.units.soma.lanes: -2 is not > 0"),
    "run reckon negative_scale.yaml": ("negative_scale.yaml:3:37  settings.reckon.input_weights.scale: -1 is not >= 0"),
    "run negative_voltage.yaml cue_accumulation": ("negative_voltage.yaml:3:1  voltage: -0.5 V is not > 0"),
    "run no_core.yaml cue_accumulation": (
        "no_core.yaml:1:1  core: missing; expected a mapping with `controller`, `memories`, `units`, "
        "`index_sets`, `phases`, `sequence`"
    ),
    "run reckon no_recurrent.yaml": (
        "architectures/reckon.yaml:L:C  core.index_sets.recurrent.population: the network has no "
        "population `recurrent`; there are: input, output\n"
        "no_recurrent.yaml:3:1  network: controller `reckon` needs a population `recurrent`; there are: "
        "input, output"
    ),
    "run reckon no_samples.yaml": (
        "no_samples.yaml:4:1  test_samples: no samples: give `training_samples` or `test_samples` > 0"
    ),
    "run not_a_choice.yaml cue_accumulation": (
        "not_a_choice.yaml:5:12  core.memories.winp.ports: '1WR' is not one of 1RW, 2RW, 1R1W, 2R1W, 2R2W "
        "(did you mean `1RW`?)"
    ),
    "run not_a_mapping.yaml cue_accumulation": (
        "not_a_mapping.yaml:1:1  expected a mapping whose first key is `architecture`"
    ),
    "run open_bracket.yaml cue_accumulation": (
        "open_bracket.yaml:4:1  not valid YAML: did not find expected ',' or ']'"
    ),
    "run option_type.yaml cue_accumulation": (
        "option_type.yaml:3:18  core.options.skip_odd_tail: 1 is not true or false"
    ),
    "run pipelined_body.yaml cue_accumulation": (
        "pipelined_body.yaml:5:24  core.phases.classify.body.0.pipelined: only a nest of steps can be pipelined"
    ),
    "run python_object.yaml cue_accumulation": (
        "python_object.yaml:1:15  the tag `!!python/object/apply:os.system` is not allowed; a file is plain data"
    ),
    "run single_core rule_of_nobody.yaml": (
        "rule_of_nobody.yaml:3:12  learning.rule: unknown plasticity rule `eprob` (did you mean `eprop`?); "
        "there are: {rules}"
    ),
    "run single_core rule_parameter.yaml": (
        "rule_parameter.yaml:3:38  learning.parameters.rat: unknown key (did you mean `rate`?)"
    ),
    "run reckon rule_parameters.yaml": (
        "rule_parameters.yaml:3:25  learning.parameters: the rule of this core is set by `settings.reckon.registers`"
    ),
    "run set_of_itself.yaml cue_accumulation": (
        "set_of_itself.yaml:5:5  core.index_sets.pre: this set is defined by way of itself"
    ),
    "run reckon settings_of_nobody.yaml": (
        "settings_of_nobody.yaml:3:12  settings.recon: there is no controller `recon` (did you mean `reckon`?)"
    ),
    "run several.yaml several_workload.yaml": (
        "several.yaml:3:1  voltage: 0.5 has no unit; expected a voltage such as `0.5 V`\n"
        "several.yaml:4:1  clock: 0 MHz is not > 0 Hz\n"
        "several.yaml:6:3  core.controler: unknown key (did you mean `controller`?)\n"
        "several.yaml:8:12  core.memories.winp.ports: '3RW' is not one of 1RW, 2RW, 1R1W, 2R1W, 2R2W (did "
        "you mean `2RW`?)\n"
        "several_workload.yaml:3:1  epochs: 0 is not > 0\n"
        "several_workload.yaml:4:1  seed: unknown key (allowed: workload, description, task, network, "
        "learning, tasks, epochs, training_samples, test_samples, settings, capabilities, overload, mission)"
    ),
    "run steps_and_body.yaml cue_accumulation": (
        "steps_and_body.yaml:5:23  core.phases.classify.body.0: a nest has either `steps` or a `body`, not "
        "both and not neither"
    ),
    "run straddling_rows.yaml cue_accumulation": (
        "architectures/reckon.yaml:L:C  core.index_sets.row_word: 12 lanes and 16 items a word of `winp`: "
        "one must be a multiple of the other, or rows would straddle words"
    ),
    "run tabs.yaml cue_accumulation": (
        "tabs.yaml:3:1  not valid YAML: found character that cannot start any token (indent with spaces, not tabs)"
    ),
    "run text_for_number.yaml cue_accumulation": (
        "text_for_number.yaml:5:12  core.memories.winp.banks: 'four' is not a whole number"
    ),
    "run reckon too_many_neurons.yaml": (
        "architectures/reckon.yaml:L:C  core.memories.neurons: 300 items of 64 bits need 150 words of 128 "
        "bits, 22 more than the 128 there are\n"
        "architectures/reckon.yaml:L:C  core.memories.wrec: 300 rows of 300 items of 8 bits need 5700 "
        "words of 128 bits, 1604 more than the 4096 there are"
    ),
    "run too_small.yaml cue_accumulation": (
        "too_small.yaml:5:5  core.memories.wrec: 100 rows of 100 items of 8 bits need 700 words of 128 "
        "bits, 636 more than the 64 there are"
    ),
    "run reckon training_without_learning.yaml": (
        "workloads/cue_accumulation.yaml:L:C  training_samples: 50 samples to learn from, but no `learning`"
    ),
    "run two_capacities.yaml cue_accumulation": (
        "two_capacities.yaml:5:12  core.memories.winp.words: give either `words` or `size`, not both"
    ),
    "run two_documents.yaml cue_accumulation": (
        "two_documents.yaml:2:1  a second document starts here; a file holds one"
    ),
    "run unit_twice.yaml cue_accumulation": (
        "unit_twice.yaml:5:23  core.units.leaker.stages.0: unit `soma` has the stage `leak` already"
    ),
    "sweep unknown_axis.yaml": (
        "unknown_axis.yaml:5:3  axes.architecture.core.units.plastcity.lanes: core.units has no "
        "`plastcity` (did you mean `plasticity`?)"
    ),
    "sweep unknown_base.yaml": (
        "unknown_base.yaml:2:1  architecture: 'recon' is no file beside the sweep and no shipped "
        "architecture (did you mean `reckon`?)"
    ),
    "run unknown_condition.yaml cue_accumulation": (
        "unknown_condition.yaml:5:23  core.phases.classify.when.0: `steped` is no condition of controller "
        "`reckon` (did you mean `stepped`?)"
    ),
    "run unknown_controller.yaml cue_accumulation": (
        "unknown_controller.yaml:3:8  core.controller: unknown controller `recon` (did you mean "
        "`reckon`?); there are: {controllers}"
    ),
    "run unknown_count.yaml cue_accumulation": (
        "unknown_count.yaml:5:24  core.phases.classify.body.0.repeat: `delivery_count` is no count of "
        "controller `reckon` (did you mean `delivery`?)"
    ),
    "run unknown_index_set.yaml cue_accumulation": (
        "unknown_index_set.yaml:5:24  core.phases.classify.body.0.for: `recurent` is no index set of this "
        "core (did you mean `recurrent`?)"
    ),
    "run unknown_item.yaml cue_accumulation": (
        "unknown_item.yaml:5:69  core.phases.classify.body.0.steps.0.reads.0.item: `lane` is no enclosing "
        "loop of this core; there are: pre"
    ),
    "run unknown_key.yaml cue_accumulation": (
        "unknown_key.yaml:6:7  core.memories.winp.bank: unknown key (did you mean `banks`?)"
    ),
    "run reckon unknown_law.yaml": (
        "unknown_law.yaml:3:37  settings.reckon.input_weights.law: 'gauss' is not one of normal, uniform, zero"
    ),
    "run unknown_mask.yaml cue_accumulation": (
        "unknown_mask.yaml:9:16  core.phases.classify.body.0.body.0.mask: `evnt` is no mask of controller "
        "`reckon` (did you mean `event`?)"
    ),
    "run unknown_memory.yaml cue_accumulation": (
        "unknown_memory.yaml:5:41  core.phases.classify.body.0.steps.0.reads.0: `neuron` is no memory of "
        "this core (did you mean `neurons`?)"
    ),
    "run unknown_neuron.yaml cue_accumulation": (
        "unknown_neuron.yaml:3:8  core.neuron: unknown neuron model `life` (did you mean `lif`?); there are: {neurons}"
    ),
    "run unknown_option.yaml cue_accumulation": (
        "unknown_option.yaml:3:18  core.options.skip_odd_tails: unknown key (did you mean `skip_odd_tail`?)"
    ),
    "run unknown_phase.yaml cue_accumulation": (
        "unknown_phase.yaml:4:23  core.sequence.1: `stepp` is no phase of this core (did you mean `step`?)"
    ),
    "run unknown_population.yaml cue_accumulation": (
        "unknown_population.yaml:5:14  core.index_sets.output.population: the network has no population "
        "`readout`; there are: input, recurrent, output\n"
        "workloads/cue_accumulation.yaml:L:C  network.output: this core works on no population `output`; "
        "there are: input, recurrent, readout"
    ),
    "run empty_published.yaml cue_accumulation": (
        "empty_published.yaml:4:5  published.0.value: give either a `value` or a `range`"
    ),
    "run reckon unknown_register.yaml": (
        "unknown_register.yaml:3:33  settings.reckon.registers.KAPA: unknown register (did you mean `KAPPA`?)"
    ),
    "run reckon unknown_rule.yaml": (
        "unknown_rule.yaml:3:12  learning.rule: this core learns with `eprop`, not with `eprob` (did you mean `eprop`?)"
    ),
    "run unknown_stage.yaml cue_accumulation": (
        "unknown_stage.yaml:5:21  core.units.soma.stages.0: `leek` is no stage of controller `reckon` (did "
        "you mean `leak`?)"
    ),
    "run unknown_stage_run.yaml cue_accumulation": (
        "unknown_stage_run.yaml:5:40  core.phases.classify.body.0.steps.0.runs.0: `leek` is no stage of a "
        "unit of this core (did you mean `leak`?)"
    ),
    "run unknown_state.yaml cue_accumulation": (
        "unknown_state.yaml:5:20  core.memories.winp.holds.item_bits: `wieght` is no state of controller "
        "`tick` (did you mean `weight`?); it has: replay_item, checkpoint_item, tenants_item, address, link, row, "
        "weight, synapse_trace, synapse, presynaptic_trace, neuron, current, output_weight, output_synapse_trace, "
        "output_synapse, output_presynaptic_trace, readout, feedback"
    ),
    "run reckon unknown_task.yaml": (
        "unknown_task.yaml:3:8  task.kind: 'cue-acumulation' is not one of cue-accumulation, digits, events, images, "
        "keywords, manifolds, pattern-generation, recorded (did you mean `cue-accumulation`?)"
    ),
    "run unknown_technology.yaml cue_accumulation": (
        "unknown_technology.yaml:3:1  technology: unknown technology `28nm-fdso` (did you mean "
        "`28nm-fdsoi`?); known: {technologies}; or a technology file"
    ),
    "run unknown_unit.yaml cue_accumulation": (
        "unknown_unit.yaml:3:1  clock: unknown unit `Mhz` in '13 Mhz' (did you mean `MHz`?); expected a "
        "frequency such as `200 MHz`"
    ),
    "run wide_item.yaml cue_accumulation": (
        "wide_item.yaml:5:20  core.memories.winp.holds.item_bits: an item of 200 bits does not fit a word of 128"
    ),
    "run reckon wide_register.yaml": (
        "wide_register.yaml:3:33  settings.reckon.registers.KAPPA: 256 does not fit the register's 8 bits, -128 to 255"
    ),
    "run wrong_unit.yaml cue_accumulation": (
        "wrong_unit.yaml:3:1  clock: '13 V' is a voltage; expected a frequency such as `200 MHz`"
    ),
    "run reckon zero_neurons.yaml": ("zero_neurons.yaml:3:11  network.recurrent: 0 is not > 0"),
    "run zero_words.yaml cue_accumulation": ("zero_words.yaml:5:15  core.memories.neurons.words: 0 is not > 0"),
}

SHIPPED = re.compile(r"((?:architectures|workloads)/\w+\.yaml):\d+:\d+")


@pytest.mark.parametrize("line", MESSAGES)
def test_the_message_says_what_and_where(line, command, corpus, content, filled, monkeypatch):
    monkeypatch.chdir(corpus)
    before = content(corpus)
    answer = command(*line.split())
    # lines of shipped files move as these are edited
    assert SHIPPED.sub(r"\1:L:C", answer.err) == filled(MESSAGES[line]) + "\n"
    assert answer.status == 2
    assert answer.out == ""
    assert content(corpus) == before


def test_every_file_is_tried(corpus):
    named = {word for line in MESSAGES for word in line.split() if word.endswith(".yaml")}
    assert {path.name for path in corpus.iterdir()} == named | {"cycle_b.yaml"}  # the other half of cycle_a


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (b"architecture: caf\xe9\n", "chip.yaml:1  not UTF-8 text\n"),
        (b"architecture: a\n# \xff\n", "chip.yaml:2  not UTF-8 text\n"),
        (b"architecture: a\x00b\n", "chip.yaml:1:16  unprintable character '\\x00'\n"),
        (b"", "chip.yaml  the file is empty\n"),
        (b"a" * (2 * 1024**2 + 1), "chip.yaml  larger than 2 MiB\n"),
        (b"[" * 100, "chip.yaml:1:65  nested deeper than 64 levels\n"),
    ],
)
def test_files_that_are_no_text(written, message, command, here):
    (here / "chip.yaml").write_bytes(written)
    answer = command("run", "chip.yaml", "cue_accumulation")
    assert (answer.status, answer.err) == (2, message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run chip.yaml cue_accumulation", "chip.yaml  no such file or shipped architecture\n"),
        ("run recon cue_accumulation", "recon  no such file or shipped architecture (did you mean `reckon`?)\n"),
        ("run folder cue_accumulation", "folder  cannot be read: is a directory\n"),
        ("run reckon cue", "cue  no such file or shipped workload\n"),
        (
            "run recon cue_accumulatio",
            "cue_accumulatio  no such file or shipped workload (did you mean `cue_accumulation`?)\n"
            "recon  no such file or shipped architecture (did you mean `reckon`?)\n",
        ),
        ("sweep nothing.yaml", "nothing.yaml  no such file\n"),
        ("sweep reckon", "reckon  no such file\n"),
    ],
)
def test_files_that_are_not_there(line, message, command, here, content):
    (here / "folder").mkdir()
    answer = command(*line.split())
    assert (answer.status, answer.err) == (2, message)
    assert content(here) == {"folder"}
