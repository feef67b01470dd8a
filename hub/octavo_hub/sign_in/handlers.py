"""The two addresses of a sign-in, with errors that a person can act on."""

from __future__ import annotations

from typing import Any

from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler
from tornado.web import HTTPError

from octavo_hub.sign_in.answers import ProviderAway

LONGEST_DESCRIPTION = 300
# RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6; another code is shown as it is.
MEANINGS = {
    "access_denied": "The sign-in was cancelled or refused at {title}.",
    "login_required": "{title} wants you to sign in there first.",
    "interaction_required": "{title} wants you to answer a question there first.",
    "consent_required": "{title} wants you to agree there that your name and groups are read.",
    "temporarily_unavailable": "{title} is overloaded or being serviced.",
    "server_error": "{title} had an error of its own.",
    "unauthorized_client": "{title} doesn't know Octavo as an application that may sign people in.",
    "invalid_scope": "{title} refuses one of the scopes in OCTAVO_SIGN_IN_SCOPES.",
    "invalid_request": "{title} didn't understand the sign-in.",
}


class SignInHandler(OAuthLoginHandler):  # type: ignore[misc]
    """Sends a person to the provider, once its addresses are known."""

    async def get(self) -> None:
        """Redirect to the provider with a state and a PKCE challenge.

        Raises HTTPError 503 while the provider doesn't say where that is.
        """
        try:
            await self.authenticator.be_ready()
        except ProviderAway as error:
            raise self.authenticator.away(error) from error
        super().get()


class CallbackHandler(OAuthCallbackHandler):  # type: ignore[misc]
    """Takes a person who comes back from the provider."""

    async def login_user(self, data: Any = None) -> Any:
        """Return who has come in. Raises HTTPError 403 for a person who may not."""
        user = await super().login_user(data)
        if user is None:
            raise sign_in_error(403, self.authenticator.custom_403_message)
        return user

    def check_error(self) -> None:
        """Raise HTTPError 403 with a sentence for an error that the provider sent back.

        The provider's own words are shown only in an answer to a question of ours, so that a link
        made by somebody else can't put words on our page.
        """
        code = self.get_argument("error", "")
        if not code:
            return
        title = self.authenticator.login_service
        said = MEANINGS.get(code, "{title} refused the sign-in.").format(title=title)
        if self._answers_us():
            described = self.get_argument("error_description", code)[:LONGEST_DESCRIPTION]
            said += f" It said: {described}"
        raise sign_in_error(403, f"{said} Try again, or ask who runs {title}.")

    def check_state(self) -> None:
        """Raise HTTPError 400 unless this is the answer to a question this browser asked."""
        try:
            super().check_state()
        except HTTPError as error:
            self.log.warning("Sign-in with a wrong state: %s", error.log_message)
            raise sign_in_error(
                400,
                "This sign-in was begun in another browser, or too long ago. Go to the home page "
                "and sign in again.",
            ) from error

    def _answers_us(self) -> bool:
        try:
            super().check_state()
        except HTTPError:
            return False
        return True


def sign_in_error(status: int, message: str) -> HTTPError:
    """Return an error whose page says ``message`` to the person."""
    error: HTTPError = HTTPError(status, "%s", message, reason="Not signed in")
    return error
