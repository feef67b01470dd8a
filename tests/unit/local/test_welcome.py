"""What `octavo up` prints once everything works."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.local import resources
from octavo.local.launch import Launch
from octavo.local.people import ensure_people, read_passwords
from octavo.local.welcome import welcome


def _said(home: Path, **environment: str) -> str:
    ensure_people(home / "people.json", home / "people.txt")
    given = {"PATH": "/usr/bin", "OCTAVO_HOME": str(home), **environment}
    return welcome(Launch.of(given), 9.5)


@pytest.mark.parametrize(
    ("on_path", "in_checkout", "command"),
    [(False, True, "make down"), (True, True, "octavo down"), (False, False, "octavo down")],
)
def test_the_command_that_stops_it_is_one_that_is_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    on_path: bool,
    in_checkout: bool,
    command: str,
) -> None:
    if on_path:
        (tmp_path / "octavo").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(resources, "checkout", lambda: tmp_path if in_checkout else None)
    assert f"Stop with Ctrl-C here, or `{command}`." in _said(tmp_path)


def test_demo_people_are_told_with_their_passwords(tmp_path: Path) -> None:
    said = _said(tmp_path)
    assert "Octavo is ready after 9.5 s:  http://127.0.0.1:8000/" in said
    for name, password in read_passwords(tmp_path / "people.txt").items():
        assert name in said
        assert password in said


def test_with_an_identity_provider_its_callback_is_told_and_no_password(tmp_path: Path) -> None:
    more = {"OCTAVO_AUTHENTICATOR": "oidc", "OCTAVO_PUBLIC_URL": "https://octavo.example.org/"}
    said = _said(tmp_path, **more)
    assert "People sign in by oidc" in said
    assert "https://octavo.example.org/hub/oauth_callback" in said
    for password in read_passwords(tmp_path / "people.txt").values():
        assert password not in said
