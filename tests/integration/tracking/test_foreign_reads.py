"""What a project logs is read by its members alone, through every door that MLflow has."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.support.tracking import stock_client

from octavo_server.tracking.access import Need, need

API = "/api/2.0/mlflow"
SECRET = "flights-secret"
FLIGHTS, WEATHER, BOTH = "scientist-token", "weather-token", "both-token"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
GRAPHQL = (
    "query Get($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) "
    "{ run { info { runId runName } } } }"
)
LOG = f"""
import json
import mlflow
from mlflow import MlflowClient
from mlflow.models import ModelSignature
mlflow.set_experiment("flights/{SECRET}")
with mlflow.start_run(run_name="{SECRET}") as run:
    mlflow.log_metric("auc", 0.5)
    mlflow.log_text("{SECRET}", "{SECRET}.txt")
    class Model(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input: list[str], params=None) -> list[str]:
            return model_input
    logged = mlflow.pyfunc.log_model(name="{SECRET}", python_model=Model())
with mlflow.start_span("{SECRET}") as span:
    span.set_inputs({{"text": "{SECRET}"}})
mlflow.flush_trace_async_logging()
version = mlflow.register_model(logged.model_uri, "flights.{SECRET}")
print(json.dumps({{
    "experiment_id": run.info.experiment_id, "run_id": run.info.run_id,
    "model_id": logged.model_id, "trace_id": span.trace_id,
}}))
"""


@dataclass(frozen=True)
class Logged:
    """What a scientist of flights has logged, by its ids."""

    url: str
    ids: dict[str, str] = field(default_factory=dict)

    def call(self, token: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(trust_env=False, timeout=30) as client:
            return client.request(method, self.url + path, headers=headers, **more)

    def every(self) -> dict[str, Any]:
        """Every field that names what was logged, as a query or a body takes it."""
        experiment, run, trace = (self.ids[f"{one}_id"] for one in ("experiment", "run", "trace"))
        return {
            **self.ids,
            "experiment_ids": [experiment],
            "run_uuid": run,
            "run_ids": [run],
            "request_id": trace,
            "trace_ids": [trace],
            "experiment_name": f"flights/{SECRET}",
            "name": f"flights.{SECRET}",
            "version": "1",
            "metric_key": "auc",
            "metric_keys": ["auc"],
            "path": f"{SECRET}.txt",
            "artifact_file_path": "MLmodel",
            "max_results": 10,
            "filter": "",
        }


@pytest.fixture(scope="module")
def logged(tracking: str) -> Logged:
    return Logged(url=tracking, ids=stock_client(tracking, FLIGHTS, LOG))


def routes() -> list[tuple[str, str]]:
    """Every route that MLflow has for reading, as its own code lists them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside MLflow
        from mlflow.server import handlers

    listed = {(method, path) for path, _, methods in handlers.get_endpoints() for method in methods}
    listed |= {("GET", "/get-artifact"), ("GET", "/model-versions/get-artifact")}
    read = [
        (method, path)
        for method, path in sorted(listed)
        if need(method, re.sub(r"[<{][^>}]*[>}]", "m-0a", path)) is Need.READ
    ]
    assert len(read) > 60
    return read


def filled(path: str, ids: dict[str, str]) -> str:
    """Return a route's path with the ids of what was logged."""
    names = {"request_id": ids["trace_id"], "artifact_path": f"{ids['experiment_id']}/x", **ids}
    return re.sub(r"[<{](?:\w+:)?(\w+)[>}]", lambda one: names.get(one.group(1), "1"), path)


def test_no_route_tells_a_foreigner_anything(logged: Logged) -> None:
    """Each is asked with every id at once: in the query, and in the body."""
    told = []
    for method, route in routes():
        content = {"params" if method == "GET" else "json": logged.every()}
        answer = logged.call(WEATHER, method, filled(route, logged.ids), **content)
        if answer.status_code < 400 and SECRET in answer.text:
            told.append((method, route, answer.text[:300]))
    assert told == []


@pytest.fixture(scope="module")
def own(logged: Logged) -> dict[str, Any]:
    """Give an experiment and a run of the foreigner's, to hide a foreign id behind."""
    made = logged.call(WEATHER, "POST", f"{API}/experiments/create", json={"name": "weather/mine"})
    experiment = made.json()["experiment_id"]
    run = logged.call(
        WEATHER, "POST", f"{API}/runs/create", json={"experiment_id": experiment}
    ).json()["run"]["info"]["run_id"]
    return {
        "experiment_id": experiment,
        "experiment_ids": [experiment],
        "run_id": run,
        "run_uuid": run,
        "run_ids": [run],
    }


@pytest.mark.parametrize("hidden", ["beside", "instead", "empty"])
def test_an_own_id_opens_nothing_of_others(
    logged: Logged, own: dict[str, Any], hidden: str
) -> None:
    """MLflow reads a field of its own choice; whatever else is named must not place a request."""
    foreign = {key: value for key, value in logged.every().items() if key not in own}
    told = []
    for method, route in routes():
        every: dict[str, Any] = {
            "beside": {"query": own, "body": foreign},
            "instead": {"query": {}, "body": {"run_id": own["run_id"]}},
            "empty": {"query": {}, "body": {**own, "experiment_ids": [], "experiment_id": ""}},
        }[hidden]
        if method == "GET":
            content = {"params": {**foreign, **own} if hidden == "beside" else every["body"]}
        else:
            content = {"params": every["query"], "json": every["body"]}
        answer = logged.call(WEATHER, method, filled(route, logged.ids), **content)
        if answer.status_code < 400 and SECRET in answer.text:
            told.append((method, route, answer.text[:300]))
    assert told == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/3.0/mlflow/issues/iss-1"),
        ("POST", "/api/3.0/mlflow/issues/search"),
        ("GET", "/api/3.0/mlflow/label-schemas/get"),
        ("POST", "/api/3.0/mlflow/review-queues/delete"),
    ],
)
def test_what_nobody_can_place_is_not_offered(
    logged: Logged, own: dict[str, Any], method: str, path: str
) -> None:
    content = {"params": own} if method == "GET" else {"json": own}
    answer = logged.call(WEATHER, method, path, **content)
    assert answer.status_code == 404
    assert "is not offered" in answer.json()["message"]


def test_what_belongs_to_no_project_is_nobodys_to_read_or_change(logged: Logged) -> None:
    """MLflow's own "Default" is made with the database; a run in it would be seen by nobody."""
    for method, path, content in (
        ("GET", "/experiments/get", {"params": {"experiment_id": "0"}}),
        ("POST", "/runs/create", {"json": {"experiment_id": "0"}}),
        ("POST", "/experiments/delete", {"json": {"experiment_id": "0"}}),
        ("POST", "/experiments/update", {"json": {"experiment_id": "0", "new_name": "weather/x"}}),
    ):
        answer = logged.call(WEATHER, method, API + path, **content)
        assert answer.status_code == 403
        assert 'Call mlflow.set_experiment("<project>/<name>") first' in answer.json()["message"]
    listed = logged.call(WEATHER, "GET", f"{API}/experiments/search?max_results=1000").json()
    assert "0" not in [one["experiment_id"] for one in listed["experiments"]]


def test_the_folder_of_all_files_is_shut(logged: Logged, own: dict[str, Any]) -> None:
    for query in ({"path": ""}, {"experiment_id": own["experiment_id"]}):
        assert logged.call(WEATHER, "GET", FILES, params=query).status_code == 403


@pytest.mark.parametrize(
    ("path", "asked", "absent"),
    [
        ("/experiments/get", "experiment_id", "987654321"),
        ("/experiments/get-by-name", "experiment_name", "flights/absent"),
        ("/runs/get", "run_id", "0" * 32),
        ("/artifacts/list", "run_id", "0" * 32),
        ("/registered-models/get", "name", "flights.absent"),
    ],
)
def test_a_member_reads_and_a_foreigner_is_told_nothing(
    logged: Logged, path: str, asked: str, absent: str
) -> None:
    query = {asked: logged.every()[asked]}
    assert SECRET in logged.call(FLIGHTS, "GET", API + path, params=query).text
    refused = logged.call(WEATHER, "GET", API + path, params=query)
    assert refused.status_code == 404
    assert "that you may read. Check it, or ask an admin" in refused.json()["message"]
    unknown = logged.call(WEATHER, "GET", API + path, params={asked: absent}).json()["message"]
    assert refused.json()["message"].replace(str(query[asked]), absent) == unknown


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/experiments/search?max_results=1000"),
        ("POST", "/experiments/search"),
        ("GET", "/registered-models/search"),
        ("GET", "/model-versions/search"),
    ],
)
def test_lists_show_what_one_may_read(logged: Logged, method: str, path: str) -> None:
    body = {"json": {"max_results": 1000}} if method == "POST" else {}
    assert SECRET in logged.call(BOTH, method, API + path, **body).text
    answer = logged.call(WEATHER, method, API + path, **body)
    assert answer.status_code == 200
    assert SECRET not in answer.text


def test_a_list_goes_on_over_pages_of_others(logged: Logged) -> None:
    """Of a page on which nothing is left no client is told, or it would stop there."""
    made = logged.call(WEATHER, "POST", f"{API}/experiments/create", json={"name": "weather/own"})
    assert made.status_code == 200
    for name in ("flights/a", "flights/b", "flights/c"):
        logged.call(FLIGHTS, "POST", f"{API}/experiments/create", json={"name": name})
    token, names = "", []
    for _ in range(500):
        query = {"max_results": 1, **({"page_token": token} if token else {})}
        page = logged.call(WEATHER, "GET", f"{API}/experiments/search", params=query).json()
        names += [one["name"] for one in page.get("experiments", [])]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert "weather/own" in names
    assert not [one for one in names if one.startswith("flights/")]


def test_files_of_another_project_stay_shut(logged: Logged) -> None:
    place = f"{logged.ids['experiment_id']}/{logged.ids['run_id']}/artifacts"
    file = f"{FILES}/{place}/{SECRET}.txt"
    assert logged.call(FLIGHTS, "GET", file).text == SECRET
    assert logged.call(WEATHER, "GET", file).status_code == 404
    listed = {"params": {"path": place}}
    assert SECRET in logged.call(FLIGHTS, "GET", FILES, **listed).text
    assert logged.call(WEATHER, "GET", FILES, **listed).status_code == 404
    assert logged.call(WEATHER, "GET", FILES).status_code == 403
    around = {"params": {"path": f"0/../{place}"}}
    assert "leads elsewhere" in logged.call(WEATHER, "GET", FILES, **around).json()["message"]


def test_the_pages_own_questions_are_answered_for_members(logged: Logged) -> None:
    body = {"query": GRAPHQL, "variables": {"data": {"runId": logged.ids["run_id"]}}}
    assert SECRET in logged.call(FLIGHTS, "POST", "/graphql", json=body).text
    assert logged.call(WEATHER, "POST", "/graphql", json=body).status_code == 404
    inline = GRAPHQL.split(")", 1)[1].replace("$data", f'{{runId: "{logged.ids["run_id"]}"}}')
    hidden = {"query": inline, "variables": {}}
    answer = logged.call(WEATHER, "POST", "/graphql", json=hidden)
    assert answer.status_code == 400
    assert SECRET not in answer.text


def test_a_version_takes_no_files_of_another_project(logged: Logged) -> None:
    logged.call(WEATHER, "POST", f"{API}/registered-models/create", json={"name": "weather.thief"})
    for source in (
        f"models:/{logged.ids['model_id']}",
        f"runs:/{logged.ids['run_id']}/model",
        f"mlflow-artifacts:/{logged.ids['experiment_id']}/models/x/artifacts",
        "/etc/passwd",
    ):
        body = {"name": "weather.thief", "source": source}
        answer = logged.call(WEATHER, "POST", f"{API}/model-versions/create", json=body)
        assert answer.status_code in (400, 404), (source, answer.text)


def test_traces_go_to_own_experiments(logged: Logged) -> None:
    headers = {
        "Authorization": f"Bearer {WEATHER}",
        "X-MLflow-Experiment-Id": logged.ids["experiment_id"],
        "Content-Type": "application/x-protobuf",
    }
    with httpx.Client(trust_env=False) as client:
        answer = client.post(f"{logged.url}/v1/traces", headers=headers, content=b"")
    assert answer.status_code == 403
    assert "belongs to project 'flights'" in answer.json()["message"]


def test_a_body_that_comes_with_a_get_is_refused(logged: Logged) -> None:
    """MLflow reads it where the query is empty."""
    body = {"run_id": logged.ids["run_id"]}
    answer = logged.call(WEATHER, "GET", f"{API}/runs/get", json=body)
    assert answer.status_code == 400
    assert "takes no body" in answer.json()["message"]


def test_a_stock_client_finds_the_projects_runs_alone(logged: Logged) -> None:
    code = (
        "import json, mlflow\n"
        "runs = mlflow.search_runs(search_all_experiments=True, output_format='list')\n"
        f"found = mlflow.get_experiment_by_name('flights/{SECRET}')\n"
        "models = [one.name for one in mlflow.search_registered_models()]\n"
        "names = [one.info.run_name for one in runs]\n"
        "print(json.dumps({'runs': names, 'found': str(found), 'models': models}))\n"
    )
    said = stock_client(logged.url, WEATHER, code)
    assert SECRET not in said["runs"]
    assert said["found"] == "None"
    assert not [name for name in said["models"] if name.startswith("flights.")]
