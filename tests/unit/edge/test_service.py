"""Bundles for devices and what devices tell, over the routes: who may, and what counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.edge import CONTRACT, EXAMPLE
from tests.support.people import SCIENTIST, FakeHub
from tests.support.proof import open_registry
from tests.support.services import NOON
from tests.unit.consumers.test_http import Roles
from tests.unit.consumers.test_service import WHY, a_consumer
from tests.unit.registry.test_provenance import told

from octavo.edge.claims import check_bundle
from octavo.envelopes import TrustedKeys
from octavo.records.proof import KeyList
from octavo_server import answers
from octavo_server.adapters.bundle_folder import BundleFiles
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.edge import http, rules
from octavo_server.deployments.edge.service import EdgeService
from octavo_server.deployments.rollouts.domain import Deployment, Objectives
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import NotFound
from octavo_server.guard import Guard, RoleBook
from octavo_server.identity import Identity, RunTokens
from octavo_server.registry.proof import wire as proof_wire
from octavo_server.registry.versions.domain import ArtifactFile, Conversion, Derived
from octavo_server.registry.versions.rules import DERIVED_PREDICATE, manifest_digest

HOME = "/projects/flights/deployments/late/edge"
EXPORT = "/projects/flights/models/late/edge"
FILES = {"MLmodel": b"flavors: {}\n"}
DEPLOYMENT = Deployment(
    project="flights",
    name="late",
    model="late",
    environment="prod",
    profile="cpu-small",
    objectives=Objectives(latency_p95_ms=250, error_rate=0.01, drift_psi=0.2),
    created_at=NOON,
    updated_at=NOON,
    stable_version=1,
    generation=4,
)


@dataclass
class Rollouts:
    """Stands in for rollouts: one deployment, and the time."""

    deployment: Deployment = DEPLOYMENT
    at: Any = field(default=NOON)

    def traffic(self, project: str, name: str) -> tuple[Deployment, dict[int, Any]]:
        if (project, name) != ("flights", "late"):
            raise NotFound(f"There is no deployment {name!r} in {project!r}.")
        return self.deployment, {}

    def find(self, _rows: object, _project: str, name: str) -> object | None:
        return name if name in {"late", "early"} else None

    def now(self) -> Any:
        return self.at


class Room:
    """The room's routes on a database, with versions 1 and 2 of late; 2 has no ONNX form."""

    def __init__(self, database: Database, folder: Path, forms: Path) -> None:
        self.registry = open_registry(database, folder)
        self.folder, self.forms, self.database = folder, forms, database
        self.rollouts = Rollouts()
        self.consumers = ConsumersService(
            database, self.registry.audit, cast(RolloutsService, self.rollouts)
        )
        self.consumers.create(SCIENTIST, a_consumer(name="kiosks"))
        self.token, _ = self.consumers.issue(SCIENTIST, "flights", "kiosks", 30, "")
        self.version(1, "good")
        self.version(2, None)
        identity = Identity(FakeHub(), RunTokens(b"k" * 32, lambda: NOON))
        guard = Guard(identity, cast(RoleBook, Roles()), database, self.registry.audit)
        self.access = Access(self.consumers, lambda: NOON, lambda: 0.0)
        self.edge = EdgeService(
            database=database,
            audit=self.registry.audit,
            versions=self.registry.versions,
            rollouts=cast(RolloutsService, self.rollouts),
            keys=self.registry.keys,
            public_keys=self.public_keys,
            folder=BundleFiles(folder / "edge-bundles"),
        )
        app = FastAPI()
        app.state.guard = guard
        answers.install(app)
        app.include_router(http.routes(self.edge, self.access, guard))
        self.client = TestClient(app, raise_server_exceptions=False)

    def public_keys(self) -> bytes:
        listed = self.registry.proofs.keys.listed()
        return KeyList(items=[proof_wire.key(one) for one in listed]).model_dump_json().encode()

    def version(self, number: int, form: str | None) -> None:
        """Keep a version, with the form of a name or without."""
        files = {**FILES, "number": str(number).encode()}
        made = replace(
            told(),
            version=number,
            model_id=f"m-{number:032d}",
            packaging=replace(told().packaging, example=EXAMPLE),
            derived=(self.form(number, form, files),) if form else (),
            conversion=Conversion(detail="" if form else "It stays as it is: a forest."),
        )
        self.registry.sign(made, files)

    def form(self, number: int, name: str, files: dict[str, bytes]) -> Derived:
        location = f"onnx/{number}"
        content = {
            "model.onnx": (self.forms / f"{name}.onnx").read_bytes(),
            "contract.json": json.dumps(CONTRACT).encode(),
        }
        place = self.folder / "store" / location
        place.mkdir(parents=True)
        for path, data in content.items():
            (place / path).write_bytes(data)
        return Derived(
            kind="onnx",
            location=location,
            digest=manifest_digest(listed(content)),
            files=listed(content),
            max_difference=0.0,
            rows=2,
            speedup=None,
            envelope=self.registry.keys.attest(
                subjects={one.path: one.sha256 for one in listed(content)},
                predicate_type=DERIVED_PREDICATE,
                predicate={"source_manifest_sha256": manifest_digest(listed(files))},
            ),
        )

    def call(self, who: str, method: str, path: str, **more: Any) -> Any:
        """Send a request as somebody."""
        headers = {"Authorization": f"Bearer {who}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def tell(self, *reports: dict[str, Any], token: str = "", **more: Any) -> Any:
        """Report as the kiosk."""
        body = {"device": "kiosk-1", "installation": "a" * 32, "client": "octavo-edge 1"}
        body |= {"reports": [report(**one) for one in reports], **more}  # type: ignore[dict-item]
        return self.call(token or self.token, "POST", f"{HOME}/reports", json=body)

    def actions(self) -> list[str]:
        return [one.action for one in self.registry.audit.entries()]


def listed(content: dict[str, bytes]) -> tuple[ArtifactFile, ...]:
    return tuple(
        ArtifactFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in sorted(content.items())
    )


def report(sequence: int = 1, **more: Any) -> dict[str, Any]:
    window = {"since": NOON.isoformat(), "until": (NOON + timedelta(minutes=1)).isoformat()}
    held = {"version": 1, "requests": 10, "errors": 1, "latency_p50_ms": 0.1}
    return {"sequence": sequence, **window, **held, **more}


@pytest.fixture
def room(tmp_path: Path, forms: Path) -> Iterator[Room]:
    opened = Room(MemoryDatabase(), tmp_path, forms)
    yield opened
    opened.access.close()


@pytest.fixture
def stored(database: Database, tmp_path: Path, forms: Path) -> Iterator[Room]:
    opened = Room(database, tmp_path, forms)
    yield opened
    opened.access.close()


def test_a_device_pulls_with_a_token_and_a_second_time_nothing(
    stored: Room, tmp_path: Path
) -> None:
    room = stored
    answer = room.call(room.token, "GET", f"{HOME}/bundle")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    (tmp_path / "b.zip").write_bytes(answer.content)
    (tmp_path / "keys.json").write_bytes(room.public_keys())
    claim = check_bundle(tmp_path / "b.zip", TrustedKeys.load(tmp_path / "keys.json"))
    assert answer.headers["etag"] == f'"{claim.digest}"'
    assert (str(claim.place), claim.version, claim.generation) == (
        "deployment flights/late",
        1,
        4,
    )
    assert claim.example == EXAMPLE
    held = {"If-None-Match": answer.headers["etag"]}
    again = room.call(room.token, "GET", f"{HOME}/bundle", headers=held)
    assert (again.status_code, again.content) == (304, b"")
    room.rollouts.deployment = replace(DEPLOYMENT, generation=5)
    assert room.call(room.token, "GET", f"{HOME}/bundle", headers=held).status_code == 200
    assert room.actions().count("edge.signed") == 2
    assert not list((room.folder / "edge-bundles").iterdir())


def test_a_version_without_a_form_is_refused_with_the_reason(room: Room) -> None:
    room.rollouts.deployment = replace(DEPLOYMENT, stable_version=2)
    refused = room.call(room.token, "GET", f"{HOME}/bundle")
    assert refused.status_code == 409
    said = refused.json()
    assert said["message"] == (
        "Version 2 of late has no ONNX form for devices: It stays as it is: a forest."
    )
    assert "Use a version with one" in said["remedy"]
    found = room.call("reviewer", "GET", f"{HOME}/devices").json()
    assert (found["pullable"], "a forest" in found["why_not"]) == (False, True)
    room.rollouts.deployment = replace(DEPLOYMENT, stable_version=None)
    refused = room.call(room.token, "GET", f"{HOME}/bundle").json()
    assert "late has no live version yet" in refused["message"]


def test_people_export_versions_and_aliases(room: Room) -> None:
    answer = room.call("scientist", "GET", EXPORT, params={"version": 1})
    assert answer.status_code == 200
    assert "flights.late-v1-edge.zip" in answer.headers["content-disposition"]
    for asked, status, words in (
        ({}, 404, "champion of late points to no version"),
        ({"alias": "late"}, 404, "late of late points to no version"),
        ({"version": 1, "alias": "champion"}, 422, "Both version=1 and alias='champion'"),
        ({"version": 9}, 404, "has no version 9"),
    ):
        refused = room.call("scientist", "GET", EXPORT, params=asked)
        assert (refused.status_code, words in refused.json()["message"]) == (status, True)
    assert room.call("reviewer", "GET", EXPORT, params={"version": 1}).status_code == 403
    refused = room.call(room.token, "GET", EXPORT, params={"version": 1})
    assert refused.status_code == 401


def test_tokens_open_their_deployment_alone(room: Room) -> None:
    other = HOME.replace("late", "early")
    refused = room.call(room.token, "GET", f"{other}/bundle")
    assert refused.status_code == 404
    assert "kiosks has no deployment 'early'" in refused.json()["message"]
    refused = room.call(room.token + "x", "GET", f"{HOME}/bundle")
    assert (refused.status_code, "out of shape" in refused.json()["message"]) == (401, True)
    room.consumers.revoke(SCIENTIST, "flights", "kiosks", WHY)
    fresh = Access(room.consumers, lambda: NOON, lambda: 0.0)
    app = FastAPI()
    answers.install(app)
    guard = Guard(
        Identity(FakeHub(), RunTokens(b"k" * 32, lambda: NOON)),
        cast(RoleBook, Roles()),
        room.database,
        room.registry.audit,
    )
    app.include_router(http.routes(room.edge, fresh, guard))
    answer = TestClient(app).get(
        f"{HOME}/bundle", headers={"Authorization": f"Bearer {room.token}"}
    )
    assert (answer.status_code, "kiosks was revoked" in answer.json()["message"]) == (401, True)
    fresh.close()


def test_bytes_that_changed_and_revoked_keys_are_not_given_out(room: Room) -> None:
    model = room.folder / "store" / "onnx" / "1" / "model.onnx"
    kept = model.read_bytes()
    model.write_bytes(b"other")
    refused = room.call(room.token, "GET", f"{HOME}/bundle")
    assert "onnx form of version 1 of late is not what was signed" in refused.json()["message"]
    model.write_bytes(kept)
    admin, first = SCIENTIST.within(None, frozenset({"admin"})), room.registry.keys.key_id
    room.registry.proofs.keys.rotate(admin, WHY)
    room.registry.proofs.keys.revoke(admin, first, WHY)
    refused = room.call(room.token, "GET", f"{HOME}/bundle")
    assert "Version 1 of late is not given to devices" in refused.json()["message"]


def test_reports_count_once_and_devices_that_need_a_look_come_first(stored: Room) -> None:
    room = stored
    first = room.tell({"sequence": 1}, {"sequence": 2, "refusal": "It is older."})
    assert first.json() == {"sequence": 2, "counted": 2, "version": 1}
    again = room.tell({"sequence": 2}, {"sequence": 3, "latency_p50_ms": 0.4})
    assert again.json()["counted"] == 1
    room.tell({"version": None, "requests": 0, "errors": 0}, device="empty-1")
    room.tell({"version": 2}, device="ahead-1")
    found = room.call("reviewer", "GET", f"{HOME}/devices").json()
    assert [(one["device"], one["standing"]) for one in found["items"]] == [
        ("ahead-1", "ahead"),
        ("empty-1", "empty"),
        ("kiosk-1", "current"),
    ]
    kiosk = found["items"][2]
    assert (kiosk["requests"], kiosk["errors"], kiosk["latency_p50_ms"]) == (30, 3, 0.4)
    assert (kiosk["consumer"], kiosk["refusal"], kiosk["silent"]) == ("kiosks", None, False)
    assert found["live_version"] == 1
    assert room.actions().count("edge.device_joined") == 3
    room.rollouts.at = NOON + timedelta(hours=2)
    silent = room.call("reviewer", "GET", f"{HOME}/devices").json()["items"]
    assert {one["silent"] for one in silent} == {True}


def test_a_device_that_was_set_up_anew_counts_from_one_again(room: Room) -> None:
    room.tell({"sequence": 7})
    anew = room.tell({"sequence": 1}, installation="b" * 32)
    assert anew.json() == {"sequence": 1, "counted": 1, "version": 1}


def test_reports_out_of_shape_are_refused_in_words(room: Room) -> None:
    for more, words in (
        ({"reports": []}, "reports"),
        ({"device": "Kiosk 1"}, "device"),
        ({"reports": [report(errors=11)]}, "errors are more than requests"),
        ({"reports": [report(until="2026-01-01T00:00:00Z")]}, "until is before since"),
        ({"reports": [report(since="2026-01-01T00:00:00")]}, "name no zone"),
        ({"reports": [report()] * 51}, "reports"),
        ({"reports": [report(last_error="a\u202eb")]}, "last_error"),
        ({"more": 1}, "more"),
    ):
        refused = room.tell({}, **more)  # type: ignore[arg-type]
        assert (refused.status_code, words in refused.json()["message"]) == (422, True), (
            refused.text
        )
    large = room.call(room.token, "POST", f"{HOME}/reports", content=b" " * 300_000)
    assert (large.status_code, "a device may send 262,144" in large.json()["message"]) == (
        413,
        True,
    )
    unannounced = room.call(room.token, "POST", f"{HOME}/reports", content=iter([b" " * 300_000]))
    assert unannounced.status_code == 413
    assert "length isn't announced" in unannounced.json()["message"]


def test_a_name_belongs_to_one_consumer_and_names_are_bounded(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.tell({})
    room.consumers.create(SCIENTIST, a_consumer(name="others"))
    other, _ = room.consumers.issue(SCIENTIST, "flights", "others", 30, "")
    refused = room.tell({}, token=other)
    assert refused.status_code == 409
    assert "'kiosk-1' reports with the token of kiosks, not of others" in refused.json()["message"]
    monkeypatch.setattr(rules, "MOST_DEVICES", 1)
    refused = room.tell({}, device="kiosk-2")
    assert (refused.status_code, "late has 1 devices; 1 are allowed" in refused.text) == (
        409,
        True,
    )
    assert room.actions().count("edge.device_joined") == 1


def test_devices_ask_within_the_limits_of_their_consumer(room: Room) -> None:
    statuses = [room.tell({"sequence": number}).status_code for number in range(1, 43)]
    assert (statuses[:40], statuses[40:]) == ([200] * 40, [429] * 2)
    refused = room.tell({})
    assert refused.headers["retry-after"] == "1"
    assert "sent more than 20 requests a second" in refused.json()["message"]


def test_people_do_not_report_and_remove_what_is_gone(room: Room) -> None:
    refused = room.tell({}, token="scientist")
    assert (refused.status_code, "You may not report" in refused.json()["message"]) == (403, True)
    room.tell({})
    why = {"reason": WHY}
    path = f"{HOME}/devices/kiosk-1/remove"
    assert room.call("reviewer", "POST", path, json=why).status_code == 403
    assert room.call("oncall", "POST", path, json=why).json()["items"] == []
    gone = room.call("oncall", "POST", path, json=why)
    assert (gone.status_code, "late has no device 'kiosk-1'" in gone.text) == (404, True)
    assert "edge.device_removed" in room.actions()


def test_a_service_without_a_consumers_token_is_no_device(room: Room) -> None:
    refused = room.tell({}, token="octavo-service")
    assert refused.status_code == 403
