"""Where pods find the files of models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.support.models import FolderCatalog

from octavo_server.adapters.kserve_shelf import BucketShelf, ClaimShelf
from octavo_server.deployments.rollouts.ports import ScorerOrder, ScorerResources
from octavo_server.errors import Unavailable

ORDER = ScorerOrder(
    id="aaaaaaaaaaaa",
    project="flights",
    deployment="late",
    model="late",
    version=1,
    digest="1" * 64,
    resources=ScorerResources(cpus=1, memory_mib=2_048),
    secret="s" * 43,
)


@pytest.fixture
def catalog(tmp_path: Path) -> FolderCatalog:
    model = tmp_path / "model"
    (model / "data").mkdir(parents=True)
    (model / "MLmodel").write_text("flavors: {}")
    (model / "data" / "weights").write_bytes(b"w" * 1_000)
    return FolderCatalog({("late", 1): model})


@pytest.fixture
def claim(tmp_path: Path) -> Path:
    folder = tmp_path / "claim"
    folder.mkdir()
    return folder


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="models")
    yield endpoint
    server.stop()


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_claim_gets_a_version_whole_and_readable_for_pods(
    claim: Path, catalog: FolderCatalog
) -> None:
    address, files = ClaimShelf("pvc://models/octavo", claim, catalog).place(ORDER)
    assert address.startswith("pvc://models/octavo/")
    folder = claim / address.removeprefix("pvc://models/octavo/")
    assert files_in(folder) == {"MLmodel": b"flavors: {}", "data/weights": b"w" * 1_000}
    assert set(files) == {"MLmodel", "data/weights"}
    assert oct((folder / "MLmodel").stat().st_mode & 0o777) == "0o444"
    assert oct(folder.stat().st_mode & 0o777) == "0o755"
    assert [one.name for one in claim.iterdir()] == [folder.parent.name]


def test_a_version_that_is_there_is_left_and_a_spoilt_one_is_replaced(
    claim: Path, catalog: FolderCatalog
) -> None:
    shelf = ClaimShelf("pvc://models", claim, catalog)
    address, _ = shelf.place(ORDER)
    folder = claim / address.removeprefix("pvc://models/")
    before = folder.stat().st_ino
    assert shelf.place(ORDER)[0] == address
    assert folder.stat().st_ino == before
    (folder / "data" / "more").write_text("not signed")
    shelf.place(ORDER)
    assert set(files_in(folder)) == {"MLmodel", "data/weights"}
    assert [one.name for one in claim.iterdir()] == [folder.parent.name]


def test_a_claim_that_is_not_mounted_is_said(tmp_path: Path, catalog: FolderCatalog) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"The files of v1 can't be put into .*/file") as refused:
        ClaimShelf("pvc://models", tmp_path / "file", catalog).place(ORDER)
    assert "OCTAVO_KSERVE_MODELS_FOLDER" in refused.value.remedy


def test_a_store_that_is_away_leaves_nothing(claim: Path, catalog: FolderCatalog) -> None:
    catalog.away = True
    with pytest.raises(Unavailable, match="model store does not answer"):
        ClaimShelf("pvc://models", claim, catalog).place(ORDER)
    assert [path for path in claim.rglob("*") if path.is_file()] == []
    assert not any(name.startswith(".new-") for name in [one.name for one in claim.iterdir()])


def test_a_bucket_gets_each_file_once(bucket: str, catalog: FolderCatalog) -> None:
    shelf = BucketShelf("s3://models/served", bucket, catalog)
    address, _ = shelf.place(ORDER)
    client = boto3.client("s3", endpoint_url=bucket)
    prefix = address.removeprefix("s3://models/")
    found = {one["Key"]: one["LastModified"] for one in
             client.list_objects_v2(Bucket="models", Prefix=prefix)["Contents"]}  # fmt: skip
    assert set(found) == {f"{prefix}/MLmodel", f"{prefix}/data/weights"}
    assert shelf.place(ORDER)[0] == address
    body = client.get_object(Bucket="models", Key=f"{prefix}/data/weights")["Body"].read()
    assert body == b"w" * 1_000


def test_a_file_without_bytes_is_refused_for_a_bucket(
    bucket: str, tmp_path: Path, catalog: FolderCatalog
) -> None:
    (tmp_path / "model" / "__init__.py").write_text("")
    empty = FolderCatalog({("late", 1): tmp_path / "model"})
    with pytest.raises(Unavailable, match=r"v1 has a file without bytes, '__init__.py'"):
        BucketShelf("s3://models", bucket, empty).place(ORDER)


def test_a_bucket_that_is_not_there_is_said(bucket: str, catalog: FolderCatalog) -> None:
    with pytest.raises(Unavailable, match=r"can't be put into s3://elsewhere"):
        BucketShelf("s3://elsewhere", bucket, catalog).place(ORDER)
