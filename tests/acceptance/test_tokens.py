"""Whose token opens what, asked at the public address as any program would."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.person import Person

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

API = "/services/octavo/api/v1/me"
MLFLOW = "/services/tracking/api/2.0/mlflow/experiments/search?max_results=1"
HUB = "/hub/api/user"
FORGOTTEN_AFTER_S = 60.0
"""A token that ended may be known for as long as the services remember an answer of the Hub."""


@pytest.fixture
def ask(octavo: Installation) -> Callable[..., httpx.Response]:
    def get(path: str, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(octavo.url + path, headers=headers, timeout=30.0, trust_env=False)

    return get


Ask = Callable[..., httpx.Response]


@pytest.mark.parametrize("path", [API, MLFLOW])
@pytest.mark.parametrize("token", [None, "nonsense", "a" * 32, "'; drop table tokens; --"])
def test_no_token_and_a_made_up_one_are_refused(ask: Ask, path: str, token: str | None) -> None:
    answer = ask(path, token)
    assert answer.status_code == 401
    if path == API:
        assert set(answer.json()) == {"error", "message", "remedy", "request_id"}


def test_ones_own_token_opens_all_three(ask: Ask, people: Callable[[str], Person]) -> None:
    token = people("scientist").token()
    assert ask(API, token).json()["name"] == "scientist"
    assert ask(MLFLOW, token).status_code == 200
    assert ask(HUB, token).json()["name"] == "scientist"


def test_another_persons_token_opens_no_workspace(
    ask: Ask, people: Callable[[str], Person]
) -> None:
    people("scientist").start_workspace()
    for name in ("reviewer", "admin"):
        answer = ask("/user/scientist/api/contents", people(name).token())
        assert answer.status_code == 403
    assert ask("/user/scientist/api/contents").status_code == 403
    assert ask("/user/scientist/api/contents", people("scientist").token()).status_code == 200


def test_another_persons_sign_in_opens_no_workspace(people: Callable[[str], Person]) -> None:
    people("scientist").start_workspace()
    for name in ("reviewer", "admin"):
        assert people(name).http.get("/user/scientist/lab").status_code == 403


def test_a_token_ends_at_its_time(ask: Ask, people: Callable[[str], Person]) -> None:
    token = people("scientist").token(expires_in=3)
    assert ask(API, token).status_code == 200
    assert ask(MLFLOW, token).status_code == 200
    _await_refusal(lambda: ask(API, token), 401)
    _await_refusal(lambda: ask(MLFLOW, token), 401)
    assert ask(HUB, token).status_code == 403


def test_a_revoked_token_is_refused(ask: Ask, people: Callable[[str], Person]) -> None:
    person = people("scientist")
    token = person.token()
    assert ask(API, token).status_code == 200
    listed = person.hub("GET", "/users/scientist/tokens").json()["api_tokens"]
    newest = max(listed, key=lambda one: str(one["created"]))
    person.hub("DELETE", f"/users/scientist/tokens/{newest['id']}")
    _await_refusal(lambda: ask(API, token), 401)
    _await_refusal(lambda: ask(MLFLOW, token), 401)


def test_a_service_token_is_no_persons(octavo: Installation, ask: Ask) -> None:
    spawner = (octavo.home / "state" / "tokens" / "spawner").read_text()
    assert ask("/services/octavo/api/v1/projects/flights", spawner).status_code in {403, 404}
    assert ask("/hub/api/users", spawner).status_code == 403


def _await_refusal(request: Callable[[], httpx.Response], status: int) -> None:
    deadline = time.monotonic() + FORGOTTEN_AFTER_S
    while (answer := request()).status_code != status:
        assert answer.status_code == 200
        assert time.monotonic() < deadline, "the token still opens"
        time.sleep(0.25)
