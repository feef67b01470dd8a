"""What must be right before the hub starts; each mistake is one sentence naming its variable."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import ValidationError

from octavo.local.cluster import read_cluster
from octavo.local.errors import SettingWrong
from octavo.local.sign_in import variable
from octavo.local.sign_in_check import checked_sign_in
from octavo_hub.settings import HubSettings


def check_settings(environment: Mapping[str, str]) -> None:
    """Raise SettingWrong for the first setting that is missing, wrong or doesn't fit another."""
    try:
        settings = HubSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = variable(str(first["loc"][0]))
        raise SettingWrong(
            f"{name}: {first['msg']}; got {first.get('input')!r:.100}.",
            f"Correct {name} and start again.",
        ) from error
    checked_sign_in(settings.authenticator, environment)
    read_cluster(environment)
    if settings.subdomains:
        check_host_names(settings.public_url)


def check_host_names(public_url: str) -> None:
    """Raise SettingWrong when workspaces can't have host names below the public address."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or "." not in host or _is_number(host):
        raise SettingWrong(
            f"OCTAVO_SUBDOMAINS is on, but OCTAVO_PUBLIC_URL is {public_url!r}: workspaces need "
            "names below a host's name.",
            "Set OCTAVO_PUBLIC_URL to an address like https://octavo.example.org, with "
            "*.octavo.example.org leading to the same machine.",
        )
    if parts.path.strip("/"):
        raise SettingWrong(
            f"OCTAVO_SUBDOMAINS is on, but OCTAVO_PUBLIC_URL {public_url!r} has a path.",
            "Give Octavo a host name of its own.",
        )


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
