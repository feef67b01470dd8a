"""`octavo verify` offline, `octavo bundle` and `octavo keys` against a service."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.sdk.test_bundles import content_of, pem, zipped

from octavo.cli import proof
from octavo.client import Client, ClientError
from octavo_server.adapters.signing import Signer

SIGNER = Signer(Ed25519PrivateKey.generate())
KEY = {
    "key_id": SIGNER.key_id,
    "algorithm": "ed25519",
    "use": "statements",
    "public_pem": pem(SIGNER),
    "active": True,
    "revoked_at": None,
    "revoked_by": None,
    "revoked_reason": None,
}
OTHER = {**KEY, "algorithm": "ecdsa-p256", "use": "model-signing", "public_pem": "EC"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "key.pem").write_text(pem(SIGNER))
    return zipped(tmp_path / "late.zip", content_of(SIGNER))


def test_a_good_bundle_says_what_was_signed(bundle: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(proof.verify, [str(bundle), "--key", str(tmp_path / "key.pem")])
    assert done.exit_code == 0, done.output
    assert "files    2 signed" in done.output
    assert f"key      {SIGNER.key_id}" in done.output
    assert done.output.endswith("The bundle verifies.\n")


def test_a_bad_bundle_names_each_fault_and_fails(bundle: Path, tmp_path: Path) -> None:
    content = {**content_of(SIGNER), "model/MLmodel": b"evil", "model/x": b""}
    done = CliRunner().invoke(
        proof.verify, [str(zipped(bundle, content)), "--key", str(tmp_path / "key.pem")]
    )
    assert done.exit_code == 1
    assert "FAULT  MLmodel was changed: " in done.output
    assert "FAULT  x was added: nobody signed it." in done.output
    assert done.output.endswith("The bundle does not verify.\n")


def test_a_bundle_is_checked_against_a_key_that_one_names(bundle: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(proof.verify, [str(bundle)])
    assert isinstance(done.exception, ClientError)
    assert "against a key that you trust, and none was named" in done.exception.message
    done = CliRunner().invoke(proof.verify, [str(bundle), "--key", str(bundle)])
    assert isinstance(done.exception, ClientError)
    assert "holds no public key in PEM form" in done.exception.message


def connected(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response]
) -> None:
    """Have the commands talk to `answer`."""

    def made(**_: object) -> Client:
        return Client("http://x", "token", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(proof.Client, "from_environment", made)


def test_keys_are_written_as_a_list_or_one_as_pem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connected(monkeypatch, lambda _: httpx.Response(200, json={"items": [KEY, OTHER]}))
    done = CliRunner().invoke(proof.keys, [str(tmp_path / "keys.json")])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "keys.json").read_text())["items"][0]["key_id"] == SIGNER.key_id
    assert "signs" in done.output
    CliRunner().invoke(proof.keys, [str(tmp_path / "ec.pem"), "--pem", "model-signing"])
    assert (tmp_path / "ec.pem").read_text() == "EC"


def test_a_bundle_is_written_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, bundle: Path, tmp_path: Path
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=bundle.read_bytes())

    connected(monkeypatch, answer)
    target = tmp_path / "out.zip"
    done = CliRunner().invoke(proof.bundle, ["late", "3", str(target), "--project", "flights"])
    assert done.exit_code == 0, done.output
    assert target.read_bytes() == bundle.read_bytes()
    assert asked == ["/api/v1/projects/flights/models/late/versions/3/bundle"]

    refused = {"error": "not_found", "message": "No version 4.", "remedy": "See.", "request_id": ""}
    connected(monkeypatch, lambda _: httpx.Response(404, json=refused))
    done = CliRunner().invoke(proof.bundle, ["late", "4", str(tmp_path / "no.zip")])
    assert isinstance(done.exception, ClientError)
    assert done.exception.message == "No version 4."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem", "late.zip", "out.zip"]
