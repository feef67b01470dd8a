"""A provider's answers, and an authenticator set up by settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.crypto import CryptKeeper
from tests.support.sign_in import SECRET, Make
from tests.support.web_answers import WebAnswers, web_answers
from traitlets.config import Config

from octavo.local.sign_in import Provider
from octavo.local.sign_in_check import checked_sign_in
from octavo_hub.sign_in import sharing
from octavo_hub.sign_in.configuration import configure_sign_in


@pytest.fixture
def web() -> Iterator[WebAnswers]:
    """Give the provider's answers."""
    with web_answers() as answers:
        yield answers


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Give a way to an authenticator from a provider's name and further variables.

    It asks anew each time: nobody's answer is still being stored.
    """
    monkeypatch.setattr(sharing, "FRESH_S", 0.0)
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET)

    def build(provider: Provider, traits: dict[str, Any] | None = None, **more: str) -> Any:
        environment = {
            "OCTAVO_SIGN_IN_CLIENT_ID": "octavo",
            "OCTAVO_SIGN_IN_CLIENT_SECRET_FILE": str(secret),
            **more,
        }
        settings = checked_sign_in(provider, environment)
        assert settings is not None
        c = Config()
        c.Authenticator.manage_groups = True
        chosen = configure_sign_in(c, provider, settings, "https://octavo.example.org", tmp_path)
        c.ProviderSignIn.update(traits or {})
        return chosen(config=c)

    yield build
    CryptKeeper.clear_instance()
