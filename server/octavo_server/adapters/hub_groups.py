"""Asks JupyterHub which groups there are."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import httpx

log = logging.getLogger("octavo.server")

KEEP_S = 10.0
"""Seconds that an answer is kept."""
KEEP_AWAY_S = 2.0
"""Seconds that a Hub which didn't answer is left alone: a folder of files is checked at once."""
PAGES = "application/jupyterhub-pagination+json"


class HubGroups:
    """The Hub's groups, and those that hold a role here."""

    def __init__(
        self,
        api_url: str,
        token: Callable[[], str],
        declared: Callable[[], frozenset[str]] = frozenset,
        *,
        timeout_s: float = 5.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Ask ``api_url`` with the platform service's token.

        ``declared`` gives the groups that hold a role here: the Hub knows a group only once one of
        its members has signed in. ``transport`` replaces the network in a test.
        """
        self._token = token
        self._declared = declared
        self._http = httpx.Client(base_url=api_url, timeout=timeout_s, transport=transport)
        self._lock = threading.Lock()
        self._known: tuple[float, frozenset[str] | None] | None = None

    def declared(self) -> frozenset[str]:
        """Return the groups that hold a role here."""
        return self._declared()

    def names(self) -> frozenset[str] | None:
        """Return the Hub's groups; None when it can't be asked just now."""
        with self._lock:
            if self._known is not None and self._known[0] > time.monotonic():
                return self._known[1]
        found: frozenset[str] | None = None
        keep_s = KEEP_AWAY_S
        try:
            found, keep_s = frozenset(self._ask()), KEEP_S
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.info("The Hub does not say which groups there are: %s", error)
        with self._lock:
            self._known = (time.monotonic() + keep_s, found)
        return found

    def _ask(self) -> list[str]:
        names: list[str] = []
        headers = {"Authorization": f"token {self._token()}", "Accept": PAGES}
        offset: int | None = 0
        while offset is not None:
            answer = self._http.get("/groups", headers=headers, params={"offset": offset})
            answer.raise_for_status()
            page = answer.json()
            names += [one["name"] for one in page["items"]]
            # How long a page is, is the Hub's own setting.
            following = page["_pagination"]["next"]
            offset = None if following is None else int(following["offset"])
        return names


class UnknownGroups:
    """A check where no Hub can be asked."""

    def declared(self) -> frozenset[str]:
        """Return none: who holds a role is not known here."""
        return frozenset()

    def names(self) -> frozenset[str] | None:
        """Return None: nobody can be asked."""
        return None
