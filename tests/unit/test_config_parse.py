from itertools import pairwise
from typing import Any

import pytest
import yaml

from accelsim.config import parse as parse_module
from accelsim.config.errors import ConfigError
from accelsim.config.node import deepest, plain
from accelsim.config.parse import MAX_NODES, parse, resolve_scalar


def message(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("200 MHz", "200 MHz"),
        ("", None),
        ("~", None),
        ("null", None),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b101", 5),
        ("017", 17),
        ("1_000", 1000),
        ("-3", -3),
        ("1e-3", 0.001),
        ("1E6", 1e6),
        (".5", 0.5),
        ("2.", 2.0),
        ("-.inf", float("-inf")),
        ("1__0", "1__0"),
        ("0x", "0x"),
        (".", "."),
        ("1e", "1e"),
        ("=", "="),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    resolved = resolve_scalar(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_quoted_and_tagged_scalars() -> None:
    root = parse('a: "5"\nb: !!str 5\nc: !!float 5\nd: !!int "7"\ne: ! 5\n', "f.yaml")
    assert plain(root) == {"a": "5", "b": "5", "c": 5.0, "d": 7, "e": "5"}
    assert isinstance(plain(root)["c"], float)


def test_keys_are_text() -> None:
    assert plain(parse("1: a\ntrue: b\non: c\n28 nm: d\n", "f")) == {
        "1": "a",
        "true": "b",
        "on": "c",
        "28 nm": "d",
    }


def test_every_value_knows_its_place() -> None:
    root = parse("a:\n  b:\n    - 1\n    - {c: 2,\n       d: 3}\n", "f.yaml")
    assert deepest(root, ("a",)).origin == ("f.yaml", 1, 1)
    assert deepest(root, ("a", "b", 0)).origin == ("f.yaml", 3, 7)
    assert deepest(root, ("a", "b", 1, "d")).origin == ("f.yaml", 5, 8)
    assert deepest(root, ("a", "b", 1, "missing", "x")).origin == ("f.yaml", 4, 7)


def test_aliases_and_merge_keys() -> None:
    text = "a: &a {x: 1, y: 2}\nb: *a\nc:\n  <<: *a\n  y: 3\nd: {<<: [{x: 5}, *a]}\n"
    assert plain(parse(text, "f.yaml")) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 2},
        "c": {"x": 1, "y": 3},
        "d": {"x": 5, "y": 2},
    }


def test_all_duplicate_keys_and_foreign_tags_are_reported() -> None:
    text = "a: 1\nb: !!python/object/apply:os.system [ls]\na: 2\nc: !mine 3\nd: !!set {x}\ne: !!binary aGk=\n"
    assert message(text).splitlines() == [
        "f.yaml:2:4  the tag `!!python/object/apply:os.system` is not allowed; a file is plain data",
        "f.yaml:3:1  the key `a` is here twice (first on line 1)",
        "f.yaml:4:4  the tag `!mine` is not allowed; a file is plain data",
        "f.yaml:5:4  the tag `!!set` is not allowed; a file is plain data",
        "f.yaml:6:4  the tag `!!binary` is not allowed; a file is plain data",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f.yaml  the file is empty"),
        ("# only a comment\n", "f.yaml  the file is empty"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1  a second document starts here; a file holds one"),
        ("a: b: c\n", "f.yaml:1:5  not valid YAML: mapping values are not allowed in this context"),
        (
            "a:\n\t- 1\n",
            "f.yaml:2:1  not valid YAML: found character that cannot start any token (indent with spaces, not tabs)",
        ),
        (
            "a: @x\n",
            "f.yaml:1:4  not valid YAML: found character that cannot start any token "
            "(put text that starts with @ in quotes)",
        ),
        ("a: *b\n", "f.yaml:1:4  the alias `*b` has no anchor `&b` before it"),
        ("a: &a [*a]\n", "f.yaml:1:8  the alias `*a` stands inside the value it names"),
        ("? [x]\n: 1\n", "f.yaml:1:3  a key must be text"),
        ("a: {<<: 3}\n", "f.yaml:1:5  `<<` merges mappings only"),
        ("a: !!int x\n", "f.yaml:1:4  'x' is not a `!!int`"),
        ("a: " + "9" * 5000, "f.yaml:1:4  the number has too many digits"),
        ("a: 1\nb: x\0y\n", "f.yaml:2:5  unprintable character '\\x00'"),
        ("a: " + "[" * 70 + "]" * 70, "f.yaml:1:67  nested deeper than 64 levels"),
        ("a: " + "[" * 100_000, "f.yaml:1:67  nested deeper than 64 levels"),
    ],
)
def test_bad_files(text: str, expected: str) -> None:
    assert message(text) == expected


def test_an_alias_bomb_is_one_message() -> None:
    names = "abcdefghijkl"
    levels = [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in pairwise(names)]
    found = message("\n".join(["a: &a [1]", *levels]))
    assert found.endswith(f"more than {MAX_NODES} values (aliases count as often as they are used)")
    assert len(found.splitlines()) == 1


def test_depth_counts_through_aliases() -> None:
    deep = "[" * 40 + "]" * 40
    assert message(f"a: &a {deep}\nb: {'[' * 30}*a{']' * 30}\n") == "f.yaml:2:34  nested deeper than 64 levels"


def test_the_python_parser_gives_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x {b: [1, two, 3.0], c: 'q'}\nd:\n  - *x\n  - |\n    text\n"
    compiled = parse(text, "f.yaml")
    monkeypatch.setattr(parse_module, "_Loader", yaml.SafeLoader)
    assert parse(text, "f.yaml") == compiled
