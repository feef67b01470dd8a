"""A lake as batches see it: partitions, path tricks, outputs that show once."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.batches import SOURCE, a_table
from tests.unit.batches.test_rules import a_batch, a_partition

from octavo_server.adapters.batch_lake import ProjectLakes
from octavo_server.deployments.batches.ports import PartitionFailed
from octavo_server.errors import Invalid, NotFound, Unavailable


@pytest.fixture
def lakes(tmp_path: Path) -> ProjectLakes:
    return ProjectLakes(tmp_path)


def test_folders_of_keys_and_single_files_are_partitions(
    lakes: ProjectLakes, tmp_path: Path
) -> None:
    names = ("month=2/b.parquet", "month=2/a.parquet", "month=1/day=a%20b/c.csv", "all.csv")
    a_table(tmp_path, *names, "_SUCCESS", ".hidden.csv", "README.md", "month=3/none.txt")
    found = lakes.partitions("flights", SOURCE)
    assert [(one.name, dict(one.keys)) for one in found] == [
        ("month=1/day=a%20b", {"month": "1", "day": "a b"}),
        ("month=2", {"month": "2"}),
        ("all.csv", {}),
    ]
    assert [file.path for file in found[1].files] == [
        f"{SOURCE}/month=2/a.parquet",
        f"{SOURCE}/month=2/b.parquet",
    ]
    assert lakes.partitions("flights", f"{SOURCE}/all.csv")[0].files[0].size == len("all.csv")
    assert lakes.partitions("flights", f"{SOURCE}/README.md") == []


def test_a_folder_without_a_value_is_one_of_no_value(lakes: ProjectLakes, tmp_path: Path) -> None:
    a_table(tmp_path, "carrier=__HIVE_DEFAULT_PARTITION__/a.csv")
    assert dict(lakes.partitions("flights", SOURCE)[0].keys) == {"carrier": None}


def test_what_is_not_there_is_said_with_what_is(lakes: ProjectLakes, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no 'curated/x'; the project has no data yet"):
        lakes.partitions("flights", "curated/x")
    a_table(tmp_path, "a.csv")
    with pytest.raises(NotFound, match=r"flights has no 'curated/x'; curated has days"):
        lakes.partitions("flights", "curated/x")


def test_links_lead_nowhere(lakes: ProjectLakes, tmp_path: Path) -> None:
    a_table(tmp_path, "secret.csv", project="weather")
    folder = a_table(tmp_path, "a.csv")
    (folder.parent / "out").symlink_to(tmp_path / "weather" / "curated")
    with pytest.raises(Invalid, match="leads over a link or a file"):
        lakes.partitions("flights", "curated/out/days")
    (folder / "b.csv").symlink_to(tmp_path / "weather" / SOURCE / "secret.csv")
    with pytest.raises(Invalid, match=r"days/b\.csv' is a link or no plain file"):
        lakes.partitions("flights", SOURCE)
    (folder / "b.csv").unlink()
    os.mkfifo(folder / "b.csv")
    with pytest.raises(Invalid, match=r"days/b\.csv' is a link or no plain file"):
        lakes.partitions("flights", SOURCE)


def test_folders_that_are_no_keys_are_named(lakes: ProjectLakes, tmp_path: Path) -> None:
    a_table(tmp_path, "old/a.csv")
    with pytest.raises(Invalid, match="the folder 'old' in 'curated/days' is none of the form"):
        lakes.partitions("flights", SOURCE)


def test_a_file_is_read_as_it_was_chosen(lakes: ProjectLakes, tmp_path: Path) -> None:
    folder = a_table(tmp_path, "a.csv")
    file = lakes.partitions("flights", SOURCE)[0].files[0]
    with lakes.reading("flights", file) as (handle, digest):
        assert os.read(handle, 100) == b"a.csv"
        assert digest == hashlib.sha256(b"a.csv").hexdigest()
    (folder / "a.csv").write_bytes(b"longer now")
    with (
        pytest.raises(PartitionFailed, match=r"a\.csv changed since the batch was started"),
        lakes.reading("flights", file),
    ):
        pass
    (folder / "a.csv").unlink()
    with (
        pytest.raises(PartitionFailed, match=r"a\.csv can't be read: No such file"),
        lakes.reading("flights", file),
    ):
        pass


def test_an_output_shows_once_it_is_published_and_never_changes(
    lakes: ProjectLakes, tmp_path: Path
) -> None:
    (tmp_path / "flights").mkdir()
    made = tmp_path / "made"
    made.write_bytes(b"scored")
    batch, part = a_batch(), a_partition(1)
    digest, size = lakes.stage(batch, part, made)
    assert (digest, size) == (hashlib.sha256(b"scored").hexdigest(), 6)
    place = tmp_path / "flights" / "batches" / "b1" / "day=1"
    assert [one.name for one in place.iterdir()] == [".part-00001.parquet.part"]
    assert not lakes.publish(batch, replace(part, digest="0" * 64))
    staged = replace(part, digest=digest)
    assert lakes.publish(batch, staged)
    assert lakes.publish(batch, staged)
    assert [one.name for one in place.iterdir()] == ["part-00001.parquet"]
    shown = place / "part-00001.parquet"
    assert (shown.read_bytes(), shown.stat().st_mode & 0o777) == (b"scored", 0o444)
    assert place.stat().st_mode & 0o777 == 0o755
    shown.chmod(0o644)
    shown.write_bytes(b"foreign")
    with pytest.raises(PartitionFailed, match="is there already and is not what was scored"):
        lakes.publish(batch, staged)
    assert shown.read_bytes() == b"foreign"


def test_an_output_that_is_no_plain_file_is_refused(lakes: ProjectLakes, tmp_path: Path) -> None:
    secret, made = tmp_path / "secret", tmp_path / "made"
    secret.write_bytes(b"key")
    made.symlink_to(secret)
    with pytest.raises(PartitionFailed, match="can't be taken over: Too many levels"):
        lakes.stage(a_batch(), a_partition(1), made)
    made.unlink()
    made.hardlink_to(secret)
    with pytest.raises(PartitionFailed, match="The scored output is no plain file"):
        lakes.stage(a_batch(), a_partition(1), made)
    made.unlink()
    os.mkfifo(made)
    with pytest.raises(PartitionFailed, match="The scored output is no plain file"):
        lakes.stage(a_batch(), a_partition(1), made)


def test_outputs_are_not_led_elsewhere(lakes: ProjectLakes, tmp_path: Path) -> None:
    (tmp_path / "flights").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "flights" / "batches").symlink_to(tmp_path / "elsewhere")
    made = tmp_path / "made"
    made.write_bytes(b"scored")
    with pytest.raises(Unavailable, match=r"part-00001\.parquet can't be written: Not a directory"):
        lakes.stage(a_batch(), a_partition(1), made)
    assert list((tmp_path / "elsewhere").iterdir()) == []
