"""What a route of MLflow needs, and what a create request may say."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tracking import me

from octavo_server.tracking import access
from octavo_server.tracking.__main__ import answered_hosts
from octavo_server.tracking.access import Need, Visitor
from octavo_server.tracking.visitors import visitor_from

SCIENTIST = Visitor(name="ada", reads=frozenset({"flights"}), writes=frozenset({"flights"}))
READER = Visitor(name="rob", reads=frozenset({"flights"}), writes=frozenset())
NOBODY = Visitor(name="eve", reads=frozenset(), writes=frozenset())
SERVICE = Visitor(name="service:octavo", reads=frozenset(), writes=frozenset(), governs=True)


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/health", Need.OPEN),
        ("POST", "/health", Need.SHUT),
        ("GET", "/", Need.READ),
        ("HEAD", "/", Need.READ),
        ("GET", "/api/2.0/mlflow/runs/get", Need.READ),
        ("POST", "/ajax-api/2.0/mlflow/runs/search", Need.READ),
        ("POST", "/api/2.0/mlflow/runs/create", Need.WRITE),
        ("POST", "/api/2.0/mlflow/runs/log-batch", Need.WRITE),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/x.txt", Need.WRITE),
        ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/1/x.txt", Need.GOVERN),
        ("GET", "/api/2.0/mlflow/registered-models/alias", Need.READ),
        ("POST", "/api/2.0/mlflow/registered-models/alias", Need.GOVERN),
        ("DELETE", "/ajax-api/2.0/mlflow/registered-models/alias", Need.GOVERN),
        ("DELETE", "/api/2.0/mlflow/logged-models/m-1", Need.GOVERN),
        ("PATCH", "/api/2.0/mlflow/logged-models/m-1", Need.WRITE),
        ("POST", "/v1/traces", Need.WRITE),
        ("GET", "/octavo/changes", Need.GOVERN),
        ("POST", "/ajax-api/3.0/jobs/", Need.SHUT),
        ("GET", "/api/3.0/mlflow/gateway/secrets/list", Need.SHUT),
        ("GET", "/api/2.0/mlflow/users/current", Need.SHUT),
        ("GET", "/api/2.0/mlflow/runs/../webhooks", Need.SHUT),
        ("GET", "/api/2.0/mlflow/runs//get", Need.SHUT),
        ("GET", "/api/2.0/mlflow/runs\\get", Need.SHUT),
        ("CONNECT", "/", Need.SHUT),
    ],
)
def test_what_a_route_needs(method: str, path: str, needed: Need) -> None:
    assert access.need(method, path) is needed


@given(st.text(max_size=60))
def test_an_unknown_path_is_shut(path: str) -> None:
    known = ("/api/", "/ajax-api/", "/static-files/", "/v1/", "/graphql")
    if not path.startswith(known) and path not in ("/", "/health", "/version"):
        assert access.need("POST", path) is Need.SHUT


@pytest.mark.parametrize(
    ("visitor", "allowed"),
    [
        (SCIENTIST, {Need.OPEN, Need.READ, Need.WRITE}),
        (READER, {Need.OPEN, Need.READ}),
        (NOBODY, {Need.OPEN}),
        (SERVICE, {Need.OPEN, Need.READ, Need.WRITE, Need.GOVERN}),
        (replace(SCIENTIST, looks_only=True), {Need.OPEN, Need.READ}),
    ],
)
def test_who_may_what(visitor: Visitor, allowed: set[Need]) -> None:
    assert {needed for needed in Need if visitor.may(needed)} == allowed


@pytest.mark.parametrize(
    ("name", "tags", "project"),
    [
        ("flights/late", {}, "flights"),
        ("/flights/late", {}, "flights"),
        ("late", {"octavo.project": "flights"}, "flights"),
        ("weather/x", {"octavo.project": "flights"}, "flights"),
        ("late", {}, None),
        ("", {}, None),
        ("/", {}, None),
    ],
)
def test_the_project_of_an_experiment(name: str, tags: dict[str, str], project: str | None) -> None:
    assert access.project_of(name, tags) == project


def test_an_experiment_gets_the_only_project() -> None:
    body, refusal = access.check_experiment(SCIENTIST, {"name": "late"})
    assert refusal is None
    assert body["tags"] == [{"key": "octavo.project", "value": "flights"}]


def test_a_name_is_not_taken_from_another_project() -> None:
    """Who makes ``weather/late`` in flights would keep it from those of weather."""
    _, refusal = access.check_experiment(SCIENTIST, {"name": "weather/late"})
    assert refusal is not None
    assert refusal.message == "You may not log to project 'weather'."


def test_an_experiment_keeps_its_other_tags() -> None:
    tags = [{"key": "mlflow.note.content", "value": "x"}]
    body, _ = access.check_experiment(SCIENTIST, {"name": "flights/late", "tags": tags})
    assert tags[0] in body["tags"]


def test_a_reader_of_me_is_a_visitor_by_role() -> None:
    found = visitor_from(me("ada", flights="scientist", weather="reviewer"))
    assert (found.reads, found.writes) == ({"flights", "weather"}, {"flights"})
    assert not found.governs
    assert visitor_from(me("service:octavo", kind="service", flights="service")).governs


def test_a_person_never_governs_whatever_roles_are_claimed() -> None:
    claimed = {**me("ada", flights="admin"), "platform_roles": ["admin", "service"]}
    assert not visitor_from(claimed).governs


@pytest.mark.parametrize("name", ["late", "weather.late", "flights.", ".late", "", "flights"])
def test_a_registered_model_is_named_after_an_own_project(name: str) -> None:
    assert access.check_registered(SCIENTIST, {"name": name}) is not None
    assert access.check_registered(SCIENTIST, {"name": "flights.late"}) is None


@pytest.mark.parametrize(
    ("public", "hosts"),
    [
        ("http://127.0.0.1:8000", {"127.0.0.1:8000", "localhost:8000", "127.0.0.1:8003"}),
        ("https://octavo.example", {"octavo.example", "127.0.0.1:8003"}),
    ],
)
def test_which_hosts_are_answered(public: str, hosts: set[str]) -> None:
    inside = urlsplit("http://127.0.0.1:8003")
    assert answered_hosts(urlsplit(public), inside) == hosts


@pytest.mark.parametrize(
    ("method", "path", "model"),
    [
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/models/m-0a/artifacts/x.pkl", "m-0a"),
        ("PUT", "/ajax-api/2.0/mlflow-artifacts/artifacts/1/models/m-0a/artifacts/a/b", "m-0a"),
        ("POST", "/api/2.0/mlflow-artifacts/mpu/create/1/models/m-0a/artifacts/x", "m-0a"),
        ("DELETE", "/api/2.0/mlflow/logged-models/m-0a/tags/octavo.registered", "m-0a"),
        ("DELETE", "/api/2.0/mlflow/logged-models/m-0a/tags/mine", None),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/x.pkl", None),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/1/models/m-0a/artifacts/x.pkl", None),
    ],
)
def test_which_requests_change_a_models_files(method: str, path: str, model: str | None) -> None:
    assert access.touches_model(method, path) == model
