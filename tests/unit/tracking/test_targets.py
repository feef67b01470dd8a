"""Every id that a request to MLflow carries is found, and what could hide one is refused."""

from __future__ import annotations

from typing import Any

import pytest

from octavo_server.tracking import targets
from octavo_server.tracking.targets import Unreadable

RUN = "a" * 32
ASK = "query Q($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { info { runId } } } }"


def pairs(found: list[targets.Target]) -> set[tuple[str, str]]:
    return {(one.kind, one.id) for one in found}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"run_id": RUN}, {("run", RUN)}),
        ({"runUuid": RUN}, {("run", RUN)}),
        ({"experimentIds": ["1", 2]}, {("experiment", "1"), ("experiment", "2")}),
        (
            {"locations": [{"mlflow_experiment": {"experiment_id": "7"}}]},
            {("experiment", "7")},
        ),
        ({"trace": {"trace_info": {"traceId": "tr-1"}}}, {("trace", "tr-1")}),
        ({"models": [{"model_id": "m-1"}]}, {("model", "m-1")}),
        ({"tags": [{"key": "run_id", "value": RUN}]}, set()),
        ({}, set()),
    ],
)  # fmt: skip
def test_a_body_is_searched_at_any_depth(body: dict[str, Any], named: set[tuple[str, str]]) -> None:
    assert pairs(targets.in_body("/api/2.0/mlflow/runs/search", body)) == named


def test_a_body_of_any_depth_is_searched_without_recursion() -> None:
    deep: dict[str, Any] = {"run_id": RUN}
    for _ in range(100_000):
        deep = {"x": deep}
    assert pairs(targets.in_body("/api/2.0/mlflow/runs/search", deep)) == {("run", RUN)}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/2.0/mlflow/logged-models/m-0a/artifacts/directories", {("model", "m-0a")}),
        (f"/api/3.0/mlflow/traces/tr-{RUN}/assessments/x", {("trace", f"tr-{RUN}")}),
        ("/api/3.0/mlflow/traces/search", set()),
        ("/api/3.0/mlflow/datasets/d-0a/records", {("dataset", "d-0a")}),
        ("/api/2.0/mlflow-artifacts/artifacts/7/a/model.pkl", {("experiment", "7")}),
        ("/api/2.0/mlflow-artifacts/mpu/create/7/a/model.pkl", {("experiment", "7")}),
        ("/api/2.0/mlflow-artifacts/artifacts", set()),
    ],
)
def test_a_path_names_what_it_leads_to(path: str, named: set[tuple[str, str]]) -> None:
    assert pairs(targets.in_path(path)) == named


def test_a_query_names_folders_and_models_too() -> None:
    folder = targets.in_query("/api/2.0/mlflow-artifacts/artifacts", {"path": ["7/a/artifacts"]})
    assert pairs(folder) == {("experiment", "7")}
    model = targets.in_query("/api/2.0/mlflow/registered-models/get", {"name": ["flights.late"]})
    assert pairs(model) == {("registered", "flights.late")}
    twice = targets.in_query("/api/2.0/mlflow/metrics/get-history", {"run_id": ["a", "b"]})
    assert pairs(twice) == {("run", "a"), ("run", "b")}


@pytest.mark.parametrize("path", ["1/../2", "1/%2e%2e/2", "1/%252e%252e/2", "1\\..\\2", "./2"])
def test_a_folder_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(Unreadable, match="leads elsewhere"):
        targets.in_query("/api/2.0/mlflow-artifacts/artifacts", {"path": [path]})


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("models:/m-0a", "model"),
        (f"runs:/{RUN}/model", "run"),
        ("mlflow-artifacts:/7/models/m-0a/artifacts", "experiment"),
    ],
)
def test_a_versions_source_is_found(source: str, kind: str) -> None:
    found = targets.source_of({"source": source})
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "source",
    ["s3://elsewhere/x", "/etc/passwd", "file:///x", "mlflow-artifacts:/7/../8/x", "models:/a/1"],
)
def test_a_source_elsewhere_is_refused(source: str) -> None:
    with pytest.raises(Unreadable, match="no place of a logged model"):
        targets.source_of({"source": source})


def test_a_question_names_what_its_variables_say() -> None:
    found = targets.in_question({"query": ASK, "variables": {"data": {"runId": RUN}}})
    assert pairs(found) == {("run", RUN)}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('{ mlflowGetRun(input: {runId: "a"}) { run { info { runId } } } }', "as a variable"),
        (ASK.replace("Input!", 'Input = {runId: "a"}'), "defaults are not taken"),
        ("{ mlflowSearchModelVersions(input: $x) { modelVersions { name } } }", "is not offered"),
        ("{ ...All } fragment All on Query { mlflowGetRun(input: $x) { run } }", "a fragment"),
        ("{ __schema { types { name } } }", "is not offered"),
        ("query {", "can't be read"),
        ("{" * 20_000, "can't be read"),
        ("x" * 60_000, "no text"),
        (7, "no text"),
    ],
)  # fmt: skip
def test_a_question_that_could_ask_for_more_is_refused(query: Any, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        targets.in_question({"query": query, "variables": {"data": {"runId": "b" * 32}}})
