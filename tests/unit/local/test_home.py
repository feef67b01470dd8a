"""The state folder: made once with its modes, refused when it isn't ours or has another format."""

import errno
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from octavo.local.errors import DiskFull, StateRefused
from octavo.local.home import FOLDERS, FORMAT, FRESH_MIB, MIB, RUNNING_MIB, Home, disk_errors


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "var")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_has_its_mode_even_after_someone_changed_it(home: Home) -> None:
    home.make_folders()
    (home.root / "state").chmod(0o755)
    home.make_folders()
    assert mode(home.root) == 0o711
    assert {name: mode(home.root / name) for name in FOLDERS} == dict(FOLDERS)


def test_tokens_are_private_random_and_made_once(home: Home) -> None:
    home.make_folders()
    home.make_tokens()
    files = sorted((home.state / "tokens").iterdir())
    first = [file.read_text() for file in files]
    home.make_tokens()
    assert [file.read_text() for file in files] == first
    assert len(set(first)) == len(first) >= 3
    assert all(len(token) == 64 for token in first)
    assert {mode(file) for file in files} == {0o600}


def test_an_unfinished_preparation_can_be_taken_up_again(home: Home) -> None:
    home.make_folders()
    home.make_tokens()
    home.check_format()
    home.seal()
    home.check_format()
    assert home.version_file.read_text() == f"{FORMAT}\n"


@pytest.mark.parametrize(
    ("version", "word"), [("99", "newer"), ("0", "older"), ("", "older"), ("one", "older")]
)
def test_another_format_is_refused_with_the_remedy(home: Home, version: str, word: str) -> None:
    home.make_folders()
    home.version_file.write_text(version)
    with pytest.raises(StateRefused, match=word) as refused:
        home.check_format()
    assert str(home.root) in refused.value.message
    assert refused.value.remedy
    assert home.version_file.read_text() == version


def test_a_folder_from_before_formats_is_refused(home: Home) -> None:
    home.make_folders()
    (home.state / "platform.sqlite").touch()
    with pytest.raises(StateRefused, match="older than format 1"):
        home.check_format()


def test_a_folder_with_other_files_is_refused(home: Home) -> None:
    home.root.mkdir()
    (home.root / "thesis.tex").write_text("mine")
    with pytest.raises(StateRefused, match="not Octavo's"):
        home.check_format()
    assert [entry.name for entry in home.root.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_folders_place_is_refused(home: Home) -> None:
    home.root.write_text("mine")
    with pytest.raises(StateRefused, match="not Octavo's"):
        home.check_format()


def with_free(monkeypatch: pytest.MonkeyPatch, mib: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=mib * MIB))


def test_too_little_room_names_both_figures(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, FRESH_MIB - 1)
    with pytest.raises(DiskFull, match=rf"{FRESH_MIB - 1} MiB free; Octavo needs {FRESH_MIB} MiB"):
        home.check_room()


def test_an_existing_installation_starts_with_less_room(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.make_folders()
    home.project_mark.touch()
    with_free(monkeypatch, RUNNING_MIB)
    home.check_room()


def failing(number: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(number, "said the kernel", "/somewhere")

    return fail


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, DiskFull), (errno.EACCES, StateRefused)]
)
def test_errors_of_the_disk_become_a_sentence(
    home: Home, number: int, expected: type[Exception]
) -> None:
    with pytest.raises(expected), disk_errors(home.root):
        failing(number)()


def test_other_errors_stay_what_they_are(home: Home) -> None:
    with pytest.raises(OSError, match="said the kernel"), disk_errors(home.root):
        failing(errno.EIO)()


def test_the_folder_is_the_one_that_is_named(tmp_path: Path) -> None:
    assert Home.locate({"OCTAVO_HOME": str(tmp_path)}).root == tmp_path


def test_a_checkout_keeps_its_state_in_var() -> None:
    located = Home.locate({})
    assert located.root.name == "var"
    assert (located.root.parent / "setup.py").is_file()
