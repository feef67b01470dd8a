"""A version is proven over the real services: bundle, aliases for stock clients, reconciliation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.tracking import TRAIN, Governed, stock_client

from octavo.bundles import verify_bundle
from octavo.envelopes import TrustedKeys

MODEL = "/projects/flights/models/proven"
WHY = "It is better on the newest month."


@pytest.fixture(scope="module")
def registered(governed: Governed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Train, log and register as the scientist."""
    home = tmp_path_factory.mktemp("proven")
    (home / "train.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    code = TRAIN.replace("flights/late", "flights/proven").replace(
        "    mlflow.log_params(",
        "    mlflow.log_input(mlflow.data.from_pandas(frame, name='june'), 'training')\n"
        "    mlflow.log_params(",
    )
    run = stock_client(
        governed.tracking,
        "scientist",
        code + "print(json.dumps(run.info.run_id))\n",
        HOME=str(home),
        OCTAVO_PROJECT="flights",
        JPY_SESSION_NAME=str(home / "train.ipynb"),
    )
    answer = governed.platform.call(
        "scientist", "POST", f"{MODEL}/versions", json={"run_id": run, "card": "# Proven"}
    )
    assert answer.status_code == 201, answer.text
    governed.platform.services.proofs.attesting.step()
    made: dict[str, Any] = answer.json()
    return made


def test_provenance_is_signed_and_shown(governed: Governed, registered: dict[str, Any]) -> None:
    found = governed.platform.call("reviewer", "GET", f"{MODEL}/versions/1/proof").json()
    assert found["ok"] is True, found["checks"]
    built = found["statement"]["predicate"]["buildDefinition"]
    assert built["externalParameters"]["notebook"]["path"] == "train.ipynb"
    assert built["externalParameters"]["parameters"] == {"C": "1.0"}
    assert built["resolvedDependencies"][0]["name"] == "data/june"
    states = {one["key"]: one["state"] for one in found["chain"]}
    assert states["data"] == states["run"] == states["environment"] == states["bom"] == "complete"
    assert [one["kind"] for one in found["attestations"]] == ["environment", "model"]


def test_the_bills_are_cyclonedx(governed: Governed, registered: dict[str, Any]) -> None:
    for kind in ("environment", "model"):
        answer = governed.platform.call("oncall", "GET", f"{MODEL}/versions/1/bom/{kind}")
        assert answer.headers["content-type"] == "application/vnd.cyclonedx+json"
        assert answer.json()["bomFormat"] == "CycloneDX"
    answer = governed.platform.call("oncall", "GET", f"{MODEL}/versions/1/bom/other")
    assert answer.status_code == 422


def test_a_downloaded_bundle_verifies_offline(
    governed: Governed, registered: dict[str, Any], tmp_path: Path
) -> None:
    answer = governed.platform.call("oncall", "GET", f"{MODEL}/versions/1/bundle")
    assert answer.headers["content-type"] == "application/zip"
    (tmp_path / "bundle.zip").write_bytes(answer.content)
    (tmp_path / "keys.json").write_text(governed.platform.call("oncall", "GET", "/keys").text)
    found = verify_bundle(tmp_path / "bundle.zip", TrustedKeys.load(tmp_path / "keys.json"))
    assert (found.faults, found.bills) == ((), 2)
    assert found.files == len(registered["files"])
    assert not list((governed.platform.services.settings.home / "bundles").iterdir())


def test_the_command_line_verifies_it_with_a_key_alone(
    governed: Governed, registered: dict[str, Any], tmp_path: Path
) -> None:
    """No address, no token, no service: the bundle and the public key are all there is."""
    (tmp_path / "bundle.zip").write_bytes(
        governed.platform.call("oncall", "GET", f"{MODEL}/versions/1/bundle").content
    )
    keys = {
        one["use"]: one["public_pem"]
        for one in governed.platform.call("oncall", "GET", "/keys").json()["items"]
        if one["active"]
    }
    for use, pem in keys.items():
        (tmp_path / f"{use}.pem").write_text(pem)
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    octavo = [sys.executable, "-m", "octavo.cli.main", "verify", "bundle.zip", "--key"]

    def said(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, words = said(*octavo, "statements.pem")
    assert (code, words.splitlines()[-1]) == (0, "The bundle verifies."), words
    assert "model    flights.proven version 1" in words
    code, words = said(*octavo, "model-signing.pem")
    assert (code, "statements are signed with Ed25519" in words) == (1, True), words
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extractall(tmp_path / "out")
    stock = [sys.executable, "-m", "model_signing", "verify", "key", "out/model"]
    signed = ["--signature", "out/proof/model.sig", "--public_key", "model-signing.pem"]
    code, words = said(*stock, *signed)
    assert (code, "Verification succeeded" in words) == (0, True), words
    (tmp_path / "out" / "model" / "MLmodel").write_text("other")
    assert said(*stock, *signed)[0] != 0


def test_the_lineage_leads_from_data_to_the_version(
    governed: Governed, registered: dict[str, Any]
) -> None:
    found = governed.platform.call("oncall", "GET", f"{MODEL}/versions/1/lineage").json()
    kinds = [(one["kind"], one["column"]) for one in found["nodes"]]
    assert kinds == [("data", 0), ("run", 4), ("model_version", 5)]


def test_stock_clients_load_by_alias_and_cannot_move_it(
    governed: Governed, registered: dict[str, Any]
) -> None:
    before = datetime.now(UTC).isoformat()
    moved = governed.platform.call(
        "reviewer", "PUT", f"{MODEL}/aliases/champion", json={"version": 1, "reason": WHY}
    )
    assert moved.status_code == 200, moved.text
    code = (
        "model = mlflow.pyfunc.load_model('models:/flights.proven@champion')\n"
        "try:\n"
        "    mlflow.MlflowClient().set_registered_model_alias('flights.proven', 'champion', '1')\n"
        "    said = 'moved'\n"
        "except Exception as error:\n"
        "    said = str(error)\n"
        "print(json.dumps([model.metadata.run_id, said]))\n"
    )
    run, said = stock_client(governed.tracking, "scientist", code)
    assert run == registered["version"]["run_id"]
    assert "Only Octavo moves aliases" in said

    def on(at: str) -> Any:
        asked = {"at": at}
        found = governed.platform.call("oncall", "GET", f"{MODEL}/aliases-on", params=asked)
        return found.json()["items"][0]["version"]

    assert on(before) is None
    assert on(datetime.now(UTC).isoformat()) == 1
    naive = governed.platform.call(
        "oncall", "GET", f"{MODEL}/aliases-on", params={"at": "2026-01-02T03:04:05"}
    )
    assert (naive.status_code, "names no zone" in naive.json()["message"]) == (422, True)


def directly(governed: Governed, method: str, path: str, body: Any = None) -> Any:
    """Ask MLflow as nobody but Octavo may."""
    token = governed.platform.services.settings.service_token("octavo")
    answer = httpx.request(
        method,
        f"{governed.tracking}/api/2.0/mlflow/{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_was_changed_in_mlflow_directly_is_put_back_or_shown(
    governed: Governed, registered: dict[str, Any]
) -> None:
    model_id = registered["version"]["model_id"]
    governed.platform.call(
        "reviewer", "PUT", f"{MODEL}/aliases/champion", json={"version": 1, "reason": WHY}
    )
    name, digest_tag = "flights.proven", "octavo.manifest_sha256"
    as_octavo = (
        ("DELETE", "registered-models/alias", {"alias": "champion"}),
        ("POST", "registered-models/alias", {"alias": "rogue", "version": "1"}),
        ("POST", "model-versions/set-tag", {"version": "1", "key": digest_tag, "value": "0"}),
    )
    for method, path, body in as_octavo:
        directly(governed, method, path, {"name": name, **body})
    stock_client(
        governed.tracking,
        "scientist",
        "client = mlflow.MlflowClient()\n"
        f"client.set_model_version_tag('{name}', '1', 'team', 'ops')\n"
        f"client.create_model_version('{name}', 'models:/{model_id}', model_id='{model_id}')\n"
        "print('null')\n",
    )
    for _ in range(2):
        governed.platform.services.proofs.reconciliation.step()
    found = governed.platform.call("oncall", "GET", "/projects/flights/registry/differences").json()
    kinds = {one["kind"]: one["repaired"] for one in found["items"] if one["name"] == "proven"}
    assert kinds == {
        "alias_removed": True,
        "alias_added": True,
        "tag_changed": True,
        "version_unsigned": False,
    }
    model = directly(governed, "GET", f"registered-models/get?name={name}")["registered_model"]
    assert model["aliases"] == [{"alias": "champion", "version": "1"}]
    kept = directly(governed, "GET", f"model-versions/get?name={name}&version=1")["model_version"]
    tags = {one["key"]: one["value"] for one in kept["tags"]}
    assert tags[digest_tag] == registered["version"]["digest"]
    listed = governed.platform.call("oncall", "GET", f"{MODEL}/versions/1/tags").json()
    assert [(one["key"], one["set_by"]) for one in listed["items"]] == [("team", "mlflow")]


def test_a_version_that_somebody_deletes_or_an_alias_that_somebody_moves(
    governed: Governed, registered: dict[str, Any]
) -> None:
    """A stock client is refused with words; what gets past the gate is shown, and files stay."""
    refused = stock_client(
        governed.tracking,
        "scientist",
        "client = mlflow.MlflowClient()\n"
        "said = []\n"
        "for what in (\n"
        "    lambda: client.delete_model_version('flights.proven', '1'),\n"
        "    lambda: client.delete_registered_model('flights.proven'),\n"
        "    lambda: client.delete_registered_model_alias('flights.proven', 'champion'),\n"
        "    lambda: client.rename_registered_model('flights.proven', 'flights.other'),\n"
        "):\n"
        "    try:\n"
        "        what()\n"
        "        said.append('done')\n"
        "    except Exception as error:\n"
        "        said.append(str(error))\n"
        "print(json.dumps(said))\n",
    )
    assert "done" not in refused, refused
    assert all("Octavo" in one for one in refused), refused
    gone_in_mlflow = {"name": "flights.proven", "version": "1"}
    directly(governed, "DELETE", "model-versions/delete", gone_in_mlflow)
    for _ in range(2):
        governed.platform.services.proofs.reconciliation.step()
    found = governed.platform.call("oncall", "GET", "/projects/flights/registry/differences").json()
    (gone,) = [one for one in found["items"] if one["kind"] == "version_deleted"]
    assert (gone["version"], gone["repaired"]) == (1, False)
    assert "deployments of it go on" in gone["detail"]
    checked = governed.platform.call("oncall", "POST", f"{MODEL}/versions/1/verify").json()
    assert checked["ok"], checked
    entries = governed.platform.call("admin", "GET", "/audit/entries").json()["items"]
    assert "version_deleted" in {one["details"].get("kind") for one in entries}


def test_versions_are_compared_over_the_wire(
    governed: Governed, registered: dict[str, Any]
) -> None:
    asked = {"version": [1]}
    answer = governed.platform.call("oncall", "GET", f"{MODEL}/compare", params=asked)
    assert (answer.status_code, "Ask for two" in answer.json()["remedy"]) == (422, True)
    answer = governed.platform.call(
        "oncall", "GET", f"{MODEL}/compare", params={"version": [1, 77]}
    )
    assert answer.status_code == 404


def test_keys_are_public_and_changed_by_platform_admins_alone(governed: Governed) -> None:
    found = governed.platform.call("scientist", "GET", "/keys").json()
    assert {one["use"] for one in found["items"]} == {"statements", "model-signing"}
    assert "PRIVATE" not in json.dumps(found)
    body = {"reason": "A new year, a new key."}
    assert governed.platform.call("scientist", "POST", "/keys", json=body).status_code == 403


def test_the_figure_of_a_project_without_deployments_is_empty(governed: Governed) -> None:
    body = {"name": "unserved", "title": "Unserved"}
    assert governed.platform.call("admin", "POST", "/projects", json=body).status_code == 201
    found = governed.platform.call("admin", "GET", "/projects/unserved/registry/chain").json()
    assert (found["percent"], found["production"]) == (None, 0)
    assert httpx.get(f"{governed.url}/api/v1/keys", trust_env=False).status_code == 401
