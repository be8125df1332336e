from pathlib import Path

import pytest

from accelsim.config import library
from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.library import shipped
from accelsim.config.loader import MAX_BYTES, load_document


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty directory, with a shipped library of two architectures elsewhere."""
    folder = tmp_path / "package" / "library" / "architectures"
    folder.mkdir(parents=True)
    (folder / "reckon.yaml").write_text("architecture: reckon\ncore: {lanes: 1, words: 4}\n")
    (folder / "double.yaml").write_text("architecture: double\nextends: reckon.yaml\ncore: {lanes: 2}\n")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(library, "_PACKAGE", tmp_path / "package")
    shipped.cache_clear()
    yield work
    shipped.cache_clear()


def write(text: str, name: str = "a.yaml") -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    return name


def message(name: str, kind: str = "architecture") -> str:
    with pytest.raises(ConfigError) as caught:
        load_document(name, kind)
    return str(caught.value)


def test_a_document_knows_its_name_data_and_files(here: Path) -> None:
    document = load_document(write("architecture: mesh\ncores: 4\n"), "architecture")
    assert (document.name, document.kind, document.file) == ("mesh", "architecture", "a.yaml")
    assert document.data == {"architecture": "mesh", "cores": 4}
    assert document.sources == (Path("a.yaml"),)


@pytest.mark.parametrize("name", ["reckon", "reckon.yaml", "architectures/reckon.yaml", "architectures/reckon"])
def test_shipped_names(here: Path, name: str) -> None:
    Path("reckon").mkdir()  # a result directory of that name must not hide the shipped file
    document = load_document(name, "architecture")
    assert document.name == "reckon"
    assert document.file == "architectures/reckon.yaml"


def test_an_existing_path_comes_before_a_shipped_name(here: Path) -> None:
    assert load_document(write("architecture: mine\n", "reckon.yaml"), "architecture").name == "mine"


def test_a_shipped_name_does_not_answer_for_a_path_or_another_kind(here: Path) -> None:
    assert message("./reckon.yaml").startswith("./reckon.yaml  no such file")
    assert message("reckon", "workload") == "reckon  no such file"


def test_search_directories(here: Path) -> None:
    write("architecture: x\nb: ]\n", "studies/x.yaml")
    with pytest.raises(ConfigError, match=r"^studies/x\.yaml:2:4  not valid YAML"):
        load_document("x.yaml", "architecture", search=["studies"])


def test_the_installed_or_checked_out_library_is_found() -> None:
    shipped.cache_clear()
    assert all(path.is_file() for kind in ("architecture", "workload") for path in shipped(kind).values())
    assert shipped("sweep") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("workload: w\n", "a.yaml:1:1  this file describes a workload, expected an architecture"),
        ("cores: 4\narchitecture: a\n", "a.yaml:1:1  the first key must be `architecture`, found `cores`"),
        ("- 1\n", "a.yaml:1:1  expected a mapping whose first key is `architecture`"),
        ("just text\n", "a.yaml:1:1  expected a mapping whose first key is `architecture`"),
        ("architecture:\n  cores: 4\n", "a.yaml:1:1  architecture: expected the name of this architecture"),
        ("architecture: 5\n", "a.yaml:1:1  architecture: expected the name of this architecture"),
        ("architecture: ' '\n", "a.yaml:1:1  architecture: expected the name of this architecture"),
    ],
)
def test_the_first_key_says_what_a_file_is(here: Path, text: str, expected: str) -> None:
    assert message(write(text)) == expected


def test_files_that_cannot_be_read(here: Path) -> None:
    write("architecture: m\n", "mesh.yaml")
    assert message("mehs.yaml") == "mehs.yaml  no such file or shipped architecture (did you mean `mesh.yaml`?)"
    assert message("mesh") == "mesh  no such file or shipped architecture (did you mean `mesh.yaml`?)"
    assert message("rekon") == "rekon  no such file or shipped architecture (did you mean `reckon`?)"
    assert message("no/such/mesh.yaml") == "no/such/mesh.yaml  no such file or shipped architecture"
    assert message("mesh.yaml/x") == "mesh.yaml/x  no such file or shipped architecture"
    assert message("") == "''  no such file or shipped architecture"
    assert message("a\0b") == "a\\x00b  no such file or shipped architecture"
    assert message("x" * 300) == "x" * 300 + "  cannot be read: file name too long"
    Path("folder").mkdir()
    assert message("folder") == "folder  cannot be read: is a directory"
    Path("latin.yaml").write_bytes(b"architecture: a\nb: \xe9\n")
    assert message("latin.yaml") == "latin.yaml:2  not UTF-8 text"
    Path("big.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    assert message("big.yaml") == "big.yaml  larger than 2 MiB"
    Path("loop.yaml").symlink_to("loop.yaml")
    assert message("loop.yaml") == "loop.yaml  cannot be read: too many levels of symbolic links"


def test_a_byte_order_mark_is_no_part_of_the_first_key(here: Path) -> None:
    Path("a.yaml").write_bytes(b"\xef\xbb\xbfarchitecture: a\n")
    assert load_document("a.yaml", "architecture").name == "a"


def test_extends_merges_deeply_and_keeps_origins(here: Path) -> None:
    write("architecture: base\ncore:\n  lanes: 1\n  words: [1, 2]\n  clock: 1 MHz\n", "base.yaml")
    child = "architecture: child\nextends: ../base.yaml\ncore:\n  words: [3]\n  clock: null\n  extra: ~\n"
    document = load_document(write(child, "sub/child.yaml"), "architecture")
    assert document.data == {"architecture": "child", "core": {"lanes": 1, "words": [3], "extra": None}}
    assert document.locate("core.lanes") == ("sub/../base.yaml", 3, 3)
    assert document.locate(("core", "words", 0)) == ("sub/child.yaml", 4, 11)
    assert document.locate("core.clock") == ("sub/child.yaml", 3, 1)
    assert [path.name for path in document.sources] == ["child.yaml", "base.yaml"]


def test_extends_a_shipped_name(here: Path) -> None:
    document = load_document(write("architecture: mine\nextends: double\ncore: {words: 8}\n"), "architecture")
    assert document.data == {"architecture": "mine", "core": {"lanes": 2, "words": 8}}
    assert document.locate("core.lanes") == ("architectures/double.yaml", 3, 8)


def test_extends_that_lead_nowhere(here: Path) -> None:
    write("architecture: b\n", "base.yaml")
    library_hint = "no such file or shipped architecture (did you mean `base.yaml`?)"
    assert message(write("architecture: a\nextends: bsae.yaml\n")) == f"a.yaml:2:1  extends: {library_hint}"
    assert message(write("architecture: a\nextends: [b]\n")) == (
        "a.yaml:2:1  extends: expected the file to extend, such as `base.yaml`"
    )
    write("workload: w\n", "w.yaml")
    assert message(write("architecture: a\nextends: w.yaml\n")) == (
        "w.yaml:1:1  this file describes a workload, expected an architecture"
    )
    assert message(write("architecture: a\nextends: a.yaml\n")) == (
        "a.yaml:2:1  extends: a file may not extend itself (a.yaml > a.yaml)"
    )
    write("architecture: a\nextends: b.yaml\n")
    write("architecture: b\nextends: a.yaml\n", "b.yaml")
    assert message("a.yaml") == "b.yaml:2:1  extends: a file may not extend itself (a.yaml > b.yaml > a.yaml)"
    for number in range(20):
        write(f"architecture: a\nextends: n{number + 1}.yaml\n", f"n{number}.yaml")
    assert message("n0.yaml") == "n16.yaml:2:1  extends: more than 16 files extend each other"


def test_a_document_from_python_data_has_paths_without_positions() -> None:
    document = Document.of({"architecture": "a", "cores": [{"lanes": 0}]}, "architecture")
    assert str(document.problem(("cores", 0, "lanes"), "0 is not > 0")) == "cores.0.lanes: 0 is not > 0"
    with pytest.raises(ConfigError, match=r"^architecture: expected the name of this architecture$"):
        Document.of({}, "architecture")
