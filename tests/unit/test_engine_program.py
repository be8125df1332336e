"""Lowering: what it says of tables that ask for what is not there; log and counters of small programs."""

import numpy as np
import pytest

from accelsim.architecture.schema import Architecture
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.controllers.activity import Activity
from accelsim.controllers.vocabulary import Vocabulary
from accelsim.engine.compiled import compiled_engine
from accelsim.engine.counts import Counter, count_engine
from accelsim.engine.program import lower
from accelsim.engine.reference import ReferenceEngine
from accelsim.mapping.placement import place

VOCABULARY = Vocabulary(("learning",), {"event": ("n",)}, ("messages",))


def prepare(body, sizes=None, vocabulary=VOCABULARY, index_sets=None):
    memory = {"words": "fit", "items": 2, "holds": {"columns": "n", "item_bits": 8}}
    data = {
        "architecture": "a", "technology": "28nm", "voltage": "1 V", "clock": "1 MHz",
        "core": {
            "controller": "mine", "memories": {"m": memory}, "units": {"u": {"stages": ["add", "p"]}},
            "index_sets": {"n": {"population": "n"}} | (index_sets or {}),
            "phases": {"p": {"body": body}}, "sequence": ["p"],
        },
    }  # fmt: skip
    document = Document.of(data, "architecture")
    architecture = validate(document, Architecture)
    placement = place(architecture, sizes or {"n": 5}, document)
    return architecture, placement, lower(architecture, placement, vocabulary, document)


@pytest.mark.parametrize(
    ("nest", "path", "message"),
    [
        ({"when": ["not lerning"], "steps": [{}]}, "when.0",
         "`lerning` is no condition of controller `mine` (did you mean `learning`?)"),
        ({"repeat": "message", "steps": [{}]}, "repeat",
         "`message` is no count of controller `mine` (did you mean `messages`?)"),
        ({"for": "n", "steps": [{"reads": [{"memory": "m", "mask": "events"}]}]}, "steps.0.reads.0.mask",
         "`events` is no mask of controller `mine` (did you mean `event`?)"),
        ({"mask": "event", "steps": [{}]}, "mask", "mask `event` needs an enclosing loop over `n`"),
        ({"for": "n", "mask": "event", "steps": [{}]}, "mask", "mask `event` needs an enclosing loop over `n`"),
        ({"for": "n", "steps": [{"reads": [{"memory": "m", "item": "n", "mask": "event"}]}]}, "steps.0.reads.0",
         "not as often at one index of mask `event` as at another, and only the number of indices where a mask holds "
         "is known"),
    ],
)  # fmt: skip
def test_what_the_controller_cannot_tell(nest, path, message):
    with pytest.raises(ConfigError) as error:
        prepare([nest])
    assert [(p.path, p.message) for p in error.value.problems] == [(f"core.phases.p.body.0.{path}", message)]


def test_too_many_loops_inside_each_other():
    sets = {f"k{i}": {"count": 1} for i in range(9)}
    prepare([{"for": list(sets)[:8], "steps": [{}]}], index_sets=sets)
    with pytest.raises(ConfigError, match="more than 8 loops inside each other"):
        prepare([{"for": list(sets), "steps": [{}]}], index_sets=sets)


def test_deep_bodies_without_loops():
    nest = {"steps": [{"reads": ["m"]}]}
    for _ in range(70):
        nest = {"body": [nest]}
    architecture, placement, program = prepare([nest])
    activity = Activity(np.array([[0, 0, 0]]), {"event": np.zeros((1, 5), np.uint8)}, range(1))
    log = compiled_engine(program).run(activity)
    assert ReferenceEngine(architecture, placement, VOCABULARY).run(activity).log.first_difference(log) is None
    assert len(log.rows) == 3


def test_no_time_steps():
    _, _, program = prepare([{"for": "n", "body": [{"mask": "event", "steps": [{}]}]}])
    empty = Activity(np.zeros((0, 3), np.int64), {"event": np.zeros((0, 5), np.uint8)}, range(0))
    assert len(compiled_engine(program).run(empty).rows) == 0
    assert count_engine(program).run(empty.counts).shape == (0, 1)


def test_a_state_may_be_called_like_a_stage():
    architecture, placement, program = prepare([{"steps": [{"runs": ["p"]}]}])
    activity = Activity(np.array([[0, 0, 0]]))
    log = compiled_engine(program).run(activity)
    assert ReferenceEngine(architecture, placement, VOCABULARY).run(activity).log.first_difference(log) is None
    assert log.components == ("p", "m", "add", "p")
    assert log.rows[:, 1].tolist() == [0, 3, 0]


def test_log_and_counters_of_a_small_table():
    body = [{"for": "n", "body": [{"mask": "event", "steps": [{"reads": ["m"]}, {"writes": ["m"]}]}]}]
    _, _, program = prepare(body, {"n": 3})
    activity = Activity(np.array([[0, 2, 0]]), {"event": np.array([[1, 0, 1]], np.uint8)}, range(1))
    log = compiled_engine(program).run(activity, start=10)
    assert [log.describe(i) for i in range(len(log.rows))] == [
        "cycle 10 p begin 0 x0", "cycle 10 m read 0 x1", "cycle 11 m write 0 x1",
        "cycle 12 p begin 2 x0", "cycle 12 p end 0 x0", "cycle 12 m read 2 x1", "cycle 13 m write 2 x1",
        "cycle 14 p end 2 x0",
    ]  # fmt: skip
    assert (log.tick_start.tolist(), log.tick_stop.tolist()) == ([10], [14])
    counts = count_engine(program)
    table = dict(zip(counts.counters, counts.run(activity.counts)[0], strict=True))
    assert table == {Counter("cycles", "p", "p"): 4, Counter("read", "m", "p"): 2, Counter("write", "m", "p"): 2}

    other = compiled_engine(program).run(
        Activity(activity.counts, {"event": np.array([[0, 1, 1]], np.uint8)}, range(1)), start=10
    )
    assert log.first_difference(other) == "event 0: cycle 10 p begin 0 x0 against cycle 10 p begin 1 x0"


@pytest.mark.parametrize("repeats", [2**53 + 1, 2**61 - 1])
def test_counts_are_exact_integers(repeats):
    _, _, program = prepare([{"repeat": "messages", "steps": [{"cycles": 3}]}])
    assert count_engine(program).run(np.array([[0, 0, repeats]]))[0, 0] == 3 * repeats
