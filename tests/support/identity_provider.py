"""A real OpenID provider on this machine for tests of sign-in.

- `running_provider`: runs `tests.support.provider_program`
- `IdentityProvider.know`: adds a person, or changes their claims from now on
- `IdentityProvider.disable`: takes back every token of a person
- `IdentityProvider.away`: answers everything with 503 for the block
- `IdentityProvider.settings`: the OCTAVO_* variables of a hub that signs people in here
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.hub import answers
from tests.support.ports import free_ports

START_S = 90.0


@dataclass(frozen=True, kw_only=True)
class IdentityProvider:
    """A running provider."""

    url: str
    """Its issuer."""
    folder: Path
    """Where the client secret lies."""

    def know(self, subject: str, **claims: object) -> None:
        """Add a person, or change what is said of them."""
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def disable(self, subject: str) -> None:
        """Take back every token of a person."""
        httpx.post(f"{self.url}/users/{subject}/revoke-tokens").raise_for_status()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Answer everything with 503 for the block."""
        httpx.put(f"{self.url}/away/on").raise_for_status()
        try:
            yield
        finally:
            httpx.put(f"{self.url}/away/off").raise_for_status()

    def settings(self, **more: str) -> dict[str, str]:
        """Return the OCTAVO_* variables of a hub whose people sign in here."""
        secret = self.folder / "client-secret"
        secret.touch(mode=0o600)
        secret.write_text("a-client-secret-of-the-tests\n")
        return {
            "OCTAVO_AUTHENTICATOR": "oidc",
            "OCTAVO_OIDC_ISSUER": self.url,
            "OCTAVO_SIGN_IN_CLIENT_ID": "octavo",
            "OCTAVO_SIGN_IN_CLIENT_SECRET_FILE": str(secret),
            "OCTAVO_SIGN_IN_TITLE": "the company's sign-in",
        } | more


@contextmanager
def running_provider(folder: Path) -> Iterator[IdentityProvider]:
    """Run a provider that knows nobody yet for the block."""
    provider = IdentityProvider(url=f"http://localhost:{free_ports()}", folder=folder)
    argv = [sys.executable, "-m", "tests.support.provider_program", provider.url.rpartition(":")[2]]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_S
        while not answers(f"{provider.url}/.well-known/openid-configuration"):
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < deadline, "the provider doesn't answer"
            time.sleep(0.05)
        yield provider
    finally:
        process.terminate()
        process.wait(timeout=60)
