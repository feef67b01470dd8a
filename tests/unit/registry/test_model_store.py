"""The store of models: kept once, found by digest, damage noticed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from octavo_server.adapters.artifact_folder import ArtifactFolder
from octavo_server.adapters.model_files import VersionFiles
from octavo_server.adapters.model_store import SCHEME, ModelFolder
from octavo_server.errors import Conflict, NotFound
from octavo_server.registry.registration.domain import Staged
from octavo_server.registry.versions.service import ArtifactFile, manifest_digest

CONTENT = {"MLmodel": b"flavors: {sklearn: {}}\n", "data/model.pkl": b"x" * 5_000_000}


def stage(folder: Path, content: dict[str, bytes]) -> Staged:
    files = []
    for path, data in content.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(0o444)
        digest = hashlib.sha256(data).hexdigest()
        files.append(ArtifactFile(path=path, size=len(data), sha256=digest))
    return Staged(folder=folder, files=tuple(files))


@pytest.fixture
def store(tmp_path: Path) -> ModelFolder:
    """Give an empty store."""
    return ModelFolder(tmp_path / "store")


def test_what_was_kept_is_read_back(store: ModelFolder, tmp_path: Path) -> None:
    staged = stage(tmp_path / "a", CONTENT)
    location = store.keep(staged)
    assert location == SCHEME + manifest_digest(staged.files)
    assert store.listed(location) == store.manifest(location) == staged.files
    assert store.copy(location, tmp_path / "copy") == staged.files
    assert (tmp_path / "copy" / "data" / "model.pkl").read_bytes() == CONTENT["data/model.pkl"]
    assert store.text(location, "MLmodel", 100) == CONTENT["MLmodel"]
    assert store.text(location, "data/model.pkl", 100) is None
    assert store.text(location, "missing", 100) is None
    assert store.addresses() == [location]


def test_the_same_bytes_twice_cost_nothing(store: ModelFolder, tmp_path: Path) -> None:
    first = store.keep(stage(tmp_path / "a", CONTENT))
    size = store.size()
    assert store.keep(stage(tmp_path / "b", CONTENT)) == first
    assert store.size() == size
    other = store.keep(stage(tmp_path / "c", {**CONTENT, "card.md": b"new"}))
    assert other != first
    assert store.size() == size + 3


def test_a_kept_file_is_read_only_and_nobody_elses(store: ModelFolder, tmp_path: Path) -> None:
    store.keep(stage(tmp_path / "a", CONTENT))
    blobs = [one for one in (tmp_path / "store" / "blobs").rglob("*") if one.is_file()]
    assert {one.stat().st_mode & 0o777 for one in blobs} == {0o444}
    assert (tmp_path / "store" / "blobs").stat().st_mode & 0o077 == 0


def blob(tmp_path: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    return tmp_path / "store" / "blobs" / digest[:2] / digest


def test_a_changed_byte_shows(store: ModelFolder, tmp_path: Path) -> None:
    staged = stage(tmp_path / "a", CONTENT)
    location = store.keep(staged)
    path = blob(tmp_path, CONTENT["MLmodel"])
    path.chmod(0o600)
    path.write_bytes(CONTENT["MLmodel"].replace(b"s", b"t"))
    assert store.manifest(location)[0].sha256 != staged.files[0].sha256
    assert store.copy(location, tmp_path / "copy")[0].sha256 != staged.files[0].sha256


def test_a_missing_file_shows_and_is_mended_by_registering_again(
    store: ModelFolder, tmp_path: Path
) -> None:
    staged = stage(tmp_path / "a", CONTENT)
    location = store.keep(staged)
    blob(tmp_path, CONTENT["MLmodel"]).unlink()
    assert [one.path for one in store.manifest(location)] == ["data/model.pkl"]
    assert store.keep(stage(tmp_path / "b", CONTENT)) == location
    assert store.manifest(location) == staged.files


def test_a_changed_manifest_is_refused(store: ModelFolder, tmp_path: Path) -> None:
    location = store.keep(stage(tmp_path / "a", CONTENT))
    path = tmp_path / "store" / "manifests" / f"{location.removeprefix(SCHEME)}.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"MLmodel", b"MLmodeL"))
    with pytest.raises(Conflict, match="has changed"):
        store.listed(location)


@pytest.mark.parametrize("location", ["", SCHEME, SCHEME + "../x", SCHEME + "0" * 64, "s3://x"])
def test_an_address_of_nothing(store: ModelFolder, location: str) -> None:
    with pytest.raises(NotFound) as caught:
        store.listed(location)
    assert caught.value.remedy


def test_versions_are_read_from_where_they_lie(store: ModelFolder, tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    (artifacts / "1").mkdir(parents=True)
    (artifacts / "1" / "MLmodel").write_bytes(CONTENT["MLmodel"])
    files = VersionFiles(ArtifactFolder(artifacts), store)
    location = store.keep(stage(tmp_path / "a", CONTENT))
    for address in (location, "mlflow-artifacts:/1"):
        assert files.packaging(address).flavors == ("sklearn",)
        assert files.manifest(address)[0].path == "MLmodel"
    assert files.copy("mlflow-artifacts:/1", tmp_path / "copy")[0].size == len(CONTENT["MLmodel"])
