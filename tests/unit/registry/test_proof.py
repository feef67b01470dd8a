"""Versions are proven: checks, chain, bills, bundles, keys that are changed and revoked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import person
from tests.support.proof import FolderFiles, Registry, open_registry
from tests.unit.registry.test_provenance import told
from tests.unit.registry.test_rules import PACKAGING

from octavo.bundles import verify_bundle
from octavo.envelopes import TrustedKeys
from octavo.records.proof import KeyList
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.database.tables.proof import bills_of_materials, model_attestations
from octavo_server.database.tables.registry import model_versions
from octavo_server.errors import Conflict, Invalid, NotFound, OctavoError
from octavo_server.registry.proof import wire
from octavo_server.registry.proof.domain import BillKind, LinkState, Live
from octavo_server.registry.versions import store
from octavo_server.registry.versions.domain import Derived, ModelVersion
from octavo_server.registry.versions.rules import DERIVED_PREDICATE, manifest_digest

FILES = {"MLmodel": b"flavors: {}\n", "data/model.pkl": b"\x80\x04.", "data-x": b"z"}
PINNED = replace(PACKAGING, requirements=("click==8.1", "httpx==0.1"))
ADMIN = person("root", "admins").within(None, frozenset({"admin"}))
LATE = ("flights", "late", 1)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return open_registry(MemoryDatabase(), tmp_path)


@pytest.fixture
def version(registry: Registry) -> ModelVersion:
    registry.facts.notebooks["5" * 64] = "Version 555555555555 is kept with the runs it made"
    return registry.sign(replace(told(), packaging=PINNED), FILES)


def states(registry: Registry) -> dict[str, LinkState]:
    return {one.key: one.state for one in registry.proofs.proof(*LATE).chain}


def test_a_version_with_a_known_past_has_a_complete_chain(
    registry: Registry, version: ModelVersion
) -> None:
    assert states(registry)["bom"] is LinkState.MISSING
    registry.attesting.step()
    found = wire.proof(registry.proofs.proof(*LATE))
    assert (found.ok, found.complete) == (True, True), found.chain
    assert [one.key for one in found.checks] == ["signature", "environment", "model"]
    assert found.statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert found.key is not None
    assert (found.key.key_id, found.key.active) == (version.key_id, True)
    assert [one.kind for one in found.attestations] == ["environment", "model"]
    assert [one.action for one in registry.audit.entries()] == ["registry.attest"]


@pytest.mark.parametrize(
    ("origin", "packaging", "key", "words"),
    [
        ({"inputs": []}, PINNED, "data", None),
        ({"notebook": None}, PINNED, "notebook", "Train in a notebook"),
        ({}, replace(PINNED, requirements=("click",)), "environment", "click has no exact version"),
        ({}, replace(PINNED, requirements=()), "environment", "lists no packages"),
    ],
)
def test_a_link_that_nobody_recorded_says_what_to_do(
    registry: Registry, origin: dict[str, Any], packaging: Any, key: str, words: str | None
) -> None:
    made = told()
    registry.sign(replace(made, origin={**made.origin, **origin}, packaging=packaging), FILES)
    link = next(one for one in registry.proofs.proof(*LATE).chain if one.key == key)
    if words is None:
        assert link.detail.startswith("Feature snapshot"), "features are data too"
    else:
        assert (link.state, words in link.detail) == (LinkState.MISSING, True), link.detail


def test_a_run_that_is_gone_and_a_statement_that_was_changed_break_the_chain(
    registry: Registry, version: ModelVersion
) -> None:
    registry.facts.runs.clear()
    assert states(registry)["run"] is LinkState.BROKEN
    with registry.database.write() as rows:
        rows.update(model_versions, {"card": "x", "created_by": "eve"}, ("version", "=", 1))
    found = registry.proofs.proof(*LATE)
    assert not wire.proof(found).ok
    assert "registered_by" in found.checks[0].detail
    assert next(one for one in found.chain if one.key == "statement").state is LinkState.BROKEN


def test_the_figure_counts_live_versions_with_a_complete_chain(
    registry: Registry, version: ModelVersion
) -> None:
    assert wire.figure(*registry.proofs.chain_figure("flights")).percent is None
    live = Live(
        deployment="late", environment="prod", name="late", version=1, approved="sue asked, rob did"
    )
    registry.facts.lives = [live, replace(live, deployment="b", approved=None)]
    registry.facts.lives.append(replace(live, deployment="c", version=9))
    registry.attesting.step()
    found = wire.figure(*registry.proofs.chain_figure("flights"))
    assert (found.percent, found.complete, found.production) == (33.3, 1, 3)
    assert [(one.deployment, one.missing, one.broken) for one in found.versions] == [
        ("b", ["Approval"], []),
        ("c", [], ["Signature"]),
        ("late", [], []),
    ]


def test_an_environment_is_listed_once_for_all_its_versions(
    registry: Registry, version: ModelVersion
) -> None:
    registry.sign(
        replace(told(), packaging=PINNED, version=2, model_id="m-" + "2" * 32),
        {"MLmodel": b"other"},
    )
    registry.attesting.step()
    with registry.database.read() as rows:
        assert rows.count(model_attestations) == 4
        assert rows.count(bills_of_materials) == 3
    first, second = (
        registry.proofs.bill("flights", "late", number, BillKind.ENVIRONMENT) for number in (1, 2)
    )
    assert first == second


def test_proof_is_kept_on_every_database(database: Database, tmp_path: Path) -> None:
    registry = open_registry(database, tmp_path)
    version = registry.sign(replace(told(), packaging=PINNED), FILES)
    made = registry.attesting.of(version)
    kept = registry.attesting.known(version)
    assert {kind: one.digest for kind, one in kept.items()} == {
        kind: one.digest for kind, one in made.items()
    }
    assert all(one.components for one in kept.values())
    assert registry.attesting.of(version) == kept
    registry.proofs.keys.rotate(ADMIN, "A new year.")
    registry.proofs.keys.revoke(ADMIN, version.key_id, "The disk was stolen.")
    assert registry.versions.problems(version)


def test_a_bill_that_was_changed_is_not_given_out(
    registry: Registry, version: ModelVersion
) -> None:
    registry.attesting.step()
    with registry.database.write() as rows:
        rows.update(bills_of_materials, {"document": "{}"}, ("components", ">=", 0))
    with pytest.raises(OctavoError, match="is not the one that was signed"):
        registry.proofs.bill(*LATE, BillKind.MODEL)


def exported(registry: Registry, folder: Path) -> tuple[Path, Path]:
    """A bundle and the list of keys, as they are downloaded."""
    keys = KeyList(items=[wire.key(one) for one in registry.proofs.keys.listed()])
    (folder / "keys.json").write_text(keys.model_dump_json())
    return registry.proofs.bundle(*LATE), folder / "keys.json"


def test_a_bundle_verifies_offline_and_with_the_stock_tool(
    registry: Registry, version: ModelVersion, tmp_path: Path
) -> None:
    bundle, keys = exported(registry, tmp_path)
    found = verify_bundle(bundle, TrustedKeys.load(keys))
    assert (found.faults, found.files, found.bills) == ((), 3, 2)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
    public = next(one for one in registry.proofs.keys.listed() if one.key.use == "model-signing")
    (tmp_path / "ec.pem").write_text(public.key.pem)
    command = [
        sys.executable, "-m", "model_signing", "verify", "key", str(tmp_path / "out" / "model"),
        "--signature", str(tmp_path / "out" / "proof" / "model.sig"),
        "--public_key", str(tmp_path / "ec.pem"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Verification succeeded" in done.stdout, done.stdout + done.stderr
    (tmp_path / "out" / "model" / "data-x").write_bytes(b"other")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    registry.proofs.remove(bundle)
    assert list((tmp_path / "bundles").iterdir()) == []


def test_a_version_whose_bytes_were_changed_is_not_exported(
    registry: Registry, version: ModelVersion, tmp_path: Path
) -> None:
    (tmp_path / "store" / "models" / "1" / "MLmodel").write_bytes(b"evil")
    with pytest.raises(Conflict, match="MLmodel was changed"):
        registry.proofs.bundle(*LATE)
    assert list((tmp_path / "bundles").iterdir()) == []


def test_what_a_killed_service_left_of_bundles_is_removed(
    registry: Registry, version: ModelVersion
) -> None:
    old = registry.folder / "bundles" / "bundle-old.zip"
    old.parent.mkdir()
    old.write_bytes(b"x")
    os.utime(old, (1, 1))
    made = registry.proofs.bundle(*LATE)
    assert list(old.parent.iterdir()) == [made]


def test_gits_own_files_are_not_exported(registry: Registry) -> None:
    registry.sign(told(), {**FILES, "data/.gitignore": b"*"})
    with pytest.raises(Invalid, match=r"leaves git's own files unchecked"):
        registry.proofs.bundle(*LATE)


def test_an_earlier_key_still_verifies_until_it_is_revoked(
    registry: Registry, version: ModelVersion, tmp_path: Path
) -> None:
    keys = registry.proofs.keys
    with pytest.raises(Conflict, match="signs now; nothing could be signed without it"):
        keys.revoke(ADMIN, version.key_id, "The disk was stolen.")
    made = keys.rotate(ADMIN, "A new year.")
    assert registry.keys.key_id == made.key.key_id != version.key_id
    assert registry.versions.problems(version) == ()
    bundle, listed = exported(registry, tmp_path)
    assert verify_bundle(bundle, TrustedKeys.load(listed)).ok

    keys.revoke(ADMIN, version.key_id, "The disk was stolen.")
    (problem,) = registry.versions.problems(version)
    assert problem == (
        f"The key {version.key_id[:16]} that signed it was revoked by root on 2026-03-01: The disk "
        "was stolen."
    )
    listing = KeyList(items=[wire.key(one) for one in keys.listed()])
    listed.write_text(listing.model_dump_json())
    assert (
        "was revoked. root revoked it on 2026-03-01: The disk was stolen."
        in (verify_bundle(bundle, TrustedKeys.load(listed)).faults[0])
    )
    with pytest.raises(Conflict, match="is not what was signed"):
        registry.proofs.bundle(*LATE)
    with pytest.raises(Conflict, match="was revoked before"):
        keys.revoke(ADMIN, version.key_id, "Again, to be sure.")
    with pytest.raises(NotFound, match="has no key"):
        keys.revoke(ADMIN, "0" * 64, "Whose is it?")
    assert {one.action for one in registry.audit.entries()} == {
        "registry.attest",
        "registry.key_made",
        "registry.key_revoked",
    }


def revoked(registry: Registry, version: ModelVersion) -> None:
    registry.proofs.keys.rotate(ADMIN, "A new year.")
    registry.proofs.keys.revoke(ADMIN, version.key_id, "The disk was stolen.")


def test_what_is_trusted_still_is_signed_again(
    registry: Registry, version: ModelVersion, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="holds"):
        registry.proofs.sign_anew(ADMIN, *LATE, "To be sure.")
    registry.attesting.step()
    revoked(registry, version)
    made = registry.proofs.sign_anew(ADMIN, *LATE, "The disk was encrypted.")
    assert wire.proof(made).ok
    assert made.version.key_id == registry.keys.key_id != version.key_id
    bundle, keys = exported(registry, tmp_path)
    assert verify_bundle(bundle, TrustedKeys.load(keys)).faults == ()
    assert registry.audit.entries()[1].action == "registry.sign"


@pytest.mark.parametrize("changed", [False, True])
def test_its_other_form_is_signed_again_unless_it_was_changed(
    registry: Registry, *, changed: bool
) -> None:
    place = registry.folder / "store" / "forms" / "1" / "model.onnx"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"graph")
    listed = FolderFiles(registry.folder / "store").manifest("forms/1")
    first = registry.sign(told(), FILES)
    form = Derived(
        kind="onnx",
        location="forms/1",
        digest=manifest_digest(listed),
        files=listed,
        max_difference=0.0,
        rows=3,
        speedup=None,
        envelope=registry.keys.attest(
            subjects={one.path: one.sha256 for one in listed},
            predicate_type=DERIVED_PREDICATE,
            predicate={"kind": "onnx", "source_manifest_sha256": first.digest},
        ),
    )
    with registry.database.write() as rows:
        store.sign_anew(rows, replace(first, derived=(form,)))
    revoked(registry, first)
    if changed:
        place.write_bytes(b"evil!")
    made = registry.proofs.sign_anew(ADMIN, *LATE, "The disk was encrypted.").version
    (again,) = registry.versions.version(*LATE).derived
    assert made.derived == (again,)
    if changed:
        assert again == form
    else:
        assert replace(again, envelope=form.envelope) == form
        assert registry.keys.verify(again.envelope) == registry.keys.once_signed(form.envelope)


@pytest.mark.parametrize("what", ["bytes", "row"])
def test_what_was_changed_meanwhile_is_not_signed_again(
    registry: Registry, version: ModelVersion, what: str
) -> None:
    revoked(registry, version)
    if what == "bytes":
        (registry.folder / "store" / version.location / "MLmodel").write_bytes(b"evil")
    else:
        with registry.database.write() as rows:
            rows.update(model_versions, {"created_by": "eve"}, ("version", "=", 1))
    with pytest.raises(Conflict, match=r"is not what was signed: .*(MLmodel|registered_by)"):
        registry.proofs.sign_anew(ADMIN, *LATE, "The disk was encrypted.")


def test_what_no_key_of_ours_signed_is_not_signed(registry: Registry, tmp_path: Path) -> None:
    foreign = open_registry(MemoryDatabase(), tmp_path / "foreign").sign(told(), FILES)
    registry.sign(told(), FILES)
    with registry.database.write() as rows:
        rows.update(model_versions, {"envelope": dict(foreign.envelope)}, ("version", "=", 1))
    with pytest.raises(Conflict, match="does not verify against a key"):
        registry.proofs.sign_anew(ADMIN, *LATE, "It looks good.")


def test_a_key_in_the_database_alone_is_not_trusted(
    registry: Registry, version: ModelVersion, tmp_path: Path
) -> None:
    foreign = open_registry(MemoryDatabase(), tmp_path / "foreign")
    made = foreign.sign(told(), FILES)
    assert "does not verify against a key" in registry.versions.problems(made)[0]
    assert registry.proofs.keys.key(made.key_id) is None


def test_two_processes_make_the_model_key_once(registry: Registry) -> None:
    models = registry.proofs.keys.listed()[-1]
    assert models == registry.proofs.keys.listed()[-1]
    assert (models.key.algorithm, models.key.use) == ("ecdsa-p256", "model-signing")
    key = registry.folder / "model-signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(OctavoError, match="may be read by other accounts"):
        registry.proofs.keys.listed()


def test_the_lineage_of_a_version_is_ready_to_be_drawn(
    registry: Registry, version: ModelVersion
) -> None:
    node = "model_version:flights/late/1"
    links = [
        ("data:flights/june@12ab", "run:flights/" + "1" * 32),
        ("run:flights/" + "1" * 32, node),
        (node, "deployment:flights/late"),
    ]
    with registry.audit.change(ADMIN, "registry.register", node, "flights") as change:
        for source, target in links:
            registry.lineage.link(
                change, source=source, target=target, relation="r", project="flights"
            )
    found = wire.graph(registry.proofs.lineage(*LATE, 6))
    drawn = [(one.label, one.column, one.distance, one.target.kind) for one in found.nodes]
    assert drawn == [
        ("june", 0, -2, "data"),
        ("111111111111", 4, -1, "run"),
        ("late v1", 5, 0, "model_version"),
        ("late", 6, 1, "deployment"),
    ]
    assert (found.nodes[2].target.name, found.nodes[2].target.version) == ("late", 1)
    assert found.nodes[1].detail.endswith("of ada")
    assert len(found.edges) == 3
    assert json.loads(found.model_dump_json())["truncated"] is False
