from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, field_validator, model_validator

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import Model, PathError, PathErrors, validate
from accelsim.config.parse import parse
from accelsim.config.quantity import Bits, Frequency, Time


class Sram(Model):
    kind: Literal["sram"]
    words: int = Field(gt=0)
    size: Bits | None = None
    banks: int = Field(1, ge=1, le=8)


class Registers(Model):
    kind: Literal["registers"]
    count: int


Memory = Annotated[Sram | Registers, Field(discriminator="kind")]


class Grid(Model):
    grid: tuple[int, int]


class Log(Model):
    log: tuple[float, float]
    points: int = 3


class Chip(Model):
    architecture: str
    clock: Frequency
    memory: Memory
    memories: dict[str, Memory] = Field(default_factory=dict)
    stack: tuple[Memory, ...] = Field((), max_length=2)
    lanes: int | Literal["auto"] | Sram = 1
    axis: Grid | Log | None = None
    engine: Literal["compiled", "simpy"] = "simpy"
    rate: float = Field(1.0, gt=0)
    flag: bool = False
    label: str = Field("x", min_length=1, pattern="^[a-z]+$")
    steps: int = Field(4, multiple_of=2)
    names: tuple[str, ...] = Field(("a",), min_length=1)
    pause: Time = Field(1.0, gt=0)

    @field_validator("label")
    @classmethod
    def _no_reserved_word(cls, label: str) -> str:
        if label == "default":
            raise ValueError("`default` is reserved")
        return label

    @model_validator(mode="after")
    def _rates(self) -> "Chip":
        if self.rate > 1:
            raise PathError(("memories", "w", "words"), "too many for this rate")
        if self.steps > 100:
            raise PathErrors([PathError("steps", "too many"), PathError("lanes", "too few")])
        return self


GOOD = {"architecture": "a", "clock": "200 MHz", "memory": "{kind: sram, words: 5}"}


def load(**fields: str) -> Chip:
    text = "\n".join(f"{key}: {value}" for key, value in ({**GOOD, **fields}).items())
    return validate(Document("architecture", "a.yaml", parse(text, "a.yaml")), Chip)


def messages(**fields: str) -> list[str]:
    """Return the problems without their file."""
    with pytest.raises(ConfigError) as caught:
        load(**fields)
    return [line.split("  ", 1)[1] for line in str(caught.value).splitlines()]


def test_a_valid_document() -> None:
    chip = load(stack="[{kind: registers, count: 2}]", axis="{log: [1, 2.5]}", rate="1", lanes="auto", pause="1 ms")
    assert chip.clock == 200e6
    assert chip.stack == (Registers(kind="registers", count=2),)
    assert chip.axis == Log(log=(1.0, 2.5))
    assert isinstance(chip.rate, float)
    assert chip.pause == 0.001


def test_all_problems_at_once_each_at_its_place() -> None:
    text = """\
architecture: a
clock: 200
memory:
  kind: sram
  words: 0
  bank: 2
memories:
  w: {kind: sram}
  v: {kind: srma, words: 3}
unknown: 1
"""
    with pytest.raises(ConfigError) as caught:
        validate(Document("architecture", "a.yaml", parse(text, "a.yaml")), Chip)
    assert str(caught.value).splitlines() == [
        "a.yaml:2:1  clock: 200 has no unit; expected a frequency such as `200 MHz`",
        "a.yaml:5:3  memory.words: 0 is not > 0",
        "a.yaml:6:3  memory.bank: unknown key (did you mean `banks`?)",
        "a.yaml:8:3  memories.w.words: missing; expected a whole number > 0",
        "a.yaml:9:7  memories.v.kind: 'srma' is not one of sram, registers (did you mean `sram`?)",
        "a.yaml:10:1  unknown: unknown key (allowed: architecture, clock, memory, memories, stack, lanes, "
        "axis, engine, rate, flag, label, steps, names, pause)",
    ]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        # scalars are never converted
        ("rate", "abc", "rate: 'abc' is not a number"),
        ("rate", "'1.5'", "rate: '1.5' is not a number"),
        ("rate", "true", "rate: true is not a number"),
        ("rate", ".nan", "rate: nan is not a finite number"),
        ("rate", ".inf", "rate: inf is not a finite number"),
        ("rate", "1e999", "rate: inf is not a finite number"),
        ("rate", "0", "rate: 0 is not > 0"),
        ("rate", "[1]", "rate: found a list, expected a number"),
        ("rate", "", "rate: no value; expected a number > 0"),
        ("steps", "1.5", "steps: 1.5 is not a whole number"),
        ("steps", "true", "steps: true is not a whole number"),
        ("steps", "5", "steps: 5 is not a multiple of 2"),
        ("flag", "yes", "flag: 'yes' is not true or false"),
        ("flag", "1", "flag: 1 is not true or false"),
        ("label", "5", "label: 5 is not text (put it in quotes)"),
        ("label", "A b", "label: 'A b' does not match the pattern ^[a-z]+$"),
        ("label", "''", "label: '' does not have at least 1 characters"),
        ("label", "default", "label: `default` is reserved"),
        ("pause", "0 s", "pause: 0 s is not > 0"),
        # choices
        ("engine", "fast", "engine: 'fast' is not one of compiled, simpy"),
        ("engine", "simpi", "engine: 'simpi' is not one of compiled, simpy (did you mean `simpy`?)"),
        ("engine", "3", "engine: 3 is not one of compiled, simpy"),
        # containers
        ("names", "a", "names: 'a' is not a list"),
        ("names", "[]", "names: has 0 items, expected at least 1"),
        ("names", "[1]", "names.0: 1 is not text (put it in quotes)"),
        ("memories", "[1]", "memories: found a list, expected a mapping"),
        ("memory", "5", "memory: 5 is not a mapping whose `kind` is one of sram, registers"),
        ("memory", "{}", "memory.kind: missing; expected one of sram, registers"),
        ("memory", "{kind: }", "memory.kind: no value; expected one of sram, registers"),
        ("memory", "{kind: [sram]}", "memory.kind: found a list, expected one of sram, registers"),
        ("memory", "", "memory: no value; expected a mapping whose `kind` is one of sram, registers"),
        ("memories", "{sram: {kind: sram, words: x}}", "memories.sram.words: 'x' is not a whole number"),
        ("stack", "[{kind: registers, count: a}]", "stack.0.count: 'a' is not a whole number"),
        ("stack", f"[{', '.join(['{kind: sram, words: 1}'] * 3)}]", "stack: has 3 items, expected at most 2"),
        # unions without a tag answer once
        ("lanes", "autp", "lanes: 'autp' is not a whole number, `auto` or a mapping with `kind`, `words` "
         "(did you mean `auto`?)"),
        ("lanes", "1.5", "lanes: 1.5 is not a whole number, `auto` or a mapping with `kind`, `words`"),
        ("lanes", "{kind: sram, words: -1}", "lanes.words: -1 is not > 0"),
        ("axis", "3", "axis: 3 is not a mapping with `grid` or a mapping with `log`"),
        ("axis", "{grid: [1, x]}", "axis.grid.1: 'x' is not a whole number"),
        ("axis", "{log: [1, 2], pts: 3}", "axis.pts: unknown key (did you mean `points`?)"),
        ("axis", "{x: 1}", "axis: found a mapping, expected a mapping with `grid` or a mapping with `log`"),
        # errors of validators
        ("rate", "2", "memories.w.words: too many for this rate"),
    ],
)  # fmt: skip
def test_messages(key: str, value: str, expected: str) -> None:
    assert messages(**{key: value}) == [expected]


def test_a_validator_may_report_several_keys() -> None:
    assert messages(steps="102") == ["lanes: too few", "steps: too many"]


def test_missing_keys_say_what_is_expected() -> None:
    with pytest.raises(ConfigError) as caught:
        validate(Document("architecture", "a.yaml", parse("architecture: a\n", "a.yaml")), Chip)
    assert str(caught.value).splitlines() == [
        "a.yaml:1:1  clock: missing; expected a frequency such as `200 MHz`",
        "a.yaml:1:1  memory: missing; expected a mapping whose `kind` is one of sram, registers",
    ]


def test_an_override_is_blamed_for_its_value() -> None:
    text = "architecture: a\nclock: 1 MHz\nmemory: {kind: sram, words: 5}\n"
    document = Document("architecture", "a.yaml", parse(text, "a.yaml"))
    with pytest.raises(ConfigError) as caught:
        validate(document.with_overrides(["memory.words=abc", "memroy.banks=2"]), Chip)
    assert str(caught.value).splitlines() == [
        "--set memory.words=abc  memory.words: 'abc' is not a whole number",
        "--set memroy.banks=2  memroy: unknown key (did you mean `memory`?)",
    ]


def test_a_part_of_a_document() -> None:
    root = parse("architecture: a\nplug: [{parameters: {grid: [1, a]}}]\n", "a.yaml")
    document = Document("architecture", "a.yaml", root)
    with pytest.raises(ConfigError, match=r"^a\.yaml:2:32  plug\.0\.parameters\.grid\.1: 'a' is not a whole number$"):
        validate(document, Grid, at=("plug", 0, "parameters"))


def test_aliased_keys_are_named_as_in_the_file() -> None:
    class Named(Model):
        name: str = Field(alias="architecture")
        cores: int

    document = Document("architecture", "a.yaml", parse("architecture: a\ncors: 2\n", "a.yaml"))
    with pytest.raises(ConfigError) as caught:
        validate(document, Named)
    assert str(caught.value).splitlines() == [
        "a.yaml:1:1  cores: missing; expected a whole number",
        "a.yaml:2:1  cors: unknown key (did you mean `cores`?)",
    ]
    assert validate(Document.of({"architecture": "a", "cores": 1}, "architecture"), Named).name == "a"


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError):
        load().rate = 2.0  # type: ignore[misc]
