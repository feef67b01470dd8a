"""What no version refers to: found, listed, removed when confirmed, and never what is in use."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.support.databases import open_database
from tests.support.people import person
from tests.support.registrations import Desk, order
from tests.unit.registry.test_model_store import stage

from octavo_server.adapters import model_bucket
from octavo_server.adapters.model_bucket import ModelBucket
from octavo_server.adapters.model_store import SCHEME, ModelFolder
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.registry.registration.leftovers import (
    LeftoverService,
    Shelved,
    ShelvedKind,
    unused,
)

ADA = person("ada", "admin")
SCIENTIST = person("bo").within("flights", frozenset({"scientist"}))
NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD = NOW - timedelta(days=40)
DAY = timedelta(days=1)


def shelved(kind: str, digest: str, kept_at: datetime = OLD) -> Shelved:
    return Shelved(kind=ShelvedKind(kind), digest=digest, size=10, kept_at=kept_at)


def names(found: list[Shelved]) -> list[str]:
    return [one.digest for one in found]


LISTS = {"m1": ["f1", "f2"], "m2": ["f2", "f3"], "m3": ["f4"]}
STORE = [
    *[shelved("manifest", one) for one in LISTS],
    *[shelved("file", f"f{number}") for number in range(1, 6)],
]


@pytest.mark.parametrize(
    ("used", "gone"),
    [
        ([], ["f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3"]),
        (["m1"], ["f3", "f4", "f5", "m2", "m3"]),
        (["m2", "m3"], ["f1", "f5", "m1"]),
        (["m1", "m2", "m3"], ["f5"]),
        (["m1", "f5"], ["f3", "f4", "m2", "m3"]),
    ],
)
def test_what_no_version_refers_to_is_unused(used: list[str], gone: list[str]) -> None:
    found = unused(STORE, used, NOW - 30 * DAY, LISTS.__getitem__)
    assert sorted(names(found)) == gone


def test_what_was_kept_lately_stays_with_its_files() -> None:
    store = [shelved("manifest", "m1", NOW), *STORE[1:]]
    found = unused(store, [], NOW - 30 * DAY, LISTS.__getitem__)
    assert sorted(names(found)) == ["f3", "f4", "f5", "m2", "m3"]
    young = [shelved("file", "f5", NOW)]
    assert unused(young, [], NOW - 30 * DAY, LISTS.__getitem__) == []


def test_a_manifest_of_a_version_that_is_broken_stops_the_look() -> None:
    def broken(digest: str) -> list[str]:
        raise Conflict(f"The manifest kept as {digest} has changed.", "Restore it.")

    with pytest.raises(Conflict, match="has changed"):
        unused(STORE, ["m1"], NOW, broken)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Give the address of an S3 service in memory."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def in_folder(root: Path, _: str) -> tuple[Any, Callable[[Any], None]]:
    store = ModelFolder(root)

    def age(_: Any) -> None:
        for path in (*root.glob("manifests/*"), *root.glob("blobs/*/*")):
            os.utime(path, (OLD.timestamp(), OLD.timestamp()))

    return store, age


def in_bucket(root: Path, endpoint: str) -> tuple[Any, Callable[[Any], None]]:
    bucket = f"b{hashlib.sha256(str(root).encode()).hexdigest()[:20]}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=bucket)

    def age(desk: Any) -> None:
        """S3 says itself when something was kept, so the clock moves instead."""
        desk.now = datetime.now(UTC) + timedelta(days=40)

    return ModelBucket(f"s3://{bucket}/prod", endpoint), age


class Store:
    """A desk whose versions lie in a real store, and the service under test."""

    def __init__(self, desk: Desk, store: Any, age: Callable[[Any], None], days: int = 0) -> None:
        self.desk, self.store, self._age = desk, store, age
        self.service = LeftoverService(
            audit=desk.audit,
            versions=desk.versions,
            shelves=store,
            clock=desk.clock,
            days=days,
        )

    def age(self) -> None:
        """Make what is kept look 40 days old."""
        self._age(self.desk)


@pytest.fixture(params=[in_folder, in_bucket])
def kept(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Store]:
    """Give a store as a folder and in S3."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "octavo")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "octavo-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    store, age = request.param(tmp_path / "store", endpoint)
    with open_database("sqlite", tmp_path, tmp_path) as opened:
        desk = Desk(opened, tmp_path)
        desk.now = NOW
        yield Store(desk, store, age)


def test_leftovers_are_listed_confirmed_removed_and_audited(kept: Store, tmp_path: Path) -> None:
    gone = kept.store.keep(stage(tmp_path / "a", {"MLmodel": b"one", "shared": b"both"}))
    kept.age()
    found = kept.service.found(30)
    assert (len(found.items), found.size > 7) == (3, True)
    done = kept.service.remove(ADA, 30, found.listing, "Cancelled registrations.")
    assert (done.count, done.spared) == (3, 0)
    assert kept.service.found(30).items == ()
    with pytest.raises(NotFound):
        kept.store.listed(gone)
    (entry,) = [one for one in kept.desk.audit.entries() if "leftovers" in one.action]
    assert entry.action == "registry.leftovers.remove"
    assert entry.actor == "ada"
    assert entry.details["count"] == 3
    assert entry.details["reason"] == "Cancelled registrations."
    assert len(entry.details["digests"]) == 3


def test_files_of_a_version_stay_whatever_else_goes(kept: Store, tmp_path: Path) -> None:
    own = stage(tmp_path / "own", {"MLmodel": b"version", "shared": b"both"})
    kept.desk.bench.files = own.files
    kept.desk.kept.keep = kept.store.keep  # type: ignore[method-assign]
    kept.desk.bench.folder = own.folder
    made = kept.desk.service.register(SCIENTIST, order())
    other = kept.store.keep(stage(tmp_path / "b", {"MLmodel": b"nobody's", "shared": b"both"}))
    kept.age()
    found = kept.service.found(30)
    assert {one.digest for one in found.items} == {
        other.removeprefix(SCHEME),
        hashlib.sha256(b"nobody's").hexdigest(),
    }
    kept.service.remove(ADA, 30, found.listing, "Nobody's.")
    assert kept.store.manifest(made.location) == own.files


def test_another_list_than_the_confirmed_one_is_not_removed(kept: Store, tmp_path: Path) -> None:
    kept.store.keep(stage(tmp_path / "a", {"MLmodel": b"one"}))
    kept.age()
    found = kept.service.found(30)
    with pytest.raises(Conflict, match="is another list by now: 2 things of"):
        kept.service.remove(ADA, 31, found.listing, "Confirmed another age.")
    assert len(kept.service.found(30).items) == 2


def test_what_is_kept_again_meanwhile_stays(
    kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"MLmodel": b"again"}
    location = kept.store.keep(stage(tmp_path / "a", content))
    kept.age()
    found = kept.service.found(30)
    # In S3 the test's clock is ahead: what is kept now is as young as the service says.
    monkeypatch.setattr(model_bucket, "FRESH", timedelta())
    again = kept.store.keep(stage(tmp_path / "b", content))
    before = datetime.now(UTC) - DAY
    assert [kept.store.discard(one, before) for one in found.items] == [False, False]
    assert again == location
    assert kept.store.listed(location)


@pytest.mark.parametrize("days", [0, -1, 4_000])
def test_what_may_belong_to_a_registration_is_not_listed(kept: Store, days: int) -> None:
    with pytest.raises(Invalid) as caught:
        kept.service.found(days)
    assert caught.value.message == f"older_than_days: {days} was asked for."
    assert "1 to 3,650" in caught.value.remedy


def test_the_worker_removes_by_itself_only_where_a_setting_says_so(
    kept: Store, tmp_path: Path
) -> None:
    kept.store.keep(stage(tmp_path / "a", {"MLmodel": b"one"}))
    kept.age()
    kept.service.sweep()
    assert len(kept.service.found(30).items) == 2
    Store(kept.desk, kept.store, lambda _: None, days=30).service.sweep()
    assert kept.service.found(30).items == ()
    (entry,) = [one for one in kept.desk.audit.entries() if "leftovers" in one.action]
    assert entry.details["reason"] == "OCTAVO_MODEL_LEFTOVERS_DAYS is 30."


def test_a_stray_file_in_the_store_is_no_ones(tmp_path: Path) -> None:
    store, _ = in_folder(tmp_path, "")
    store.keep(stage(tmp_path / "a", {"MLmodel": b"one"}))
    (part,) = (tmp_path / "blobs").glob("*/*")
    part.with_name(".part-7-abc").write_bytes(b"half")
    assert {one.digest for one in store.shelved()} > {".part-7-abc"}
