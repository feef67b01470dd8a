"""A notebook reads the snapshot it is pinned to, or nothing."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from octavo import features
from octavo.feature_reads import ReadBook


def lay_down(folder: Path, project: str = "flights") -> Path:
    """Write a snapshot under its digest, as publication does, and point to it."""
    draft = folder / "draft"
    draft.mkdir(parents=True)
    (draft / "registry.db").write_bytes(b"registry")
    (draft / "feature_store.yaml").write_text("project: flights\n")
    facts = {"project": project, "sources": {"carrier_delay": {"rows": 3}}}
    (draft / "snapshot.json").write_text(json.dumps(facts))
    made = draft.rename(folder / features.folder_digest(draft))
    (folder / "current").symlink_to(made.name)
    return made


def test_a_snapshot_is_found_by_its_folder_its_project_or_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lay_down(tmp_path / "flights")
    monkeypatch.setenv("OCTAVO_PROJECT", "flights")
    for place in (made, tmp_path / "flights", tmp_path / "flights" / "current", tmp_path):
        monkeypatch.setenv("OCTAVO_FEATURES", str(place))
        found = features.snapshot()
        assert (found.id, found.folder, found.project) == (made.name, made, "flights")
        assert found.sources["carrier_delay"]["rows"] == 3


@pytest.mark.parametrize("file", ["registry.db", "feature_store.yaml", "snapshot.json"])
def test_a_changed_byte_is_refused(tmp_path: Path, file: str) -> None:
    made = lay_down(tmp_path)
    content = bytearray((made / file).read_bytes())
    content[0] ^= 1
    (made / file).write_bytes(content)
    with pytest.raises(features.SnapshotRefused, match="was changed"):
        features.snapshot(made)


def test_a_file_more_is_refused(tmp_path: Path) -> None:
    made = lay_down(tmp_path)
    (made / "sitecustomize.py").touch()
    with pytest.raises(features.SnapshotRefused, match="was changed"):
        features.snapshot(made)


def test_without_a_snapshot_a_person_reads_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OCTAVO_FEATURES", raising=False)
    with pytest.raises(features.SnapshotRefused, match="start a workspace"):
        features.snapshot()
    with pytest.raises(features.SnapshotRefused, match="publish the features first"):
        features.snapshot(tmp_path)


def test_the_lake_is_the_project_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flights" / "curated").mkdir(parents=True)
    monkeypatch.setenv("OCTAVO_PROJECT", "flights")
    for place in (tmp_path, tmp_path / "flights"):
        monkeypatch.setenv("OCTAVO_LAKE", str(place))
        assert features.lake() == tmp_path / "flights"
    monkeypatch.setenv("OCTAVO_PROJECT", "other")
    monkeypatch.setenv("OCTAVO_LAKE", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="curated"):
        features.lake()
    monkeypatch.delenv("OCTAVO_LAKE")
    with pytest.raises(FileNotFoundError, match="OCTAVO_LAKE"):
        features.lake()


def test_what_was_read_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "reads", [])
    found = features.snapshot(lay_down(tmp_path))
    features.record(found)
    assert features.reads == [found.id]


def test_an_active_run_is_tagged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tags: dict[str, str] = {}
    run = SimpleNamespace(info=SimpleNamespace(run_id="4f"))
    active = SimpleNamespace(active_run=lambda: run, set_tags=tags.update)
    monkeypatch.setitem(sys.modules, "mlflow", active)
    monkeypatch.setattr(features, "reads", [])
    book = ReadBook(lambda *_: None)
    monkeypatch.setattr(features, "book", book)
    found = features.snapshot(lay_down(tmp_path))
    features.record(found)
    assert tags == {"octavo.feature_snapshot": found.id}
    book.note("flights", ["carrier_delay:mean"], "online", lambda: {"carrier_delay": []})
    features.record(found)
    assert json.loads(tags["octavo.features"]) == {"views": {"carrier_delay": []}, "services": []}
