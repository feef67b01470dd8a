"""MLflow behind the sign-in: who gets in, and how far."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.support.tracking import TRAIN, Directory, stock_client

API = "/api/2.0/mlflow"


def call(url: str, token: str | None, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.request(method, url + path, headers=headers, **more)


def new_experiment(url: str, name: str, token: str = "scientist-token") -> str:
    made = call(url, token, "POST", f"{API}/experiments/create", json={"name": name})
    assert made.status_code == 200, made.text
    found: str = made.json()["experiment_id"]
    return found


def test_a_stock_client_logs_registers_and_loads_by_alias(tracking: str) -> None:
    train = TRAIN + (
        "version = mlflow.register_model(logged.model_uri, 'flights.stock')\n"
        "info = mlflow.get_run(run.info.run_id).info\n"
        "print(json.dumps([version.version, info.user_id, run.info.run_id]))\n"
    )
    version, owner, run_id = stock_client(tracking, "scientist-token", train)
    assert (int(version), owner) == (1, "scientist")
    alias = {"name": "flights.stock", "alias": "champion", "version": "1"}
    moved = call(tracking, "service-token", "POST", f"{API}/registered-models/alias", json=alias)
    assert moved.status_code == 200
    read = (
        "model = mlflow.pyfunc.load_model('models:/flights.stock@champion')\n"
        "import pandas as pd\n"
        "answer = model.predict(pd.DataFrame({'delay': [0.9], 'wind': [0.1]}))\n"
        f"files = mlflow.MlflowClient().get_run('{run_id}').data.metrics\n"
        "print(json.dumps([int(answer[0]), files]))\n"
    )
    predicted, metrics = stock_client(tracking, "reviewer-token", read)
    assert predicted == 1
    assert metrics["auc"] == pytest.approx(0.72)


@pytest.mark.parametrize("token", [None, "no-body", "nobody", "scientist-tokenx", "x" * 5000])
def test_without_a_known_token_nothing_answers(tracking: str, token: str | None) -> None:
    answer = call(tracking, token, "GET", f"{API}/experiments/get", params={"experiment_id": "0"})
    assert answer.status_code == 401
    assert answer.json()["error_code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "path",
    ["/", "/graphql", "/v1/traces", "/api/2.0/mlflow-artifacts/artifacts/x", "/octavo/changes",
     "/ajax-api/2.0/mlflow/experiments/search", "/get-artifact", "/static-files/x.js", "/metrics"],
)  # fmt: skip
def test_every_route_asks_who_calls(tracking: str, path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert call(tracking, None, method, path).status_code == 401


def test_health_is_open_and_says_nothing_else(tracking: str) -> None:
    assert call(tracking, None, "GET", "/health").text == "OK"


def test_a_websocket_without_a_token_is_refused(tracking: str) -> None:
    answer = _upgrade(tracking)
    assert answer.status_code == 403


def _upgrade(url: str) -> httpx.Response:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with httpx.Client(trust_env=False) as client:
        return client.get(f"{url}/ajax-api/3.0/mlflow/server-info", headers=headers)


@pytest.mark.parametrize("token", ["reviewer-token", "oncall-token", "stranger-token"])
def test_who_may_not_write_changes_nothing(tracking: str, token: str) -> None:
    experiment = new_experiment(tracking, f"flights/kept-{token}")
    for path, body in (
        ("experiments/create", {"name": "flights/other"}),
        ("runs/create", {"experiment_id": experiment}),
        ("experiments/delete", {"experiment_id": experiment}),
        ("registered-models/create", {"name": "flights.other"}),
        ("logged-models", {"experiment_id": experiment}),
    ):
        answer = call(tracking, token, "POST", f"{API}/{path}", json=body)
        assert answer.status_code == 403, path
        assert answer.json()["error_code"] == "PERMISSION_DENIED"
    put = call(tracking, token, "PUT", "/api/2.0/mlflow-artifacts/artifacts/1/x", content=b"x")
    assert put.status_code == 403
    search = {"experiment_ids": [experiment]}
    found = call(tracking, "service-token", "POST", f"{API}/runs/search", json=search).json()
    assert found == {}


def test_readers_read(tracking: str) -> None:
    experiment = new_experiment(tracking, "flights/read-me")
    asked = {"experiment_id": experiment}
    answer = call(tracking, "oncall-token", "GET", f"{API}/experiments/get", params=asked)
    assert answer.json()["experiment"]["name"] == "flights/read-me"


@pytest.mark.parametrize("token", ["scientist-token", "run-token", "reviewer-token"])
def test_an_alias_moves_through_octavo_only(tracking: str, token: str) -> None:
    body = {"name": "flights.any", "alias": "champion", "version": "1"}
    for method in ("POST", "DELETE"):
        answer = call(tracking, token, method, f"{API}/registered-models/alias", json=body)
        assert answer.status_code == 403
        assert "Only Octavo moves aliases" in answer.json()["message"]
    for path in ("registered-models/rename", "model-versions/transition-stage"):
        assert call(tracking, token, "POST", f"{API}/{path}", json=body).status_code == 403
    for path in ("registered-models/delete", "model-versions/delete"):
        assert call(tracking, token, "DELETE", f"{API}/{path}", json=body).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/ajax-api/3.0/jobs/"),
        ("POST", "/ajax-api/3.0/mlflow/assistant/message"),
        ("GET", "/ajax-api/3.0/mlflow/assistant/status"),
        ("POST", "/gateway/mlflow/v1/chat/completions"),
        ("POST", "/api/3.0/mlflow/gateway/secrets/create"),
        ("GET", "/api/3.0/mlflow/gateway/secrets/list"),
        ("POST", "/api/3.0/mlflow/mcp-servers"),
        ("POST", "/api/2.0/mlflow/webhooks"),
        ("POST", "/api/3.0/mlflow/scorers/register"),
        ("POST", "/api/3.0/mlflow/workspaces"),
        ("POST", "/api/3.0/mlflow/prompt-optimization/jobs"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/../../state/signing.key"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/%2e%2e/%2e%2e/state/signing.key"),
        ("GET", "/api/2.0/mlflow//experiments/get"),
        ("TRACE", "/api/2.0/mlflow/experiments/get"),
    ],
)
def test_what_runs_code_or_holds_secrets_is_shut(tracking: str, method: str, path: str) -> None:
    answer = call(tracking, "scientist-token", method, path)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"


def test_another_project_is_out_of_reach(tracking: str) -> None:
    mine = new_experiment(tracking, "flights/mine")
    for path, body in (
        ("runs/create", {"experiment_id": mine}),
        ("runs/create", {"experimentId": mine}),
        ("experiments/update", {"experiment_id": mine, "new_name": "weather/stolen"}),
        ("registered-models/create", {"name": "flights.stolen"}),
        ("model-versions/create", {"name": "flights.stolen", "source": "runs:/x/y"}),
        (
            "experiments/create",
            {"name": "a", "tags": [{"key": "octavo.project", "value": "flights"}]},
        ),
    ):
        answer = call(tracking, "weather-token", "POST", f"{API}/{path}", json=body)
        assert answer.status_code == 403, (path, answer.text)


def test_runs_and_files_of_another_project_cannot_be_written(tracking: str) -> None:
    mine = new_experiment(tracking, "flights/guarded")
    made = call(
        tracking, "scientist-token", "POST", f"{API}/runs/create", json={"experiment_id": mine}
    )
    run = made.json()["run"]["info"]["run_id"]
    logged = call(
        tracking, "scientist-token", "POST", f"{API}/logged-models",
        json={"experiment_id": mine, "name": "m", "source_run_id": run},
    ).json()["model"]["info"]  # fmt: skip
    model = logged["model_id"]
    place = logged["artifact_uri"].removeprefix("mlflow-artifacts:/")
    metric = {"key": "auc", "value": 1.0, "timestamp": 1, "step": 0}
    attempts = [
        ("POST", f"{API}/runs/log-metric", {"run_id": run, **metric}),
        ("POST", f"{API}/runs/log-metric", {"runUuid": run, **metric}),
        ("POST", f"{API}/runs/log-batch", {"run_id": run, "metrics": [metric]}),
        ("POST", f"{API}/runs/set-tag", {"run_id": run, "key": "k", "value": "v"}),
        ("POST", f"{API}/runs/delete", {"run_id": run}),
        ("POST", f"{API}/runs/update", {"run_id": run, "status": "FAILED"}),
        ("POST", f"{API}/experiments/delete", {"experiment_id": mine}),
        ("POST", f"{API}/logged-models", {"experiment_id": mine, "name": "x"}),
        ("PATCH", f"{API}/logged-models/{model}", {"model_id": model, "status": 2}),
        ("PATCH", f"{API}/logged-models/{model}/tags", {"tags": [{"key": "k", "value": "v"}]}),
        ("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{place}/model.pkl", {}),
        ("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{mine}/{run}/artifacts/x", {}),
    ]
    for method, path, body in attempts:
        refused = call(tracking, "weather-token", method, path, json=body)
        assert refused.status_code == 403, (path, refused.text)
        assert "belongs to project 'flights'" in refused.json()["message"]
    ours = call(tracking, "scientist-token", "POST", attempts[0][1], json=attempts[0][2])
    assert ours.status_code == 200, ours.text


def test_an_experiment_cannot_change_its_project(tracking: str) -> None:
    mine = new_experiment(tracking, "flights/stays", "both-token")
    body = {"experiment_id": mine, "key": "octavo.project", "value": "weather"}
    answer = call(
        tracking, "both-token", "POST", f"{API}/experiments/set-experiment-tag", json=body
    )
    assert answer.status_code == 403


def test_who_works_in_two_projects_says_in_which(tracking: str) -> None:
    body = {"name": "nowhere"}
    answer = call(tracking, "both-token", "POST", f"{API}/experiments/create", json=body)
    assert answer.status_code == 403
    assert "flights, weather" in answer.json()["message"]


def test_artifacts_cannot_be_sent_elsewhere(tracking: str) -> None:
    for spelled in ("artifact_location", "artifactLocation"):
        body = {"name": "flights/elsewhere", spelled: "file:///etc"}
        answer = call(tracking, "scientist-token", "POST", f"{API}/experiments/create", json=body)
        assert answer.status_code == 400
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_the_owner_of_a_run_cannot_be_forged(tracking: str) -> None:
    experiment = new_experiment(tracking, "flights/owned")
    tags = [{"key": "mlflow.user", "value": "admin"}]
    body = {"experiment_id": experiment, "user_id": "admin", "tags": tags}
    made = call(tracking, "scientist-token", "POST", f"{API}/runs/create", json=body).json()["run"]
    assert made["info"]["user_id"] == "scientist"
    assert {"key": "mlflow.user", "value": "scientist"} in made["data"]["tags"]


@pytest.mark.parametrize("body", [b'"{}"', b"[]", b"{", b"\xff", b"null", b" " * 17_000_000])
def test_a_body_that_is_no_object_is_refused(tracking: str, body: bytes) -> None:
    answer = call(tracking, "scientist-token", "POST", f"{API}/experiments/create", content=body)
    assert answer.status_code == 400


def test_an_expired_token_stops_working(tracking: str, directory: Directory) -> None:
    directory.people["leaving"] = directory.people["scientist-token"]
    asked = {"max_results": 1}
    get = f"{API}/experiments/search"
    assert call(tracking, "leaving", "GET", get, params=asked).status_code == 200
    del directory.people["leaving"]
    directory.people["leaving-2"] = directory.people["scientist-token"]
    del directory.people["leaving-2"]
    assert call(tracking, "leaving-2", "GET", get, params=asked).status_code == 401


def test_when_the_platform_is_away_nobody_new_gets_in(tracking: str, directory: Directory) -> None:
    directory.people["late-comer"] = directory.people["scientist-token"]
    directory.away = True
    try:
        answer = call(tracking, "late-comer", "GET", f"{API}/experiments/get?experiment_id=0")
    finally:
        directory.away = False
    assert answer.status_code == 503
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"


def test_traces_by_otlp_need_the_same_token(tracking: str) -> None:
    headers = {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": "0"}
    with httpx.Client(trust_env=False) as client:
        bare = client.post(f"{tracking}/v1/traces", content=b"", headers=headers)
        headers["Authorization"] = "Bearer reviewer-token"
        reader = client.post(f"{tracking}/v1/traces", content=b"", headers=headers)
    assert (bare.status_code, reader.status_code) == (401, 403)


def test_a_person_signs_in_for_the_pages_and_may_only_look(
    tracking: str, directory: Directory
) -> None:
    origin, _, _ = tracking.partition("/services")
    with httpx.Client(base_url=origin, trust_env=False) as browser:
        sent = browser.get("/services/tracking/", headers={"Accept": "text/html"})
        assert sent.status_code == 302
        to = httpx.URL(sent.headers["location"])
        assert to.path == "/hub/api/oauth2/authorize"
        assert to.params["client_id"] == "service-tracking"
        directory.codes["code-1"] = "scientist-token"
        back = {"code": "code-1", "state": to.params["state"]}
        done = browser.get("/services/tracking/oauth_callback", params=back)
        assert done.headers["location"] == "/services/tracking/"
        page = browser.get("/services/tracking/", headers={"Accept": "text/html"})
        assert "<title>MLflow</title>" in page.text
        asked = {"max_results": 5}
        search = browser.post(
            "/services/tracking/ajax-api/2.0/mlflow/experiments/search", json=asked
        )
        assert search.status_code == 200
        made = browser.post(
            "/services/tracking/ajax-api/2.0/mlflow/experiments/create", json={"name": "flights/x"}
        )
        assert made.status_code == 403


def test_a_forged_sign_in_answer_starts_no_session(tracking: str, directory: Directory) -> None:
    origin, _, _ = tracking.partition("/services")
    directory.codes["code-2"] = "scientist-token"
    with httpx.Client(base_url=origin, trust_env=False) as browser:
        back = {"code": "code-2", "state": "guessed"}
        answer = browser.get("/services/tracking/oauth_callback", params=back)
        assert answer.status_code == 401
        assert "octavo-tracking" not in browser.cookies
