"""The token of a running workspace, which outlives the sign-in of its person."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any


def is_workspaces(handler: Any, user: Any) -> bool:
    """Whether a request comes from one of the person's running workspaces, not from a person.

    The token itself is compared: what a token is called, its person may choose.
    """
    given = handler.get_auth_token() if handler is not None else None
    if not given:
        return False
    own = (str(one.api_token or "") for one in user.spawners.values())
    return any(hmac.compare_digest(given.encode(), token.encode()) for token in own if token)


def forget_refresh(user: Any) -> None:
    """Have the person's next request checked again, whatever JupyterHub notes of this one.

    It notes right after the authenticator has answered, before anything else can run.
    """
    asyncio.get_running_loop().call_soon(setattr, user, "_auth_refreshed", None)
