"""The store of models in S3: as the folder, and what a bucket may do besides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.unit.registry.test_model_store import CONTENT, stage

from octavo_server.adapters.model_bucket import ModelBucket
from octavo_server.adapters.model_store import SCHEME
from octavo_server.errors import Conflict, NotFound, Unavailable
from octavo_server.registry.versions.service import manifest_digest

BUCKET = "octavo-models"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Give the address of an S3 service in memory."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a client of it, and an empty bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "octavo")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "octavo-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=BUCKET)
    for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    return client


@pytest.fixture
def store(s3: Any, endpoint: str) -> ModelBucket:
    """Give an empty store."""
    return ModelBucket(f"s3://{BUCKET}/prod/models", endpoint)


def blob_of(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"prod/models/blobs/{digest[:2]}/{digest}"


def test_what_was_kept_is_read_back(store: ModelBucket, tmp_path: Path) -> None:
    staged = stage(tmp_path / "a", CONTENT)
    location = store.keep(staged)
    assert location == SCHEME + manifest_digest(staged.files)
    assert store.listed(location) == store.manifest(location) == staged.files
    assert store.copy(location, tmp_path / "copy") == staged.files
    assert (tmp_path / "copy" / "data" / "model.pkl").read_bytes() == CONTENT["data/model.pkl"]
    assert store.text(location, "MLmodel", 100) == CONTENT["MLmodel"]
    assert store.text(location, "data/model.pkl", 100) is None
    assert store.text(location, "missing", 100) is None


def test_the_same_bytes_twice_cost_nothing(store: ModelBucket, s3: Any, tmp_path: Path) -> None:
    first = store.keep(stage(tmp_path / "a", CONTENT))
    before = {one["Key"]: one for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert store.keep(stage(tmp_path / "b", CONTENT)) == first
    store.keep(stage(tmp_path / "c", {**CONTENT, "card.md": b"new"}))
    after = {one["Key"]: one for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert len(after) == len(before) + 2  # the new file and the manifest
    assert after[blob_of(CONTENT["MLmodel"])] == before[blob_of(CONTENT["MLmodel"])]


def test_a_changed_byte_shows(store: ModelBucket, s3: Any, tmp_path: Path) -> None:
    staged = stage(tmp_path / "a", CONTENT)
    location = store.keep(staged)
    changed = CONTENT["MLmodel"].replace(b"s", b"t")
    s3.put_object(Bucket=BUCKET, Key=blob_of(CONTENT["MLmodel"]), Body=changed)
    assert store.manifest(location)[0].sha256 != staged.files[0].sha256
    assert store.copy(location, tmp_path / "copy")[0].sha256 != staged.files[0].sha256


def test_a_missing_file_shows_and_is_mended(store: ModelBucket, s3: Any, tmp_path: Path) -> None:
    staged = stage(tmp_path / "a", CONTENT)
    location = store.keep(staged)
    s3.delete_object(Bucket=BUCKET, Key=blob_of(CONTENT["MLmodel"]))
    assert [one.path for one in store.manifest(location)] == ["data/model.pkl"]
    assert store.text(location, "MLmodel", 100) is None
    store.keep(stage(tmp_path / "b", CONTENT))
    assert store.manifest(location) == staged.files


def test_a_changed_manifest_is_refused(store: ModelBucket, s3: Any, tmp_path: Path) -> None:
    location = store.keep(stage(tmp_path / "a", CONTENT))
    key = f"prod/models/manifests/{location.removeprefix(SCHEME)}.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"[]")
    with pytest.raises(Conflict, match="has changed"):
        store.listed(location)


@pytest.mark.parametrize("location", ["", SCHEME + "../x", SCHEME + "0" * 64])
def test_an_address_of_nothing(store: ModelBucket, location: str) -> None:
    with pytest.raises(NotFound):
        store.listed(location)


def test_a_bucket_that_is_not_there_is_said_in_words(
    s3: Any, endpoint: str, tmp_path: Path
) -> None:
    store = ModelBucket("s3://nobodys-bucket", endpoint)
    with pytest.raises(Unavailable, match="the bucket 'nobodys-bucket' at http"):
        store.keep(stage(tmp_path / "a", CONTENT))
