import subprocess
import sys

import pytest

from accelsim.config.errors import ConfigError, Problem, check, did_you_mean, nearest


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("a.yaml", 14, 9, "core.words", "0 is not > 0"), "a.yaml:14:9  core.words: 0 is not > 0"),
        (Problem("a.yaml", 14, None, None, "not UTF-8 text"), "a.yaml:14  not UTF-8 text"),
        (Problem("--set a=1", path="a", message="unknown key"), "--set a=1  a: unknown key"),
        (Problem("a.yaml", message="the file is empty"), "a.yaml  the file is empty"),
        (Problem(path="a.b", message="missing"), "a.b: missing"),
        (Problem(message="cannot write x"), "cannot write x"),
    ],
)
def test_a_problem_is_one_line_without_the_parts_it_lacks(problem: Problem, line: str) -> None:
    assert str(problem) == line


def test_control_characters_stay_out_of_the_terminal() -> None:
    assert str(Problem("a", path="b\nc\x1b[31m", message="é µ")) == "a  b\\nc\\x1b[31m: é µ"


def test_problems_are_sorted_by_position_and_not_repeated() -> None:
    late, early = Problem("a.yaml", 10, 2, "x", "m"), Problem("a.yaml", 9, 30, "y", "m")
    error = ConfigError([late, early, late])
    assert error.problems == (early, late)
    assert str(error) == "a.yaml:9:30  y: m\na.yaml:10:2  x: m"


def test_check_raises_only_if_there_is_a_problem() -> None:
    check([])
    with pytest.raises(ConfigError, match=r"^p: m$"):
        check(iter([Problem(path="p", message="m")]))


def test_nearest_ignores_case_and_gives_up_on_strangers() -> None:
    assert nearest("BANK", ["words", "banks"]) == "banks"
    assert did_you_mean("bank", ["words", "banks"]) == " (did you mean `banks`?)"
    assert nearest("zzz", ["words", "banks"]) is None
    assert did_you_mean("zzz", ["words"]) == ""


def test_loading_does_not_import_numpy_or_pydantic() -> None:
    code = (
        "import sys, accelsim.config.loader, accelsim.config.registry;"
        "print({'numpy', 'pydantic', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
