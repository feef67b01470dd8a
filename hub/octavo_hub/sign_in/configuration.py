"""Turns the sign-in settings into JupyterHub's configuration."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from octavo.local.sign_in import Provider, SignIn, names_in
from octavo.local.sign_in_check import secret_in, service_account_in
from octavo_hub.sign_in.provider import ProviderSignIn
from octavo_hub.sign_in.providers import AzureSignIn, GitHubSignIn, GoogleSignIn, OidcSignIn

KEY_BYTES = 32
TIMEOUT_S = 10.0


def configure_sign_in(
    c: Any, provider: Provider, settings: SignIn, public: str, state: Path
) -> type[ProviderSignIn]:
    """Fill the configuration, and return the authenticator's class.

    Raises SettingWrong when a secret's file has gone since the settings were checked.
    """
    every = c.ProviderSignIn
    every.client_id = settings.sign_in_client_id
    every.client_secret = secret_in(settings)
    every.oauth_callback_url = f"{public}/hub/oauth_callback"
    every.groups_claim = settings.sign_in_groups_claim
    every.away_s = settings.sign_in_away_minutes * 60.0
    every.auth_refresh_age = settings.sign_in_refresh_seconds
    every.auth_refresh_strict = True
    every.refresh_pre_spawn = True
    every.enable_auth_state = True
    every.enable_pkce = True
    every.userdata_token_method = "header"  # never in an address, which ends up in logs
    every.http_request_kwargs = {"connect_timeout": TIMEOUT_S, "request_timeout": TIMEOUT_S}
    every.allow_all = not settings.allowed_groups
    every.allowed_groups = set(settings.allowed_groups)
    c.CryptKeeper.keys = [_state_key(state / "hub.sign-in-key")]
    chosen = PROVIDERS[provider](c, settings)
    every.login_service = settings.sign_in_title or every.login_service
    every.custom_403_message = _denied(every.login_service, every.allowed_groups)
    if settings.sign_in_username_claim:
        every.username_claim = settings.sign_in_username_claim
    if settings.sign_in_scopes:
        every.scope = settings.sign_in_scopes.split()
    return chosen


def _oidc(c: Any, settings: SignIn) -> type[ProviderSignIn]:
    c.ProviderSignIn.login_service = "your organisation's account"
    _standard_claims(c, settings.oidc_issuer)
    return OidcSignIn


def _okta(c: Any, settings: SignIn) -> type[ProviderSignIn]:
    c.ProviderSignIn.login_service = "Okta"
    server = f"/oauth2/{settings.okta_server}" if settings.okta_server else ""
    _standard_claims(c, settings.okta_url.rstrip("/") + server)
    c.ProviderSignIn.scope = [*c.ProviderSignIn.scope, "groups"]
    return OidcSignIn


def _standard_claims(c: Any, issuer: str) -> None:
    c.OidcSignIn.issuer = issuer
    c.ProviderSignIn.username_claim = "preferred_username"
    c.ProviderSignIn.scope = ["openid", "profile", "email", "offline_access"]


def _azure(c: Any, settings: SignIn) -> type[ProviderSignIn]:
    every = c.ProviderSignIn
    every.login_service = "Microsoft"
    base = f"{settings.azure_login_url.rstrip('/')}/{settings.azure_tenant}/oauth2/v2.0"
    every.authorize_url, every.token_url = f"{base}/authorize", f"{base}/token"
    every.username_claim = "preferred_username"
    every.scope = ["openid", "profile", "email", "offline_access"]
    return AzureSignIn


def _google(c: Any, settings: SignIn) -> type[ProviderSignIn]:
    every = c.ProviderSignIn
    every.login_service = "Google"
    every.username_claim = "email"
    every.scope = ["openid", "email", "profile"]
    every.extra_authorize_params = {"access_type": "offline", "prompt": "consent"}
    every.allowed_groups = _lower(settings.allowed_groups)
    c.GoogleSignIn.hosted_domain = list(names_in(settings.google_domains))
    c.GoogleSignIn.strip_domain = False  # a second domain must not rename anybody
    if settings.google_service_account_file:
        c.GoogleSignIn.service_account = service_account_in(settings)
        c.GoogleSignIn.administrator = settings.google_administrator
    return GoogleSignIn


def _github(c: Any, settings: SignIn) -> type[ProviderSignIn]:
    every = c.ProviderSignIn
    every.login_service = "GitHub"
    every.username_claim = "login"
    every.scope = ["read:user", "read:org"]
    organisations = _lower(names_in(settings.github_organisations))
    every.allow_all = False
    every.allowed_groups = _lower(settings.allowed_groups) or organisations
    c.GitHubSignIn.github_url = settings.github_url.rstrip("/")
    c.GitHubSignIn.organisations = settings.github_organisations
    return GitHubSignIn


PROVIDERS: Mapping[Provider, Callable[[Any, SignIn], type[ProviderSignIn]]] = {
    "oidc": _oidc,
    "azure": _azure,
    "okta": _okta,
    "google": _google,
    "github": _github,
}


def _lower(names: Iterable[str]) -> set[str]:
    """Return names as both providers mean them: in whatever case."""
    return {name.lower() for name in names}


def _denied(title: str, groups: set[str]) -> str:
    """Return what a person reads whom the provider knows and Octavo doesn't let in."""
    if groups:
        return (
            f"{title} knows you, but you are in none of the groups that may use Octavo: "
            f"{', '.join(sorted(groups))}. Ask who looks after these groups, then sign in again."
        )
    return (
        f"{title} knows you, but your account isn't one that may use Octavo. Sign in with your "
        "organisation's account, or ask your platform admin."
    )


def _state_key(path: Path) -> bytes:
    """Return the key that encrypts the provider's tokens in the hub's database, made once."""
    if not path.exists():
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()
