"""The demo people of one installation: who may sign in, with which groups, and their passwords.

``people.json`` holds a salted scrypt hash for each person and is read by the hub alone;
``people.txt`` holds the passwords made at installation, for the person who installed. An
installation with an identity provider has neither.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEMO_PEOPLE: Mapping[str, tuple[str, ...]] = {
    "scientist": ("scientists",),
    "reviewer": ("reviewers",),
    "oncall": ("oncall",),
    "admin": ("admins",),
}
"""Person -> groups. Groups carry the roles: ``admins`` administer the platform."""

# RFC 7914's parameters for interactive sign-in on today's machines: 16 MiB and about 50 ms.
_COST = {"n": 2**14, "r": 8, "p": 1}
_PASSWORD_BYTES = 15


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who may sign in."""

    name: str
    """Sign-in name."""
    groups: tuple[str, ...]
    """The person's groups."""


class People:
    """The people file; read again whenever it has changed."""

    def __init__(self, file: Path) -> None:
        """Take the path of ``people.json``; it is read at the first sign-in."""
        self._file = file
        self._read_at = -1
        self._entries: dict[str, dict[str, Any]] = {}
        # Someone unknown costs the same time as someone known: names can't be probed.
        self._nobody = {**hashed(secrets.token_urlsafe()), "groups": []}

    def sign_in(self, name: str, password: str) -> Person | None:
        """Return the person whose name and password these are, or None."""
        entry = self._current().get(name)
        if not _matches(entry or self._nobody, password) or entry is None:
            return None
        return Person(name=name, groups=tuple(entry["groups"]))

    def find(self, name: str) -> Person | None:
        """Return the person with their groups of now, or None when they were removed."""
        entry = self._current().get(name)
        return Person(name=name, groups=tuple(entry["groups"])) if entry else None

    def groups(self) -> set[str]:
        """Return every group that some person has."""
        return {group for entry in self._current().values() for group in entry["groups"]}

    def _current(self) -> dict[str, dict[str, Any]]:
        changed = self._file.stat().st_mtime_ns
        if changed != self._read_at:
            self._entries = json.loads(self._file.read_text(encoding="utf-8"))
            self._read_at = changed
        return self._entries


def ensure_people(people_json: Path, people_txt: Path) -> bool:
    """Create the demo people with random passwords unless they are there; say whether it did.

    Both files are private to the caller's account (mode 0600). Raises OSError when a folder is
    missing or can't be written to.
    """
    if people_json.exists():
        return False
    passwords = {name: secrets.token_urlsafe(_PASSWORD_BYTES) for name in DEMO_PEOPLE}
    _write_private(people_txt, "".join(f"{name} {word}\n" for name, word in passwords.items()))
    entries = {
        name: {**hashed(passwords[name]), "groups": list(groups)}
        for name, groups in DEMO_PEOPLE.items()
    }
    _write_private(people_json, json.dumps(entries, indent=2) + "\n")
    return True


def read_passwords(people_txt: Path) -> dict[str, str]:
    """Return the demo passwords by name, as written at installation."""
    lines = people_txt.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def hashed(password: str) -> dict[str, Any]:
    """Return a salted scrypt hash of ``password`` with its parameters, hexadecimal."""
    salt = secrets.token_bytes(16)
    made = hashlib.scrypt(password.encode(), salt=salt, **_COST)
    return {"scrypt": {"salt": salt.hex(), "hash": made.hex(), **_COST}}


def _matches(entry: Mapping[str, Any], password: str) -> bool:
    kept = entry["scrypt"]
    cost = {name: kept[name] for name in _COST}
    made = hashlib.scrypt(password.encode(), salt=bytes.fromhex(kept["salt"]), **cost)
    return hmac.compare_digest(made, bytes.fromhex(kept["hash"]))


def _write_private(path: Path, text: str) -> None:
    """Replace a file whole, so that a reader never sees half of it and never a wider mode."""
    draft = path.with_name(f"{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(path)
