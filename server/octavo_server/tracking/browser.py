"""Signs people in for MLflow's own pages: the Hub's OAuth code flow and a session cookie.

The cookie holds a random name only; the Hub token that it stands for stays in this process.
After a restart the browser is sent through the Hub once more, which asks nothing of the person.
"""

import secrets
import threading
import time
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlencode

import httpx

from octavo_server.tracking.gate import CALLBACK, Scope, Send

SESSION_COOKIE: Final = "octavo-tracking"
STATE_COOKIE: Final = "octavo-tracking-state"
#: Seconds that a sign-in may take, and that a session lives at most.
STATE_LIFE_S: Final = 600
SESSION_LIFE_S: Final = 8 * 3600
MOST_SESSIONS: Final = 5_000


class HubPages:
    """The browser side of the sign-in, for the service at `prefix`."""

    def __init__(
        self, *, client_id: str, secret: str, prefix: str, hub_api_url: str, authorize_path: str
    ) -> None:
        """`authorize_path` is the Hub's OAuth page as a browser reaches it."""
        self._client_id = client_id
        self._secret = secret
        self._prefix = prefix.rstrip("/")
        self._token_url = f"{hub_api_url.rstrip('/')}/oauth2/token"
        self._authorize_path = authorize_path
        self._sessions: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def token(self, scope: Scope) -> str | None:
        """The Hub token behind the request's session cookie."""
        name = _cookies(scope).get(SESSION_COOKIE)
        with self._lock:
            expires, token = self._sessions.get(name or "", (0.0, ""))
        return token if expires > time.monotonic() else None

    def wants_sign_in(self, scope: Scope, path: str) -> bool:
        """Whether a browser asks for a page, so that a redirect helps it more than a 401."""
        accept = _header(scope, b"accept")
        return scope["method"] == "GET" and path == "/" and "text/html" in accept

    async def sign_in(self, send: Send) -> None:
        """Sends the browser to the Hub."""
        state = secrets.token_urlsafe(24)
        query = urlencode(
            {
                "client_id": self._client_id,
                "redirect_uri": self._redirect_uri,
                "response_type": "code",
                "state": state,
            }
        )
        cookie = self._cookie(STATE_COOKIE, state, STATE_LIFE_S)
        await _redirect(send, f"{self._authorize_path}?{query}", cookie)

    async def callback(self, scope: Scope) -> str | None:
        """The Hub token that a sign-in brought back; None for an answer that is not to be used."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        state, code = query.get("state", [""])[0], query.get("code", [""])[0]
        expected = _cookies(scope).get(STATE_COOKIE, "")
        if not state or not code or not secrets.compare_digest(state.encode(), expected.encode()):
            return None
        return await self._exchange(code)

    async def begin(self, token: str, send: Send) -> None:
        """Starts a session for `token` and shows the first page."""
        await _redirect(
            send,
            f"{self._prefix}/",
            self._cookie(SESSION_COOKIE, self._remember(token), SESSION_LIFE_S),
            self._cookie(STATE_COOKIE, "", 0),
        )

    async def _exchange(self, code: str) -> str | None:
        form = {
            "client_id": self._client_id,
            "client_secret": self._secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
        }
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
                answer = await client.post(self._token_url, data=form)
        except httpx.HTTPError:
            return None
        if answer.status_code != 200:
            return None
        return str(answer.json().get("access_token") or "") or None

    def _remember(self, token: str) -> str:
        name = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[name] = (time.monotonic() + SESSION_LIFE_S, token)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return name

    @property
    def _redirect_uri(self) -> str:
        return f"{self._prefix}{CALLBACK}"

    def _cookie(self, name: str, value: str, life_s: int) -> str:
        return f"{name}={value}; Path={self._prefix}/; Max-Age={life_s}; HttpOnly; SameSite=Lax"


def _header(scope: Scope, wanted: bytes) -> str:
    return ", ".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


def _cookies(scope: Scope) -> dict[str, str]:
    try:
        jar: SimpleCookie = SimpleCookie(_header(scope, b"cookie").replace(", ", "; "))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


async def _redirect(send: Send, to: str, *cookies: str) -> None:
    headers = [
        (b"location", to.encode()),
        (b"content-length", b"0"),
        (b"cache-control", b"no-store"),
    ]
    headers += [(b"set-cookie", cookie.encode()) for cookie in cookies]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
