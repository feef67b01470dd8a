"""Google's directory: the groups of a person, read by a service account."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from tornado.httpclient import HTTPClientError

from octavo_hub.sign_in.answers import ProviderAway

GROUPS = "https://admin.googleapis.com/admin/directory/v1/groups"
SCOPE = "https://www.googleapis.com/auth/admin.directory.group.readonly"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE_S = 300
MOST_PAGES = 20


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Google's directory, as an administrator sees it."""

    account: Mapping[str, str]
    """client_email, private_key and token_uri of the service account."""
    administrator: str
    """In whose name it reads."""
    fetch: Callable[..., Awaitable[Any]]
    """Sends a request and returns the JSON of its answer."""

    async def groups_of(self, address: str) -> list[str]:
        """Return the addresses of the groups that a person belongs to directly.

        Raises ProviderAway when they can't be read: that is never the person's fault.
        """
        try:
            headers = {"Authorization": f"Bearer {await self._token()}"}
            return sorted([name async for name in self._pages(address, headers)])
        except (HTTPClientError, OSError, KeyError, TypeError, jwt.PyJWTError) as error:
            raise ProviderAway(f"the groups of {address} can't be read: {error!r}") from error

    async def _pages(self, address: str, headers: dict[str, str]) -> Any:
        query = {"userKey": address, "maxResults": "200"}
        for _page in range(MOST_PAGES):
            url = f"{GROUPS}?{urlencode(query)}"
            answer = await self.fetch(url, "reading groups", headers=headers)
            for group in answer.get("groups", []):
                yield str(group["email"]).lower()
            if not answer.get("nextPageToken"):
                return
            query["pageToken"] = answer["nextPageToken"]

    async def _token(self) -> str:
        now = int(time.time())
        asserted = {
            "iss": self.account["client_email"],
            "sub": self.administrator,
            "scope": SCOPE,
            "aud": self.account["token_uri"],
            "iat": now,
            "exp": now + LIFE_S,
        }
        signed = jwt.encode(asserted, self.account["private_key"], algorithm="RS256")
        answer = await self.fetch(
            self.account["token_uri"],
            "asking for a token",
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"grant_type": GRANT, "assertion": signed}),
        )
        return str(answer["access_token"])
