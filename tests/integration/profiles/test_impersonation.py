"""A person who claims to be the hub, so as to speak for an admin, is refused and remembered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.platform import Platform

AS_ADMIN = {"Octavo-Person": "admin", "Octavo-Groups": '["admins"]'}


def _refusals(governed: Platform) -> list[dict[str, Any]]:
    entries = governed.call("admin", "GET", "/audit/entries?limit=5").json()["items"]
    return [one for one in entries if one["action"].endswith(".refused")]


@pytest.mark.parametrize("who", ["scientist", "admin", "octavo-service"])
@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [
        ("GET", "/profiles/catalog", "profiles.read"),
        ("POST", "/profiles/check", "profiles.check"),
    ],
)
def test_who_speaks_for_another_is_refused_and_on_the_trail(
    governed: Platform, who: str, method: str, path: str, verb: str
) -> None:
    more = {"json": {"text": "id: x"}} if method == "POST" else {}
    refused = governed.call(who, method, path, headers=AS_ADMIN, **more)
    assert refused.status_code == 403, refused.text
    assert "Only the hub may speak for a person" in refused.json()["message"]
    (kept,) = _refusals(governed)
    name = "service:octavo" if who == "octavo-service" else who
    assert (kept["actor"], kept["action"]) == (name, f"{verb}.refused")
    assert "Only the hub may speak" in str(kept["details"])
