"""A lake is put in place as a whole, and is known again by what it was made from."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from tests.support.flights import TEMPLATE

from flights_lake import writing  # isort: skip

FACTS = {"source_sha256": "a" * 64, "builder_sha256": "b" * 64}


def built(folder: Path) -> Path:
    table = pd.DataFrame({"n": [1, 2, 3], "month": ["2013-01", "2013-01", "2014-01"]})
    rows = writing.write_by_month(table[["n"]], table["month"], folder / "curated" / "t")
    assert rows == 3
    writing.seal(folder, FACTS)
    return folder


def test_months_are_folders_with_their_year(tmp_path: Path) -> None:
    lake = built(tmp_path / "lake")
    names = sorted(path.parent.name for path in lake.rglob("*.parquet"))
    assert names == ["month=2013-01", "month=2014-01"]


def test_everybody_may_read_and_only_the_owner_write(tmp_path: Path) -> None:
    lake = built(tmp_path / "lake")
    for path in [lake, *lake.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    manifests = [json.loads((built(tmp_path / name) / "lake.json").read_text()) for name in "ab"]
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize(
    "harm", ["other facts", "a file is gone", "a file is short", "no manifest"]
)
def test_a_lake_that_is_not_whole_is_not_current(tmp_path: Path, harm: str) -> None:
    lake = built(tmp_path / "lake")
    assert writing.is_current(lake, FACTS)
    facts = dict(FACTS)
    file = next(lake.rglob("*.parquet"))
    match harm:
        case "other facts":
            facts["builder_sha256"] = "c" * 64
        case "a file is gone":
            file.unlink()
        case "a file is short":
            file.write_bytes(file.read_bytes()[:-1])
        case "no manifest":
            (lake / "lake.json").unlink()
    assert not writing.is_current(lake, facts)


def test_a_new_lake_takes_the_old_one_s_place(tmp_path: Path) -> None:
    old, new = built(tmp_path / "lake"), built(tmp_path / "new")
    (old / "only-in-old").touch()
    writing.swap_in(new, old)
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]
    assert not (old / "only-in-old").exists()


def test_a_lake_that_can_not_be_written_says_so_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    argv = [sys.executable, "-m", "flights_lake", "--lake", str(tmp_path / "file" / "lake")]
    done = subprocess.run(argv, cwd=TEMPLATE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The flights lake can't be built: ")
    assert len(done.stderr.splitlines()) == 1
