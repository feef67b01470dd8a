"""Sign-in settings that are missing, wrong or don't fit are refused before anything starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.local.errors import SettingWrong
from octavo.local.sign_in_check import checked_sign_in
from octavo_hub.preflight import check_host_names

NEEDED = {
    "oidc": {"OCTAVO_OIDC_ISSUER": "https://id.example.org"},
    "azure": {"OCTAVO_AZURE_TENANT": "contoso.onmicrosoft.com"},
    "okta": {"OCTAVO_OKTA_URL": "https://acme.okta.com"},
    "google": {"OCTAVO_GOOGLE_DOMAINS": "example.org"},
    "github": {"OCTAVO_GITHUB_ORGANISATIONS": "acme"},
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text("s3cret-value\n")
    return file


def _environment(provider: str, secret: Path, **more: str) -> dict[str, str]:
    return {
        "OCTAVO_SIGN_IN_CLIENT_ID": "octavo",
        "OCTAVO_SIGN_IN_CLIENT_SECRET_FILE": str(secret),
        **NEEDED[provider],
        **more,
    }


def _refusal(provider: str, environment: dict[str, str]) -> str:
    with pytest.raises(SettingWrong) as wrong:
        checked_sign_in(provider, environment)
    assert "s3cret-value" not in str(wrong.value)
    return str(wrong.value)


@pytest.mark.parametrize("provider", NEEDED)
def test_each_provider_needs_little(provider: str, secret: Path) -> None:
    assert checked_sign_in(provider, _environment(provider, secret)) is not None


@pytest.mark.parametrize("provider", NEEDED)
def test_what_is_missing_is_named(provider: str, secret: Path) -> None:
    whole = _environment(provider, secret)
    for name in whole:
        without = {key: value for key, value in whole.items() if key != name}
        assert _refusal(provider, without).startswith(f"{name} is not set")


@pytest.mark.parametrize(
    ("provider", "name", "value", "said"),
    [
        ("oidc", "OCTAVO_OIDC_ISSUER", "http://id.example.org", "must be an https address"),
        ("oidc", "OCTAVO_OIDC_ISSUER", "id.example.org", "must be an https address"),
        ("oidc", "OCTAVO_OIDC_ISSUER", "https://u:p@id.example.org", "must be a plain address"),
        ("oidc", "OCTAVO_SIGN_IN_REFRESH_SECONDS", "0", "greater than or equal to 1; got '0'"),
        ("oidc", "OCTAVO_SIGN_IN_AWAY_MINUTES", "soon", "valid integer"),
        ("azure", "OCTAVO_AZURE_TENANT", "common", "lets in people of every company"),
        ("azure", "OCTAVO_AZURE_TENANT", "../x", "must be a directory's id or domain"),
        ("okta", "OCTAVO_OKTA_SERVER", "a/b", "must be letters and digits"),
        ("google", "OCTAVO_GOOGLE_DOMAINS", "example.org, gmail", "'gmail' is no domain"),
        ("google", "OCTAVO_SIGN_IN_GROUPS", "staff", "nothing can read Google's groups"),
        ("github", "OCTAVO_GITHUB_ORGANISATIONS", "acme/data", "no organisation's name"),
        ("github", "OCTAVO_OKTA_URL", "https://acme.okta.com", "AUTHENTICATOR is 'github'"),
    ],
)
def test_a_wrong_value_is_refused_with_its_variable(
    provider: str, name: str, value: str, said: str, secret: Path
) -> None:
    refusal = _refusal(provider, _environment(provider, secret, **{name: value}))
    assert refusal.startswith(name)
    assert said in refusal


def test_settings_without_their_provider_are_refused(secret: Path) -> None:
    refusal = _refusal("demo", _environment("oidc", secret))
    assert "is set, but OCTAVO_AUTHENTICATOR is 'demo'" in refusal
    assert checked_sign_in("demo", {}) is None


def test_a_secret_others_can_read_is_refused(secret: Path) -> None:
    secret.chmod(0o644)
    refusal = _refusal("oidc", _environment("oidc", secret))
    assert f"{secret} can be read by every account of this machine. Run: chmod o-rwx" in refusal


@pytest.mark.parametrize(
    ("content", "said"),
    [(b" \n", "is empty"), (b"\xff\xfe", "it isn't text"), (b"x" * 5000, "at most 4096")],
)
def test_a_file_without_a_secret_is_refused(content: bytes, said: str, secret: Path) -> None:
    secret.write_bytes(content)
    assert said in _refusal("oidc", _environment("oidc", secret))


def test_a_missing_secret_file_or_a_folder_is_refused(secret: Path, tmp_path: Path) -> None:
    secret.unlink()
    assert "can't be read: No such file" in _refusal("oidc", _environment("oidc", secret))
    assert "is no file" in _refusal("oidc", _environment("oidc", tmp_path))


def test_googles_key_file_is_read_at_the_start(secret: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.touch(mode=0o600)
    key.write_text(json.dumps({"client_email": "x@y", "private_key": "k"}))
    more = {"OCTAVO_GOOGLE_SERVICE_ACCOUNT_FILE": str(key)}
    assert "has no token_uri" in _refusal("google", _environment("google", secret, **more))
    key.write_text(
        json.dumps({"client_email": "x@y", "private_key": "k", "token_uri": "https://t"})
    )
    refusal = _refusal("google", _environment("google", secret, **more))
    assert refusal.startswith("OCTAVO_GOOGLE_ADMINISTRATOR is not set")
    more["OCTAVO_GOOGLE_ADMINISTRATOR"] = "it"
    assert "is 'it', no address" in _refusal("google", _environment("google", secret, **more))
    more["OCTAVO_GOOGLE_ADMINISTRATOR"] = "it@example.org"
    assert checked_sign_in("google", _environment("google", secret, **more))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is ''"),
        ("https://10.0.0.1", "names below a host's name"),
        ("https://octavo", "names below a host's name"),
        ("https://example.org/octavo", "has a path"),
    ],
)
def test_host_names_need_a_host_with_a_name(url: str, said: str) -> None:
    with pytest.raises(SettingWrong, match=said):
        check_host_names(url)
    check_host_names("https://octavo.example.org")


def test_the_hub_ends_with_the_sentence_and_no_traceback(tmp_path: Path) -> None:
    given = {key: value for key, value in os.environ.items() if not key.startswith("OCTAVO_")}
    ended = subprocess.run(
        [sys.executable, "-m", "octavo_hub"],
        env={**given, "OCTAVO_HOME": str(tmp_path), "OCTAVO_AUTHENTICATOR": "okta"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("OCTAVO_SIGN_IN_CLIENT_ID is not set")
    assert "Traceback" not in ended.stderr
