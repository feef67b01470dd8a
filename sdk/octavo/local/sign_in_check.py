"""Whether the sign-in settings fit together: each mistake is one sentence naming its variable."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from octavo.local.errors import SettingWrong
from octavo.local.sign_in import PROVIDERS, Provider, SignIn, names_in, read_sign_in, variable

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST_SECRET = 4096
DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE
)
TENANT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ORGANISATION = re.compile(r"[a-z0-9][a-z0-9-]{0,38}", re.IGNORECASE)
KEY_FIELDS = ("client_email", "private_key", "token_uri")
# Names that Azure accepts in place of a tenant and that would let in any company's people.
ANY_TENANT = ("common", "organizations", "consumers")


def checked_sign_in(authenticator: str, environment: Mapping[str, str]) -> SignIn | None:
    """Return the settings of sign-in with a provider, None when none of ours signs people in.

    Raises SettingWrong for a setting that is missing, wrong or another provider's.
    """
    settings = read_sign_in(environment)
    _refuse_other_providers(authenticator, environment)
    provider = next((one for one in PROVIDERS if one == authenticator), None)
    if provider is None:
        return None
    _require(settings, "sign_in_client_id", "the client id that the provider gave to Octavo")
    secret_in(settings)
    CHECKS[provider](settings)
    return settings


def secret_in(settings: SignIn) -> str:
    """Return the client secret. Raises SettingWrong when its file is missing, empty or open."""
    name = "sign_in_client_secret_file"
    _require(settings, name, "the file that holds the client secret, never the secret itself")
    text = _private_text(name, Path(settings.sign_in_client_secret_file)).strip()
    if not text:
        raise SettingWrong(
            f"{variable(name)}: {settings.sign_in_client_secret_file} is empty.",
            "Write the client secret into it and start again.",
        )
    return text


def service_account_in(settings: SignIn) -> dict[str, str]:
    """Return the fields of Google's key file that are used. Raises SettingWrong if one lacks."""
    name = "google_service_account_file"
    text = _private_text(name, Path(settings.google_service_account_file), 64 * 1024)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    fields = document if isinstance(document, dict) else {}
    for field in KEY_FIELDS:
        if not isinstance(fields.get(field), str):
            raise SettingWrong(
                f"{variable(name)}: {settings.google_service_account_file} has no {field}.",
                "Download the service account's key as JSON and name that file.",
            )
    return {field: fields[field] for field in KEY_FIELDS}


def _refuse_other_providers(authenticator: str, environment: Mapping[str, str]) -> None:
    ours = authenticator in PROVIDERS
    for field in SignIn.model_fields:
        owner = field.partition("_")[0]
        if not environment.get(variable(field)) or owner == authenticator:
            continue
        if owner in PROVIDERS or not ours:
            choice = owner if owner in PROVIDERS else "one of " + ", ".join(PROVIDERS)
            raise SettingWrong(
                f"{variable(field)} is set, but OCTAVO_AUTHENTICATOR is {authenticator!r}.",
                f"Set OCTAVO_AUTHENTICATOR to {choice}, or unset {variable(field)}.",
            )


def _check_oidc(settings: SignIn) -> None:
    _require(settings, "oidc_issuer", "the provider's issuer, for example https://id.example.org")
    _address(settings, "oidc_issuer")


def _check_azure(settings: SignIn) -> None:
    _require(settings, "azure_tenant", "the directory's id or one of its domains")
    _address(settings, "azure_login_url")
    tenant = settings.azure_tenant
    if tenant.lower() in ANY_TENANT:
        raise SettingWrong(
            f"OCTAVO_AZURE_TENANT is {tenant!r}, which lets in people of every company.",
            "Set it to your own directory's id.",
        )
    if not TENANT_ID.fullmatch(tenant) and not DOMAIN.fullmatch(tenant):
        raise SettingWrong(
            f"OCTAVO_AZURE_TENANT is {tenant!r}; it must be a directory's id or domain.",
            "Copy it from the app registration's overview: Directory (tenant) ID.",
        )


def _check_okta(settings: SignIn) -> None:
    _require(settings, "okta_url", "the organisation's address, for example https://acme.okta.com")
    _address(settings, "okta_url")
    if not re.fullmatch(r"[A-Za-z0-9]{0,64}", settings.okta_server):
        raise SettingWrong(
            f"OCTAVO_OKTA_SERVER is {settings.okta_server!r}; it must be letters and digits.",
            "Copy the authorization server's id, or leave it at 'default'.",
        )


def _check_google(settings: SignIn) -> None:
    _require(settings, "google_domains", "the domains whose accounts may sign in")
    for domain in names_in(settings.google_domains):
        if not DOMAIN.fullmatch(domain):
            raise SettingWrong(
                f"OCTAVO_GOOGLE_DOMAINS: {domain!r} is no domain.",
                "Name domains like example.org, with commas between.",
            )
    if settings.google_service_account_file:
        service_account_in(settings)
        _require(settings, "google_administrator", "the address in whose name groups are read")
        if settings.google_administrator.count("@") != 1:
            raise SettingWrong(
                f"OCTAVO_GOOGLE_ADMINISTRATOR is {settings.google_administrator!r}, no address.",
                "Name an administrator's account, for example it@example.org.",
            )
    elif settings.sign_in_groups:
        raise SettingWrong(
            "OCTAVO_SIGN_IN_GROUPS is set, but nothing can read Google's groups.",
            "Set OCTAVO_GOOGLE_SERVICE_ACCOUNT_FILE too, or unset OCTAVO_SIGN_IN_GROUPS.",
        )


def _check_github(settings: SignIn) -> None:
    _require(settings, "github_organisations", "the organisations whose members may sign in")
    _address(settings, "github_url")
    for name in names_in(settings.github_organisations):
        if not ORGANISATION.fullmatch(name):
            raise SettingWrong(
                f"OCTAVO_GITHUB_ORGANISATIONS: {name!r} is no organisation's name.",
                "Name them as in https://github.com/<name>, with commas between.",
            )


CHECKS: Mapping[Provider, Callable[[SignIn], None]] = {
    "oidc": _check_oidc,
    "azure": _check_azure,
    "okta": _check_okta,
    "google": _check_google,
    "github": _check_github,
}


def _require(settings: SignIn, field: str, what: str) -> None:
    if not getattr(settings, field).strip():
        raise SettingWrong(
            f"{variable(field)} is not set, and signing in needs it.", f"Set it to {what}."
        )


def _address(settings: SignIn, field: str) -> None:
    """Refuse an address that would show codes and tokens to the network between."""
    value = getattr(settings, field)
    parts = urlsplit(value)
    private = parts.scheme == "https" or parts.hostname in LOOPBACK
    if not private or parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingWrong(
            f"{variable(field)} is {value!r}; it must be an https address.",
            "Plain http is taken for this machine alone (localhost).",
        )
    if parts.username or parts.query or parts.fragment:
        raise SettingWrong(
            f"{variable(field)} must be a plain address, without a name, query or fragment.",
            "Shorten it to https://<host>/<path>.",
        )


def _private_text(field: str, path: Path, most: int = LONGEST_SECRET) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8") if stat.S_ISREG(mode) else None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it isn't text"
        raise SettingWrong(
            f"{variable(field)}: {path} can't be read: {why}.",
            "Name a file that Octavo's own account can read.",
        ) from error
    if text is None or len(text) > most:
        raise SettingWrong(
            f"{variable(field)}: {path} is no file of at most {most} characters.",
            "Name the file that holds nothing but the secret.",
        )
    if mode & stat.S_IRWXO:
        raise SettingWrong(
            f"{variable(field)}: {path} can be read by every account of this machine.",
            f"Run: chmod o-rwx {path}",
        )
    return text
