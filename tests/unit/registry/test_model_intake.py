"""Taking a model's files over: what is refused, what is noticed, what is never copied twice."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from octavo_server.adapters.model_intake import ModelIntake
from octavo_server.adapters.model_workbench import AccountWorkbench
from octavo_server.errors import Conflict, Invalid, Unavailable
from octavo_server.registry.registration.domain import Staged
from octavo_server.registry.registration.paths import check_described, check_path, check_paths


def ignore(_done: int, _total: int) -> None:
    """Tell nobody."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a folder with a model's files."""
    folder = tmp_path / "source"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "data" / "model.pkl").write_bytes(b"x" * (3 * 2**20 + 7))
    return folder


@pytest.fixture
def intake(tmp_path: Path) -> ModelIntake:
    """Give an intake of models up to 8 MiB."""
    return ModelIntake(tmp_path / "incoming", 8 * 2**20)


def test_a_copy_is_private_hashed_and_gone_afterwards(
    intake: ModelIntake, source: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    with intake.take(source, lambda done, total: told.append((done, total))) as staged:
        assert [one.path for one in staged.files] == ["MLmodel", "data/model.pkl"]
        for one in staged.files:
            content = (staged.folder / one.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == one.sha256
            assert (staged.folder / one.path).stat().st_mode & 0o777 == 0o444
        assert staged.folder.stat().st_mode & 0o077 == 0
    total = sum(one.size for one in staged.files)
    assert told[0] == (0, total)
    assert told[-1] == (total, total)
    assert not any((tmp_path / "incoming").iterdir())


def test_a_failure_leaves_nothing_behind(intake: ModelIntake, source: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), intake.take(source, ignore):
        raise RuntimeError("the block failed")
    assert not any((tmp_path / "incoming").iterdir())


def _link(folder: Path) -> None:
    (folder / "secret").symlink_to("/etc/passwd")


def _linked_folder(folder: Path) -> None:
    (folder / "more").symlink_to("/etc")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def _socket(folder: Path) -> None:
    before = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("s")
    finally:
        os.chdir(before)


def _twins(folder: Path) -> None:
    (folder / "mlmodel").write_text("other")


def _twin_folders(folder: Path) -> None:
    (folder / "Data").mkdir()
    (folder / "Data" / "x").write_text("x")


def _git(folder: Path) -> None:
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / ".git" / "hooks" / "post-checkout").write_text("true")


def _git_attributes(folder: Path) -> None:
    (folder / "data" / ".GITattributes").write_text("* filter=x")


def _hidden_sign(folder: Path) -> None:
    (folder / "a\u202eb").write_text("x")


def _no_text(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff"))).write_text("x")


def _large(folder: Path) -> None:
    with (folder / "large").open("wb") as file:
        file.truncate(9 * 2**20)


def _derived(folder: Path) -> None:
    (folder / "octavo-onnx").mkdir()
    (folder / "octavo-onnx" / "model.onnx").write_text("not Octavo's")


def _deep(folder: Path) -> None:
    (folder / "/".join("d" * 40)).mkdir(parents=True)
    (folder / "/".join("d" * 40) / "x").write_text("x")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_link, "'secret', which is a link"),
        (_linked_folder, "'more', which is a link"),
        (_pipe, "'pipe', which is a pipe"),
        (_socket, "'s', which is a socket"),
        (_twins, "'MLmodel' and 'mlmodel', which differ only by case"),
        (_twin_folders, "'Data' and 'data', which differ only by case"),
        (_git, "belongs to version control"),
        (_git_attributes, "belongs to version control"),
        (_hidden_sign, "characters that nobody sees"),
        (_no_text, "whose name is no text"),
        (_large, "at most 0.0078125 GiB"),
        (_derived, "where Octavo puts derived files"),
        (_deep, "deeper than 32"),
    ],
)
def test_a_hostile_folder_is_refused(
    intake: ModelIntake, source: Path, tmp_path: Path, spoil: object, words: str
) -> None:
    assert callable(spoil)
    spoil(source)
    with pytest.raises(Invalid) as caught, intake.take(source, ignore):
        pytest.fail("it was taken")
    assert words in caught.value.message
    assert caught.value.remedy
    assert not any((tmp_path / "incoming").iterdir())


def test_devices_are_refused(intake: ModelIntake) -> None:
    with (
        pytest.raises(Invalid, match="neither a file nor a folder"),
        intake.take(Path("/dev"), ignore),
    ):
        pytest.fail("it was taken")


def test_a_file_that_grows_while_it_is_copied_is_refused(intake: ModelIntake, source: Path) -> None:
    def grow(done: int, _total: int) -> None:
        if done == 2**20 + len("flavors: {}\n"):
            with (source / "data" / "model.pkl").open("ab") as file:
                file.write(b"more")

    with pytest.raises(Conflict, match="was changed or removed"), intake.take(source, grow):
        pytest.fail("it was taken")


def test_a_file_that_is_swapped_for_a_link_is_not_followed(
    intake: ModelIntake, source: Path
) -> None:
    def swap(done: int, _total: int) -> None:
        if done == 0:
            (source / "data" / "model.pkl").unlink()
            (source / "data" / "model.pkl").symlink_to("/etc/passwd")

    with pytest.raises(Conflict, match="was changed or removed"), intake.take(source, swap):
        pytest.fail("it was taken")


def test_a_folder_that_is_swapped_for_a_link_is_not_followed(
    intake: ModelIntake, source: Path, tmp_path: Path
) -> None:
    def swap(done: int, _total: int) -> None:
        if done == 0:
            (source / "data").rename(tmp_path / "elsewhere")
            (source / "data").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Conflict, match="was changed or removed"), intake.take(source, swap):
        pytest.fail("it was taken")


def test_a_file_that_comes_later_is_noticed(intake: ModelIntake, source: Path) -> None:
    def add(done: int, _total: int) -> None:
        if done == 0:
            (source / "late.py").write_text("import os")

    with pytest.raises(Conflict, match="was changed or removed"), intake.take(source, add):
        pytest.fail("it was taken")


def test_a_full_disk_is_said_in_words(intake: ModelIntake, source: Path) -> None:
    full = OSError(28, "No space left on device")
    with (
        mock.patch.object(os, "write", side_effect=full),
        pytest.raises(Unavailable, match="No space left"),
        intake.take(source, ignore),
    ):
        pytest.fail("it was taken")


def test_too_many_files_are_refused_before_any_is_read() -> None:
    with pytest.raises(Invalid, match="over 5,000 files"):
        check_paths([f"f{n}" for n in range(5_001)])


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\b", ""])
def test_a_path_stays_inside(path: str) -> None:
    with pytest.raises(Invalid, match="leads out"):
        check_path(path)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b"])
def test_a_description_that_names_a_file_outside_is_refused(path: str) -> None:
    described = {"flavors": {"sklearn": {"pickled_model": path}, "python_function": {}}}
    with pytest.raises(Invalid, match="outside of the model"):
        check_described(described)


def test_of_a_model_from_code_the_name_of_its_source_counts_not_where_it_lay() -> None:
    """MLflow notes the author's own absolute path, and loads that name from the folder."""
    check_described({"flavors": {"python_function": {"model_code_path": "/home/ada/net.py"}}})
    for path in ("/home/ada/..", ".."):
        with pytest.raises(Invalid, match="outside of the model"):
            check_described({"flavors": {"python_function": {"model_code_path": path}}})


def test_a_description_as_mlflow_writes_it_is_taken() -> None:
    artifacts = {"words": {"path": "artifacts/words.txt", "uri": "file:///home/ada/words.txt"}}
    check_described(
        {
            "flavors": {
                "python_function": {"data": "data", "code": None, "artifacts": artifacts},
                "sklearn": {"pickled_model": "model.pkl", "code": None},
            },
            "saved_input_example_info": {"artifact_path": "input_example.json"},
        }
    )


def test_staged_files_say_where_they_are(intake: ModelIntake, source: Path) -> None:
    with intake.take(source, ignore) as staged:
        assert isinstance(staged, Staged)
        assert (staged.folder / "MLmodel").read_text() == "flavors: {}\n"


def test_what_a_dead_process_left_is_removed_and_what_is_worked_on_stays(
    intake: ModelIntake, source: Path, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    with intake.take(source, ignore) as staged:
        working = staged.folder.parent
        long_ago(working)
        for name in ("dead", "young"):
            (incoming / name / "files").mkdir(parents=True)
            (incoming / name / "files" / "model.pkl").write_text("x")
        long_ago(incoming / "dead")
        assert intake.sweep() == ["dead"]
        assert {one.name for one in incoming.iterdir()} == {working.name, "young"}
        assert (staged.folder / "MLmodel").exists()
    assert not working.exists()
    assert not intake.held(working.name)


def test_homes_in_which_models_were_looked_at_go_with_their_stage(
    intake: ModelIntake, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    nobody: Any = None
    bench = AccountWorkbench(nobody, runs, nobody, intake)
    for name in ("check-dead", "check-young", "run-7"):
        (runs / name / "model").mkdir(parents=True)
    (tmp_path / "incoming" / "young").mkdir(parents=True)
    assert bench.sweep() == 1
    assert {one.name for one in runs.iterdir()} == {"check-young", "run-7"}


def long_ago(folder: Path) -> None:
    """Make a folder look old."""
    os.utime(folder, (1_000_000_000, 1_000_000_000))
