"""The identity providers that settings can choose."""

from __future__ import annotations

from typing import Any

import jwt
from oauthenticator.azuread import AzureAdOAuthenticator
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.github import GitHubOAuthenticator
from oauthenticator.google import GoogleOAuthenticator
from traitlets import Dict, Unicode

from octavo_hub.sign_in.answers import ProviderAway
from octavo_hub.sign_in.claims import checked_groups
from octavo_hub.sign_in.discovery import Endpoints, discover
from octavo_hub.sign_in.google import Directory
from octavo_hub.sign_in.handlers import sign_in_error
from octavo_hub.sign_in.provider import FORBIDDEN, ProviderSignIn


class OidcSignIn(ProviderSignIn, GenericOAuthenticator):  # type: ignore[misc]
    """Any OpenID Connect provider, found by its issuer."""

    issuer = Unicode(help="The provider's issuer; its addresses are asked there.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._found: Endpoints | None = None

    async def be_ready(self) -> None:
        """Ask the issuer for its addresses, once. Raises ProviderAway while it doesn't answer."""
        if self._found is None:
            self._found = await discover(self.issuer)
            self.authorize_url = self._found.authorize
            self.token_url = self._found.token
            self.userdata_url = self._found.userinfo
            self.basic_auth = self._found.basic


class AzureSignIn(ProviderSignIn, AzureAdOAuthenticator):  # type: ignore[misc]
    """Azure AD (Entra ID): its claims are in the identity token, so each check takes a new one."""

    subject_claim = "oid"
    claims_come_with_token = True

    async def token_to_user(self, token_info: dict[str, Any]) -> dict[str, Any]:
        """Return the claims of the identity token, which came straight from Azure over TLS.

        Raises ProviderAway when there is none, or when it is another application's or expired.
        """
        try:
            claims: dict[str, Any] = jwt.decode(
                token_info.get("id_token") or "",
                audience=self.client_id,
                options={"verify_signature": False, "verify_aud": True, "verify_exp": True},
            )
        except jwt.PyJWTError as error:
            raise ProviderAway(f"it sent no identity token for Octavo: {error}") from error
        return claims


class GoogleSignIn(ProviderSignIn, GoogleOAuthenticator):  # type: ignore[misc]
    """Google: people of named domains; groups are read by a service account."""

    subject_claim = "id"
    service_account = Dict(help="Fields of the service account's key file.").tag(config=True)
    administrator = Unicode(help="In whose name groups are read.").tag(config=True)

    def user_info_to_username(self, user_info: dict[str, Any]) -> str:
        """Return the name here, and keep the domain that decides whether it may come in."""
        name = super().user_info_to_username(user_info)
        user_info["domain"] = str(user_info["email"]).rpartition("@")[2].lower()
        return name

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Ask for the person's groups, where a service account may read them.

        Raises HTTPError 403 for an address that Google hasn't verified: it may be another's.
        """
        claims = auth_model["auth_state"][self.user_auth_state_key]
        if not claims.get("verified_email"):
            raise sign_in_error(
                FORBIDDEN,
                f"Google hasn't verified {claims['email']}. Verify the address there, then sign "
                "in again.",
            )
        claims[self.groups_claim] = []
        if self.service_account:
            directory = Directory(
                account=self.service_account, administrator=self.administrator, fetch=self.httpfetch
            )
            claims[self.groups_claim] = await directory.groups_of(claims["email"])
        return auth_model


class GitHubSignIn(ProviderSignIn, GitHubOAuthenticator):  # type: ignore[misc]
    """GitHub: organisations and their teams are the groups.

    Only the named organisations count: anybody may found one of any other name.
    """

    subject_claim = "id"
    organisations = Unicode(help="Organisations that count, by commas.").tag(config=True)

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Ask for the person's organisations and teams."""
        state = auth_model["auth_state"]
        token = state["token_response"]
        access, kind = token["access_token"], token["token_type"]
        user = f"{self.github_api}/user"
        memberships = await self._paginated_fetch(
            f"{user}/memberships/orgs?state=active&per_page=100", access, kind
        )
        teams = await self._paginated_fetch(f"{user}/teams?per_page=100", access, kind)
        names = {name.strip().lower() for name in self.organisations.split(",")}
        groups = github_groups(memberships, teams, names)
        state[self.user_auth_state_key][self.groups_claim] = checked_groups(groups, "teams")
        return auth_model


def github_groups(
    memberships: list[dict[str, Any]], teams: list[dict[str, Any]], organisations: set[str]
) -> list[str]:
    """Return ``acme`` for each membership and ``acme:data`` for each team that counts."""
    mine = {one["organization"]["login"].lower() for one in memberships} & organisations
    return sorted(mine) + sorted(
        f"{organisation}:{team['slug']}"
        for team in teams
        if (organisation := team["organization"]["login"].lower()) in mine
    )
