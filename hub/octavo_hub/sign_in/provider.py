"""What all identity providers have in common: name, groups, and both kept true while signed in."""

from __future__ import annotations

import math
import time
from typing import Any

from oauthenticator.oauth2 import OAuthenticator
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError
from traitlets import Float, Unicode

from octavo_hub.sign_in.answers import NoLongerVouched, ProviderAway, meaning
from octavo_hub.sign_in.claims import ClaimsRefused, claim_at, groups_in
from octavo_hub.sign_in.handlers import CallbackHandler, SignInHandler, sign_in_error
from octavo_hub.sign_in.names import account_name
from octavo_hub.sign_in.sharing import Sharing
from octavo_hub.sign_in.workspace_token import forget_refresh, is_workspaces

FORBIDDEN, BROKEN, AWAY = 403, 500, 503
# A provider that is away, or that answers what no provider should.
TROUBLE = (HTTPClientError, OSError, ValueError, KeyError)


class ProviderSignIn(OAuthenticator):  # type: ignore[misc]
    """An identity provider that signs people in, and is asked about them again and again.

    The rule while it doesn't answer: signed-in people keep what they had for ``away_s`` seconds
    after its last answer, then they are signed out. Nobody new comes in without its answer.
    """

    login_handler = SignInHandler
    callback_handler = CallbackHandler

    groups_claim = Unicode("groups", help="Path of the claim with the groups.").tag(config=True)
    away_s = Float(3600.0, help="Seconds that old claims hold without an answer.").tag(config=True)
    subject_claim = "sub"
    """Claim that stays the same when a person is renamed, and is never given to another."""
    claims_come_with_token = False
    """Whether fresh claims come only with a fresh token, not at an address of their own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._refreshes: Sharing[bool | dict[str, Any]] = Sharing()
        self._refused_at: dict[str, float] = {}

    async def be_ready(self) -> None:
        """Prepare for a sign-in. Raises ProviderAway while the provider doesn't answer."""

    # ---- who somebody is

    async def token_to_user(self, token_info: dict[str, Any]) -> dict[str, Any]:
        """Return what the provider says of a person. Raises ProviderAway when that is nonsense."""
        claims = await super().token_to_user(token_info)
        if not isinstance(claims, dict):
            raise ProviderAway(f"it sent {type(claims).__name__} instead of claims")
        return claims

    def user_info_to_username(self, user_info: dict[str, Any]) -> str:
        """Return the name here. Raises HTTPError 403 when the claim for it is missing."""
        given = claim_at(user_info, self.username_claim)
        if not isinstance(given, str) or not given.strip():
            raise sign_in_error(
                FORBIDDEN,
                f"{self.login_service} doesn't say {self.username_claim!r} of you, which your name "
                "here is made from. A platform admin must name another claim in "
                f"OCTAVO_SIGN_IN_USERNAME_CLAIM; there are: {', '.join(sorted(user_info))}.",
            )
        return account_name(given)

    def build_auth_state_dict(
        self, token_info: dict[str, Any], user_info: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep, beside the tokens, who it is for good and when the provider said so."""
        state: dict[str, Any] = super().build_auth_state_dict(token_info, user_info)
        subject = claim_at(user_info, self.subject_claim)
        return state | {"subject": str(subject or ""), "checked_at": time.time()}

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        """Return the groups in the claims. Raises HTTPError 403 when they can't be known."""
        try:
            return set(groups_in(auth_state[self.user_auth_state_key], self.groups_claim))
        except ClaimsRefused as refused:
            raise sign_in_error(FORBIDDEN, str(refused)) from refused

    async def _token_to_auth_model(self, token_info: dict[str, Any]) -> dict[str, Any]:
        model: dict[str, Any] = await super()._token_to_auth_model(token_info)
        return model | {"admin": False}  # nobody gets JupyterHub's all-powerful flag

    # ---- coming in

    async def authenticate(
        self, handler: Any, data: dict[str, str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return the person who comes back from the provider.

        Raises HTTPError 503 when it doesn't answer, 403 when the name here is somebody else's.
        """
        try:
            await self.be_ready()
            model: dict[str, Any] = await super().authenticate(handler, data, **kwargs)
        except (*TROUBLE, ProviderAway) as error:
            raise self.away(error) from error
        except HTTPError as error:
            if error.status_code != BROKEN:
                raise
            raise self.away(error) from error
        await self._refuse_another_subject(handler, model)
        self._refused_at.pop(model["name"], None)
        return model

    async def _refuse_another_subject(self, handler: Any, model: dict[str, Any]) -> None:
        known = handler.find_user(model["name"])
        kept = await known.get_auth_state() if known is not None else None
        if kept and kept.get("subject", "") != model["auth_state"]["subject"]:
            raise sign_in_error(
                FORBIDDEN,
                f"The name {model['name']} belongs to another account at {self.login_service}. A "
                "platform admin must remove the old person, or you must be renamed there.",
            )

    def away(self, error: Exception) -> HTTPError:
        """Return the page for a sign-in that the provider doesn't answer."""
        self.log.error("%s can't sign anybody in: %s", self.login_service, error)
        return sign_in_error(
            AWAY,
            f"{self.login_service} doesn't answer as it should, so nobody can be signed in right "
            "now. Try again in a minute; workspaces that run go on.",
        )

    # ---- while signed in

    async def refresh_user(
        self, user: Any, handler: Any = None, **kwargs: Any
    ) -> bool | dict[str, Any]:
        """Return the person as the provider knows them now, or False to sign them out.

        Requests at the same time share one question: a refresh token may be good for one use. A
        workspace's own token goes on, with the groups that its person had, so that what runs in
        it isn't broken off because a sign-in has run out; its person can't reach it any more.
        """
        workspaces = is_workspaces(handler, user)
        if not (workspaces and self._was_refused(user.name)):
            answer = await self._refreshes.of(user.name, lambda: self._refreshed(user))
            if answer:
                return answer
            self._refused_at[user.name] = time.monotonic()
        if workspaces:
            forget_refresh(user)
        return workspaces

    def _was_refused(self, name: str) -> bool:
        """Whether the provider needn't be asked again yet for the sake of a workspace."""
        since = time.monotonic() - self._refused_at.get(name, -math.inf)
        return since < float(self.auth_refresh_age)

    async def _refreshed(self, user: Any) -> bool | dict[str, Any]:
        state = await user.get_auth_state()
        if not state:
            self.log.info("Nothing is kept of %s's sign-in: they must sign in again", user.name)
            return False
        try:
            model = await self._asked_again(state)
        except ProviderAway as away:
            return self._keeps(user.name, state, away)
        except (NoLongerVouched, HTTPError) as no:
            self.log.warning("%s is signed out, the provider refused: %s", user.name, no)
            return False
        return model if await self._is_still(user, state, model) else False

    async def _asked_again(self, state: dict[str, Any]) -> dict[str, Any]:
        if not self.claims_come_with_token:
            try:
                return await self._token_to_auth_model(state["token_response"])
            except TROUBLE as error:
                meant = meaning(error, of_refresh=False)
                if isinstance(meant, ProviderAway):
                    raise meant from error
        token = await self._new_token(state.get("refresh_token") or "")
        try:
            return await self._token_to_auth_model(token)
        except TROUBLE as error:
            raise meaning(error, of_refresh=False) from error

    async def _new_token(self, refresh_token: str) -> dict[str, Any]:
        if not refresh_token:
            raise NoLongerVouched("the access token holds no longer, there is no refresh token")
        await self.be_ready()
        params = self.build_refresh_token_request_params(refresh_token)
        try:
            token: dict[str, Any] = await self.get_token_info(None, params)
        except (*TROUBLE, HTTPError) as error:
            raise meaning(error, of_refresh=True) from error
        return token | {"refresh_token": token.get("refresh_token") or refresh_token}

    def _keeps(self, name: str, state: dict[str, Any], away: ProviderAway) -> bool:
        since = time.time() - float(state.get("checked_at", 0.0))
        keeps = since <= self.away_s
        self.log.warning(
            "%s doesn't answer (%s): %s %s after %.0f s",
            self.login_service, away, name, "keeps the groups" if keeps else "is signed out", since,
        )  # fmt: skip
        return keeps

    async def _is_still(self, user: Any, state: dict[str, Any], model: dict[str, Any]) -> bool:
        """Whether it is the same person, and may still come in."""
        name = str(model["name"])
        if name != user.name or model["auth_state"]["subject"] != state.get("subject", ""):
            self.log.warning("%s is signed out: the provider calls them %s now", user.name, name)
            return False
        allowed = self.check_blocked_users(name, model) and await self.check_allowed(name, model)
        if not allowed:
            self.log.warning("%s is signed out: no longer in a group that may sign in", user.name)
        return bool(allowed)
