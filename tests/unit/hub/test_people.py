"""Demo people: random passwords, private files, sign-in, and wrong passwords slowed down."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tornado.web import HTTPError

from octavo.local.people import DEMO_PEOPLE, People, ensure_people, read_passwords
from octavo_hub import authenticator
from octavo_hub.authenticator import FREE_TRIES, DemoAuthenticator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert ensure_people(tmp_path / "people.json", tmp_path / "people.txt")
    return tmp_path


@pytest.fixture
def gate(folder: Path) -> DemoAuthenticator:
    return DemoAuthenticator(people_file=str(folder / "people.json"))


def test_each_person_gets_an_own_random_password_once(folder: Path) -> None:
    passwords = read_passwords(folder / "people.txt")
    assert set(passwords) == set(DEMO_PEOPLE) == {"scientist", "reviewer", "oncall", "admin"}
    assert len(set(passwords.values())) == 4
    assert min(map(len, passwords.values())) >= 20
    assert not ensure_people(folder / "people.json", folder / "people.txt")
    assert read_passwords(folder / "people.txt") == passwords


def test_both_files_are_private_and_hold_no_password_in_the_clear(folder: Path) -> None:
    for name in ("people.json", "people.txt"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    kept = (folder / "people.json").read_text()
    assert not any(word in kept for word in read_passwords(folder / "people.txt").values())


def test_only_name_and_password_together_sign_in(folder: Path) -> None:
    people = People(folder / "people.json")
    password = read_passwords(folder / "people.txt")["reviewer"]
    found = people.sign_in("reviewer", password)
    assert found is not None
    assert found.groups == ("reviewers",)
    for name, word in (("reviewer", ""), ("scientist", password), ("nobody", password), ("", "")):
        assert people.sign_in(name, word) is None


def test_a_changed_file_counts_at_once(folder: Path) -> None:
    people = People(folder / "people.json")
    assert people.find("oncall") is not None
    entries = json.loads((folder / "people.json").read_text())
    del entries["oncall"]
    entries["admin"]["groups"] = ["admins", "reviewers"]
    (folder / "people.json").write_text(json.dumps(entries))
    assert people.find("oncall") is None
    assert people.groups() == {"scientists", "reviewers", "admins"}


async def test_sign_in_gives_groups_and_never_the_hubs_admin_flag(
    gate: DemoAuthenticator, folder: Path
) -> None:
    password = read_passwords(folder / "people.txt")["admin"]
    found = await gate.authenticate(None, {"username": "admin", "password": password})
    assert found == {"name": "admin", "groups": ["admins"], "admin": False}


async def test_wrong_passwords_lock_that_name_and_no_other(
    gate: DemoAuthenticator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = read_passwords(folder / "people.txt")
    right = {"username": "scientist", "password": passwords["scientist"]}
    for _ in range(FREE_TRIES):
        assert await gate.authenticate(None, {"username": "scientist", "password": "x"}) is None
    with pytest.raises(HTTPError) as caught:
        await gate.authenticate(None, right)
    assert caught.value.status_code == 429
    other = {"username": "admin", "password": passwords["admin"]}
    assert await gate.authenticate(None, other) is not None
    monkeypatch.setattr(authenticator, "LOCK_S", 0.0)
    assert await gate.authenticate(None, right) is not None


async def test_who_was_removed_is_signed_out(gate: DemoAuthenticator) -> None:
    class Known:
        name = "scientist"

    class Gone:
        name = "nobody"

    known = await gate.refresh_user(Known())
    assert isinstance(known, dict)
    assert known["groups"] == ["scientists"]
    assert await gate.refresh_user(Gone()) is False
