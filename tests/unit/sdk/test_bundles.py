"""Bundles of models are checked offline: foreign and revoked keys, changed bytes, hostile zips."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from octavo.bundles import BILL_PREDICATE, manifest_of, verify_bundle
from octavo.envelopes import Refused, TrustedKeys, verify_envelope
from octavo_server.adapters.signing import Signer

FILES = {"MLmodel": b"flavors: {}\n", "data/model.pkl": b"\x80\x04."}
SUBJECTS = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
KIND = "https://slsa.dev/provenance/v1"
BILL = b'{"bomFormat": "CycloneDX"}'


def pem(signer: Signer) -> str:
    raw = bytes.fromhex(signer.public_key["keyval"]["public"])
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def keys(signer: Signer, tmp_path: Path) -> TrustedKeys:
    path = tmp_path / "public.pem"
    path.write_text(pem(signer))
    return TrustedKeys.load(path)


def content_of(signer: Signer) -> dict[str, bytes]:
    statement = signer.attest(subjects=SUBJECTS, predicate_type=KIND, predicate={"a": "b"})
    bill = signer.attest(
        subjects={"model": manifest_of(SUBJECTS)},
        predicate_type=BILL_PREDICATE,
        predicate={"sha256": hashlib.sha256(BILL).hexdigest()},
    )
    return {
        **{f"model/{path}": content for path, content in FILES.items()},
        "proof/statement.dsse.json": json.dumps(statement).encode(),
        "proof/sbom.cdx.json": BILL,
        "proof/sbom.dsse.json": json.dumps(bill).encode(),
        "proof/model.sig": b"{}",
    }


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def test_a_bundle_as_it_was_exported_verifies(
    signer: Signer, keys: TrustedKeys, tmp_path: Path
) -> None:
    content = content_of(signer)
    found = verify_bundle(zipped(tmp_path / "b.zip", content), keys)
    assert (found.ok, found.files, found.bills) == (True, 2, 1)
    assert found.key_id == signer.key_id
    assert found.statement["predicate"] == {"a": "b"}
    for name, data in content.items():
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_bytes(data)
    assert verify_bundle(tmp_path / "b", keys) == found


Change = Callable[[dict[str, bytes]], Any]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update({"model/MLmodel": b"x"}), "MLmodel was changed: "),
        (lambda c: c.pop("model/data/model.pkl"), "data/model.pkl was signed and is missing."),
        (lambda c: c.update({"model/.git/hook": b"x"}), ".git/hook was added: nobody signed it."),
        (lambda c: c.update({"README": b"x"}), "README was added: it is no part of a bundle."),
        (lambda c: c.update({"proof/sbom.cdx.json": b"{}"}), "proof/sbom.cdx.json was changed: "),
        (lambda c: c.pop("proof/sbom.cdx.json"), "proof/sbom.cdx.json was signed and is missing."),
        (lambda c: c.pop("proof/sbom.dsse.json"), "The bundle has no proof/sbom.dsse.json."),
        (lambda c: c.pop("proof/statement.dsse.json"), "has no proof/statement.dsse.json."),
        (
            lambda c: c.update({"proof/sbom.dsse.json": c["proof/statement.dsse.json"]}),
            "is of kind 'https://slsa.dev/provenance/v1'",
        ),
        (lambda c: c.update({"proof/statement.dsse.json": b"[]"}), "is no JSON object."),
        (
            lambda c: c.update({"proof/statement.dsse.json": b'{"payloadType": "x"}'}),
            "its payload is of type 'x'",
        ),
    ],
)
def test_a_bundle_that_was_changed_is_refused_in_words(
    signer: Signer, keys: TrustedKeys, tmp_path: Path, change: Change, words: str
) -> None:
    content = content_of(signer)
    change(content)
    found = verify_bundle(zipped(tmp_path / "b.zip", content), keys)
    assert not found.ok
    assert any(words in fault for fault in found.faults), found.faults


def test_a_bill_of_another_model_is_refused(
    signer: Signer, keys: TrustedKeys, tmp_path: Path
) -> None:
    content = content_of(signer)
    bill = signer.attest(
        subjects={"model": "0" * 64},
        predicate_type=BILL_PREDICATE,
        predicate={"sha256": hashlib.sha256(BILL).hexdigest()},
    )
    content["proof/sbom.dsse.json"] = json.dumps(bill).encode()
    found = verify_bundle(zipped(tmp_path / "b.zip", content), keys)
    assert found.faults == ("proof/sbom.cdx.json is about another model.",)


def test_a_foreign_key_is_refused_with_both_names(
    signer: Signer, keys: TrustedKeys, tmp_path: Path
) -> None:
    other = Signer(Ed25519PrivateKey.generate())
    found = verify_bundle(zipped(tmp_path / "b.zip", content_of(other)), keys)
    assert found.faults[0].startswith(
        f"It is signed by {other.key_id[:16]}, which is none of the keys that you trust "
        f"({signer.key_id[:16]})."
    )


def test_a_statement_that_was_changed_after_signing_is_told_from_a_foreign_key(
    signer: Signer, keys: TrustedKeys
) -> None:
    envelope = signer.attest(subjects=SUBJECTS, predicate_type=KIND, predicate={})
    other = signer.attest(subjects=SUBJECTS, predicate_type=KIND, predicate={"x": "y"})
    with pytest.raises(Refused, match="changed after it was signed"):
        verify_envelope({**envelope, "payload": other["payload"]}, keys)


def test_a_revoked_key_is_refused_with_who_when_and_why(signer: Signer, tmp_path: Path) -> None:
    key = {
        "key_id": signer.key_id,
        "use": "statements",
        "public_pem": pem(signer),
        "revoked_at": "2026-03-04T05:06:07Z",
        "revoked_by": "root",
        "revoked_reason": "The disk was stolen.",
    }
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"items": [key, {**key, "use": "model-signing"}]}))
    found = verify_bundle(zipped(tmp_path / "b.zip", content_of(signer)), TrustedKeys.load(path))
    assert found.faults[0].startswith(
        f"The key {signer.key_id[:16]} that signed it was revoked. root revoked it on 2026-03-04: "
        "The disk was stolen."
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "holds no public key in PEM form"),
        (b"{}", "is no list of keys: KeyError"),
        (b'{"items": []}', "holds no key for statements"),
        (b"[", "is no list of keys"),
    ],
)
def test_a_key_file_that_is_none_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(Refused, match=words):
        TrustedKeys.load(tmp_path / "key")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    public = generate_private_key(SECP256R1()).public_key()
    made = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key").write_bytes(made)
    assert load_pem_public_key(made)
    with pytest.raises(Refused, match="statements are signed with Ed25519"):
        TrustedKeys.load(tmp_path / "key")
    with pytest.raises(Refused, match="can't be read"):
        TrustedKeys.load(tmp_path / "none")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "model/../../x", "a\\b", "model//x"])
def test_an_entry_that_leads_out_of_the_bundle_is_refused(
    signer: Signer, keys: TrustedKeys, tmp_path: Path, name: str
) -> None:
    path = zipped(tmp_path / "b.zip", {**content_of(signer), name: b"x"})
    with pytest.raises(Refused, match="leads out of it"):
        verify_bundle(path, keys)


def test_links_and_twins_are_refused(signer: Signer, keys: TrustedKeys, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("model/link")
    link.external_attr = 0o120777 << 16
    path = zipped(tmp_path / "b.zip", content_of(signer))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Refused, match="is no plain file"):
        verify_bundle(path, keys)
    path = zipped(tmp_path / "c.zip", content_of(signer))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("model/MLmodel", b"x")
    with pytest.raises(Refused, match="twice"):
        verify_bundle(path, keys)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "model").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="is no plain file"):
        verify_bundle(tmp_path / "d", keys)


def test_what_is_no_bundle_says_so(keys: TrustedKeys, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    for path in (tmp_path / "x", tmp_path / "none"):
        with pytest.raises(Refused, match="is no bundle"):
            verify_bundle(path, keys)
