"""A device from registration to its report: real services, a real token, the real light client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.tracking.test_registering import REGISTER
from tests.support.tracking import Governed, stock_client
from tests.unit.edge.test_service import DEPLOYMENT

from octavo_server.deployments.rollouts import store
from octavo_server.deployments.rollouts.domain import Deployment

HOME = "/projects/flights/deployments/boards"
WHY = "The boards at the gates predict alone."
ROW = {"delay": 40.0, "hour": 9, "carrier": "UA"}


@dataclass
class Device:
    """The light client in a child, as it runs on a device."""

    governed: Governed
    folder: Path

    def run(self, *step: str, given: str = "", ok: bool | None = True) -> str:
        """Do one step and return what was said; ``ok`` None: it may be refused."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "octavo.edge", "--folder", str(self.folder / "device")),
                *("--key", str(self.folder / "keys.json"), "--url", self.governed.url),
                *("--project", "flights", "--deployment", "boards", "--device", "gate-7"),
                *("--token-file", str(self.folder / "token"), *step),
            ],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ok in {None, done.returncode == 0}, done.stdout + done.stderr
        return done.stdout + done.stderr


def call(governed: Governed, who: str, method: str, path: str, **more: Any) -> Any:
    """What the platform answers, which must not refuse."""
    answer = governed.platform.call(who, method, path, **more)
    assert answer.is_success, answer.text
    return answer


@pytest.fixture(scope="module")
def live(governed: Governed) -> Deployment:
    """Register a model that converts, and let a deployment point to it; no scorer is needed."""
    code = REGISTER.replace("flights/variable", "flights/boards").replace('"variable"', '"boards"')
    made = stock_client(
        governed.tracking,
        "scientist",
        code,
        OCTAVO_PROJECT="flights",
        OCTAVO_URL=governed.url,
        OCTAVO_TOKEN="scientist",
    )
    assert made["made"]["conversion"]["outcome"] == "converted", made["made"]["conversion"]
    found = Deployment(**{**vars(DEPLOYMENT), "name": "boards", "model": "boards"})
    with governed.platform.services.database.write() as rows:
        store.add_deployment(rows, found)
    return found


@pytest.fixture
def device(governed: Governed, live: Deployment, tmp_path: Path) -> Device:
    """Give a device with a consumer's token and the pinned keys."""
    listed = governed.platform.call("oncall", "GET", "/projects/flights/consumers").json()
    if not listed["items"]:
        body = {"name": "gates", "purpose": WHY, "deployments": ["boards"]}
        call(governed, "scientist", "POST", "/projects/flights/consumers", json=body)
    issued = call(
        governed, "scientist", "POST", "/projects/flights/consumers/gates/tokens", json={}
    ).json()
    (tmp_path / "token").write_text(issued["token"])
    (tmp_path / "keys.json").write_text(call(governed, "oncall", "GET", "/keys").text)
    return Device(governed, tmp_path)


def test_a_device_pulls_predicts_alone_and_is_seen(governed: Governed, device: Device) -> None:
    assert "holds v1 of boards for the deployment flights/boards" in device.run("pull")
    assert "nothing newer" in device.run("pull")
    (alone,) = json.loads(device.run("--url", "", "predict", given=json.dumps([ROW])))
    assert alone[1] > 0.9
    refused = device.run("predict", given=json.dumps([{"delay": 1.0}]), ok=False)
    assert "Row 0 has no value for 'hour'" in refused
    assert "0 reports wait" in device.run("report")
    found = call(governed, "reviewer", "GET", f"{HOME}/edge/devices").json()
    (seen,) = found["items"]
    assert (seen["device"], seen["consumer"], seen["standing"]) == ("gate-7", "gates", "current")
    assert (seen["requests"], seen["errors"]) == (2, 1)
    assert "'hour'" in seen["last_error"]
    assert found["pullable"] is True
    entries = governed.platform.services.audit.entries()
    assert {"edge.signed", "edge.device_joined"} <= {one.action for one in entries}


def test_a_device_is_told_of_a_revoked_token_and_answers_on(
    governed: Governed, device: Device
) -> None:
    device.run("pull")
    token = (device.folder / "token").read_text().split("_")[1]
    why = {"reason": WHY}
    path = f"/projects/flights/consumers/gates/tokens/{token}/revoke"
    call(governed, "oncall", "POST", path, json=why)
    deadline = time.monotonic() + 20
    while "This token of gates was revoked" not in device.run("pull", ok=None):
        assert time.monotonic() < deadline, "the revoked token still opens the deployment"
    assert json.loads(device.run("predict", given=json.dumps([ROW])))[0][1] > 0.9


def test_an_export_verifies_offline_and_is_carried_by_hand(
    governed: Governed, device: Device
) -> None:
    environment = {**os.environ, "OCTAVO_URL": governed.url, "OCTAVO_TOKEN": "scientist"}

    def octavo(*step: str, ok: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "octavo.cli.main", *step],
            env=environment,
            cwd=device.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    said = octavo("edge", "export", "boards/1", "-o", "boards.zip", "--project", "flights")
    assert "octavo verify boards.zip --key KEYS" in said
    verified = octavo("verify", "boards.zip", "--key", "keys.json")
    assert "flights.boards version 1" in verified
    assert "devices of the version flights/boards" in verified
    refused = octavo(
        "edge", "export", "boards@late", "-o", "x.zip", "--project", "flights", ok=False
    )
    assert "late of boards points to no version" in refused
    refused = octavo("edge", "export", "a/b/c", "-o", "x.zip", "--project", "flights", ok=False)
    assert "'a/b/c' names no model, version or alias" in refused
    assert not (device.folder / "x.zip").exists()
    bundle = str(device.folder / "boards.zip")
    refused = device.run("install", bundle, ok=False)
    assert "for the version flights/boards; this device follows the deployment" in refused
    assert "holds v1 of boards" in device.run("--deployment", "", "install", bundle)
    listed = octavo("edge", "devices", "boards", "--project", "flights")
    assert "v1 is live; 1 device follows it." in listed
    assert "gate-7" in listed
