"""Sign-in of the demo people from the people file; groups come from it at every sign-in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Unicode

from octavo.local.people import People, Person

FREE_TRIES = 5
LOCK_S = 30.0


class DemoAuthenticator(Authenticator):  # type: ignore[misc]
    """Signs in the people of ``people.json``; wrong passwords are slowed down per name."""

    people_file = Unicode(help="Path of people.json. No default.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_all = True
        self.manage_groups = True
        self.people = People(Path(self.people_file))
        self._failures: dict[str, list[float]] = {}

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Return the person with their groups, or None for a wrong name or password.

        Raises HTTPError 429 after five wrong passwords for one name within 30 seconds.
        """
        name = data.get("username", "")[:128]
        self._refuse_if_locked(name)
        password = data.get("password", "")[:1024]
        person = await asyncio.to_thread(self.people.sign_in, name, password)
        if person is None:
            self._failures.setdefault(name, []).append(time.monotonic())
            return None
        self._failures.pop(name, None)
        return _model(person)

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        """Give a signed-in person the groups of now; False signs out who was removed."""
        person = self.people.find(user.name)
        return _model(person) if person else False

    def _refuse_if_locked(self, name: str) -> None:
        recent = time.monotonic() - LOCK_S
        late = {who: [at for at in at_s if at > recent] for who, at_s in self._failures.items()}
        self._failures = {who: at_s for who, at_s in late.items() if at_s}
        if len(self._failures.get(name, [])) >= FREE_TRIES:
            raise HTTPError(
                429,
                log_message=f"sign-in of {name!r} is locked",
                reason=f"Too many wrong passwords for {name}. Try again in {LOCK_S:.0f} seconds.",
            )


def _model(person: Person) -> dict[str, Any]:
    """Return what JupyterHub keeps; nobody gets its all-powerful admin flag."""
    return {"name": person.name, "groups": sorted(person.groups), "admin": False}
