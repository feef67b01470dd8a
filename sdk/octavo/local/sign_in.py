"""The settings of sign-in with an identity provider, checked before anything is started.

Hub, platform service and `octavo up` share them: the hub signs people in by them, the service knows
their names, and `octavo up` refuses a wrong one in a sentence that names the variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from octavo.local.errors import SettingWrong

PREFIX = "OCTAVO_"
Provider = Literal["oidc", "azure", "okta", "google", "github"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)


class SignIn(BaseModel):
    """What signing in with an identity provider needs; each field is the variable OCTAVO_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sign_in_client_id: str = Field(
        "", description="Client id that the identity provider gave to Octavo. No default."
    )
    sign_in_client_secret_file: str = Field(
        "",
        description="File with the client secret, readable by Octavo's account alone. No default.",
    )
    sign_in_title: str = Field(
        "",
        max_length=80,
        description="Name of the provider on the sign-in button. Unset: the provider's own name.",
    )
    sign_in_groups: str = Field(
        "",
        description="Groups whose members may sign in, with commas between. Unset: everyone whom "
        "the provider lets in (for GitHub: members of OCTAVO_GITHUB_ORGANISATIONS).",
    )
    sign_in_username_claim: str = Field(
        "",
        description="Claim that a person's name here is made from. Unset: preferred_username "
        "(Google: email, GitHub: login).",
    )
    sign_in_groups_claim: str = Field(
        "groups",
        min_length=1,
        description="Claim that holds a person's groups; dots lead into nested claims, e.g. "
        "realm_access.roles. Default: groups. Google and GitHub are asked instead.",
    )
    sign_in_scopes: str = Field(
        "",
        description="Scopes to ask for, with spaces between. Unset: what the provider needs for "
        "name, groups and a refresh token.",
    )
    sign_in_refresh_seconds: int = Field(
        300,
        ge=1,
        le=86_400,
        description="Seconds after which a signed-in person is checked at the provider again; "
        "before a workspace starts always. Default: 300.",
    )
    sign_in_away_minutes: int = Field(
        60,
        ge=0,
        le=10_080,
        description="Minutes that signed-in people keep their groups while the provider doesn't "
        "answer; then they are signed out. 0: at once. Default: 60.",
    )
    oidc_issuer: str = Field(
        "", description="Issuer of the OpenID Connect provider, an https address. No default."
    )
    azure_tenant: str = Field(
        "", description="Azure AD: id or domain of the directory (tenant). No default."
    )
    azure_login_url: str = Field(
        "https://login.microsoftonline.com",
        description="Azure AD: sign-in address of the cloud. Default: the worldwide one.",
    )
    okta_url: str = Field(
        "", description="Okta: the organisation's address, https://<name>.okta.com. No default."
    )
    okta_server: str = Field(
        "default",
        description="Okta: id of the authorization server; empty: the organisation's own.",
    )
    google_domains: str = Field(
        "",
        description="Google: domains whose accounts may sign in, with commas between. No default.",
    )
    google_service_account_file: str = Field(
        "",
        description="Google: key file of a service account that may read groups. Unset: people "
        "have no groups.",
    )
    google_administrator: str = Field(
        "",
        description="Google: address of the administrator in whose name groups are read. "
        "Needed with the service account.",
    )
    github_organisations: str = Field(
        "",
        description="GitHub: organisations whose members may sign in, with commas between; they "
        "and their teams (acme, acme:data) are the groups. No default.",
    )
    github_url: str = Field(
        "https://github.com",
        description="GitHub: address of the server. Default: github.com.",
    )

    @property
    def allowed_groups(self) -> frozenset[str]:
        """Groups whose members may sign in; empty means everyone whom the provider lets in."""
        return frozenset(names_in(self.sign_in_groups))


def read_sign_in(environment: Mapping[str, str]) -> SignIn:
    """Return the settings in an environment. Raises SettingWrong naming the wrong variable."""
    given = {
        name: environment[variable(name)]
        for name in SignIn.model_fields
        if variable(name) in environment
    }
    try:
        return SignIn.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = variable(str(first["loc"][0]))
        raise SettingWrong(
            f"{name}: {first['msg']}; got {first.get('input')!r:.100}.",
            f"Correct {name} and start again.",
        ) from error


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + field.upper()


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas between."""
    return tuple(name for part in text.split(",") if (name := part.strip()))
