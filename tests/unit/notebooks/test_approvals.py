"""Approvals end and can be taken back; a release is exported and checked without the platform."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.support.people import REVIEWER, SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas
from tests.unit.sdk.test_bundles import pem

from octavo.envelopes import Refused, TrustedKeys
from octavo.records.pipelines import PipelineRequest
from octavo.release_bundles import is_release, verify_release
from octavo_server.database.rows import Database
from octavo_server.errors import IllegalMove, NotFound
from octavo_server.notebooks.service import ReleaseRefused

HERE, THERE = in_project(SCIENTIST), in_project(REVIEWER)


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


def daily(areas: Areas) -> str:
    """Release a notebook and make the pipeline ``daily`` of it."""
    digest = areas.released()
    areas.parts.editing.create(HERE, PROJECT, PipelineRequest(name="daily", release=digest))
    return digest


def test_an_approval_that_ended_starts_nothing_and_says_when(areas: Areas) -> None:
    digest = daily(areas)
    until = areas.notebooks.release(PROJECT, digest).valid_until
    assert until == areas.clock.now.replace(year=areas.clock.now.year + 1)
    waiting = areas.pipelines.start(HERE, PROJECT, "daily", {})
    areas.clock.forward(days=365)
    with pytest.raises(ReleaseRefused, match=r"approval: It counted until 2027-03-01 12:00 UTC"):
        areas.pipelines.start(HERE, PROJECT, "daily", {})
    areas.attempts.run(waiting.id)
    refused = areas.runs.run(PROJECT, waiting.id)
    assert refused.state == "refused"
    assert "It counted until" in refused.message
    found = areas.notebooks.verify(PROJECT, digest)
    assert [one.name for one in found.checks if not one.ok] == ["approval"]


def test_an_approval_is_taken_back_once_with_its_reason(areas: Areas) -> None:
    digest = daily(areas)
    waiting = areas.pipelines.start(HERE, PROJECT, "daily", {})
    shown = areas.notebooks.withdraw(THERE, PROJECT, digest, "It leaks.")
    assert (shown.withdrawn_by, shown.withdrawn_reason) == (REVIEWER.name, "It leaks.")
    areas.attempts.run(waiting.id)
    refused = areas.runs.run(PROJECT, waiting.id)
    assert refused.state == "refused"
    assert f"{REVIEWER.name} withdrew it on 2026-03-01: It leaks." in refused.message
    with pytest.raises(IllegalMove, match="has withdrawn this release already"):
        areas.notebooks.withdraw(THERE, PROJECT, digest, "Again.")
    with pytest.raises(NotFound, match="There is no release"):
        areas.notebooks.withdraw(THERE, PROJECT, "0" * 64, "Nothing.")


def exported(areas: Areas, folder: Path) -> tuple[Path, TrustedKeys]:
    """Write a release and the installation's public key."""
    digest = daily(areas)
    file, key = folder / "release.zip", folder / "key.pem"
    file.write_bytes(areas.notebooks.exported(PROJECT, digest))
    key.write_text(pem(areas.parts.signer))
    assert areas.notebooks.exported(PROJECT, digest) == file.read_bytes(), "the same each time"
    return file, TrustedKeys.load(key)


def test_an_exported_release_is_checked_offline(areas: Areas, tmp_path: Path) -> None:
    file, keys = exported(areas, tmp_path)
    assert is_release(file)
    found = verify_release(file, keys)
    assert (found.ok, found.files) == (True, 4)
    assert found.manifest["approval"]["reviewer"] == REVIEWER.name
    folder = tmp_path / "folder"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    assert verify_release(folder, keys).digest == found.digest


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("notebook.ipynb", "notebook.ipynb isn't the file that was signed."),
        ("manifest.json", "The signature is about another manifest than this one"),
    ],
)
def test_a_changed_byte_is_named(areas: Areas, tmp_path: Path, name: str, fault: str) -> None:
    file, keys = exported(areas, tmp_path)
    folder = tmp_path / "folder"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    content = json.loads((folder / name).read_text())
    content["number" if name == "manifest.json" else "metadata"] = 7
    (folder / name).write_text(json.dumps(content))
    found = verify_release(folder, keys)
    assert not found.ok
    assert any(one.startswith(fault) for one in found.faults)
    assert found.manifest == {}


def test_what_is_missing_or_added_is_named(areas: Areas, tmp_path: Path) -> None:
    file, keys = exported(areas, tmp_path)
    folder = tmp_path / "folder"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    (folder / "lint.json").unlink()
    (folder / "more.txt").write_text("more")
    assert verify_release(folder, keys).faults == (
        "lint.json is missing.", "more.txt isn't part of the release.",
    )  # fmt: skip
    (folder / "manifest.dsse.json").unlink()
    with pytest.raises(Refused, match=r"has no manifest\.dsse\.json"):
        verify_release(folder, keys)
    (folder / "manifest.json").write_text("[")
    (folder / "manifest.dsse.json").write_text("{}")
    with pytest.raises(Refused, match=r"manifest\.json is no JSON"):
        verify_release(folder, keys)


def test_a_release_that_was_changed_is_not_exported(areas: Areas) -> None:
    digest = daily(areas)
    areas.files.files[digest]["notebook.ipynb"] += b" "
    with pytest.raises(ReleaseRefused, match=r"can't be exported: notebook\.ipynb"):
        areas.notebooks.exported(PROJECT, digest)
