"""From a run in MLflow to a signed version, over both real services."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.tracking import TRAIN, Governed, stock_client

RUNS = "/projects/flights/experiments"
OWN = "registered"
"""An experiment of this file alone: other files make runs on the same MLflow."""
MODELS = "/projects/flights/models"


def eventually(look: Any, what: str, within_s: float = 90.0) -> Any:
    """What `look` returns as soon as it is true."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {within_s} s")


@pytest.fixture(scope="module")
def trained(governed: Governed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Train two runs as the scientist, in a notebook's environment."""
    home = tmp_path_factory.mktemp("scientist")
    notebook = home / "train.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    code = TRAIN.replace("flights/late", f"flights/{OWN}") + (
        "with mlflow.start_run(run_name='worse') as other:\n"
        "    mlflow.log_metric('auc', 0.6)\n"
        "    mlflow.log_metric('broken', float('nan'))\n"
        "    mlflow.log_params({'C': 2.0})\n"
        "print(json.dumps([run.info.run_id, logged.model_id, other.info.run_id]))\n"
    )
    run, model, other = stock_client(
        governed.tracking,
        "scientist",
        code,
        HOME=str(home),
        OCTAVO_PROJECT="flights",
        OCTAVO_PROFILE="cpu-small",
        OCTAVO_SESSION="s1",
        JPY_SESSION_NAME=str(notebook),
    )
    return {"run": run, "model": model, "other": other, "notebook": str(notebook)}


@pytest.fixture(scope="module")
def registered(governed: Governed, trained: dict[str, str]) -> dict[str, Any]:
    """Register the better run's model."""
    answer = governed.platform.call(
        "scientist", "POST", f"{MODELS}/late/versions", json={"run_id": trained["run"]}
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_runs_are_listed_sorted_and_linked_to_their_notebook(
    governed: Governed, trained: dict[str, str]
) -> None:
    asked = {"experiment": OWN, "order_by": "-metrics.auc"}
    page = governed.platform.call("reviewer", "GET", f"{RUNS}/runs", params=asked).json()
    assert [run["run_id"] for run in page["items"]] == [trained["run"], trained["other"]]
    first = page["items"][0]
    assert first["owner"] == "scientist"
    assert first["profile"] == "cpu-small"
    assert first["notebook"]["path"] == "train.ipynb"
    assert len(first["notebook"]["digest"]) == 64
    assert page["items"][1]["metrics"]["broken"] is None
    assert {"auc", "broken"} <= set(page["metrics"])


def test_pages_follow_each_other(governed: Governed, trained: dict[str, str]) -> None:
    asked = {"experiment": OWN, "order_by": "-metrics.auc", "limit": 1}
    first = governed.platform.call("oncall", "GET", f"{RUNS}/runs", params=asked).json()
    asked["cursor"] = first["next_cursor"]
    second = governed.platform.call("oncall", "GET", f"{RUNS}/runs", params=asked).json()
    assert [one["run_id"] for one in (*first["items"], *second["items"])] == [
        trained["run"],
        trained["other"],
    ]
    assert second["next_cursor"] is None


def test_the_text_filter_finds_a_parameter(governed: Governed, trained: dict[str, str]) -> None:
    asked = {"experiment": OWN, "q": "C=2.0"}
    page = governed.platform.call("scientist", "GET", f"{RUNS}/runs", params=asked).json()
    assert [run["name"] for run in page["items"]] == ["worse"]


def test_a_run_shows_newest_values_curves_and_model(
    governed: Governed, trained: dict[str, str]
) -> None:
    found = governed.platform.call("oncall", "GET", f"{RUNS}/runs/{trained['run']}").json()
    (auc,) = [one for one in found["metrics"] if one["name"] == "auc"]
    assert (auc["value"], auc["step"]) == (found["run"]["metrics"]["auc"], 2)
    assert found["curves"] == ["auc"]
    assert found["models"][0]["model_id"] == trained["model"]
    assert found["params"] == {"C": "1.0"}


def test_a_comparison_begins_with_what_differs(governed: Governed, trained: dict[str, str]) -> None:
    asked = [("run", trained["run"]), ("run", trained["other"])]
    found = governed.platform.call("oncall", "GET", f"{RUNS}/compare", params=asked).json()
    differs = [line["differs"] for line in found["fields"]]
    assert differs == sorted(differs, reverse=True)
    auc = next(line for line in found["fields"] if line["name"] == "auc")
    assert auc["delta"] == pytest.approx(-0.12)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("runs?order_by=password", 422),
        ("runs?order_by=metrics.", 422),
        ("runs?cursor=%00%ff", 422),
        ("runs?cursor=WyJzdGFydGVkX2F0Il0", 422),
        ("runs?limit=0", 422),
        ("runs?limit=100000", 422),
        ("runs?experiment=nothing", 404),
        ("runs/" + "0" * 32, 404),
        ("runs/..%2f..%2fstate", 404),
        ("compare?run=a", 422),
        ("compare?run=" + "0" * 32 + "&run=" + "1" * 32, 404),
    ],
)
def test_bad_questions_get_a_clear_error(governed: Governed, path: str, status: int) -> None:
    answer = governed.platform.call("scientist", "GET", f"{RUNS}/{path}")
    assert answer.status_code == status
    assert answer.json().keys() >= {"error", "message", "remedy", "request_id"}


def test_a_stranger_sees_no_project(governed: Governed, trained: dict[str, str]) -> None:
    for path in (f"{RUNS}/runs", f"{RUNS}/runs/{trained['run']}", MODELS, f"{MODELS}/late"):
        assert governed.platform.call("stranger", "GET", path).status_code == 404


def test_a_new_run_reaches_a_watcher_within_two_seconds(governed: Governed) -> None:
    seen: dict[str, float] = {}
    watching = threading.Event()
    stop = threading.Event()

    def watch() -> None:
        headers = {"Authorization": "Bearer oncall"}
        with (
            httpx.Client(trust_env=False, timeout=60) as client,
            client.stream("GET", f"{governed.url}/api/v1{RUNS}/events", headers=headers) as answer,
        ):
            for line in answer.iter_lines():
                watching.set()
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    seen[event["run"]["name"]] = time.monotonic()
                if stop.is_set():
                    return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    assert watching.wait(90)
    rest = httpx.Client(
        base_url=governed.tracking, headers={"Authorization": "Bearer scientist"}, trust_env=False
    )
    with rest:
        found = rest.post("/api/2.0/mlflow/experiments/create", json={"name": "flights/live"})
        experiment = found.json()["experiment_id"]

        def make(name: str) -> float:
            at = time.time_ns() // 1_000_000
            body = {"experiment_id": experiment, "run_name": name, "start_time": at}
            rest.post("/api/2.0/mlflow/runs/create", json=body)
            return time.monotonic()

        def lateness(name: str) -> float:
            made = make(name)
            eventually(lambda: name in seen, "the run is announced")
            return seen[name] - made

        # A machine that is busy with other tests may hold up one announcement, and not all.
        in_time = any(lateness(f"live {number}") < 2.0 for number in range(5))
        stop.set()
        make("last one")
    thread.join(60)
    assert in_time


def test_a_draft_says_what_is_there_and_what_is_missing(
    governed: Governed, trained: dict[str, str]
) -> None:
    asked = {"run_id": trained["run"]}
    draft = governed.platform.call("scientist", "GET", f"{MODELS}/draft", params=asked).json()
    states = {item["key"]: item["state"] for item in draft["checklist"]}
    assert states["signature"] == states["input_example"] == states["notebook"] == "done"
    assert states["features"] == "todo"
    assert draft["ready"]
    assert "| auc | 0.72 |" in draft["card"]


def test_a_run_without_a_model_cannot_be_registered(
    governed: Governed, trained: dict[str, str]
) -> None:
    asked = {"run_id": trained["other"]}
    draft = governed.platform.call("scientist", "GET", f"{MODELS}/draft", params=asked).json()
    assert not draft["ready"]
    assert {i["key"]: i["state"] for i in draft["checklist"]}["signature"] == "required"
    answer = governed.platform.call("scientist", "POST", f"{MODELS}/late/versions", json=asked)
    assert answer.status_code == 404
    assert "logged no model" in answer.json()["message"]


def test_a_version_is_signed_scanned_and_tried(
    governed: Governed, registered: dict[str, Any], trained: dict[str, str]
) -> None:
    version = registered["version"]
    assert (version["version"], version["uri"]) == (1, "models:/flights.late/1")
    assert (version["scan"], version["prediction"]) == ("clean", "passed")
    assert registered["prediction"]["detail"].startswith("3 rows in, 3 rows")
    assert {one["path"] for one in registered["files"]} >= {"MLmodel", "model.pkl"}
    assert [column["name"] for column in registered["signature"]["inputs"]] == ["delay", "wind"]
    checked = governed.platform.call("oncall", "POST", f"{MODELS}/late/versions/1/verify").json()
    assert checked["ok"]
    node = {"node": "model_version:flights/late/1", "depth": 2}
    graph = governed.platform.call("oncall", "GET", "/projects/flights/lineage", params=node).json()
    assert f"run:flights/{trained['run']}" in {one["id"] for one in graph["nodes"]}
    entries = governed.platform.call("admin", "GET", "/audit/entries").json()["items"]
    assert "model_version:flights/late/1" in {entry["subject"] for entry in entries}
    run = governed.platform.call("oncall", "GET", f"{RUNS}/runs/{trained['run']}").json()["run"]
    assert run["registered"] == ["late/1"]


def test_the_same_model_is_registered_once(
    governed: Governed, registered: dict[str, Any], trained: dict[str, str]
) -> None:
    body = {"run_id": trained["run"]}
    again = governed.platform.call("scientist", "POST", f"{MODELS}/late/versions", json=body)
    assert again.status_code == 409
    assert (
        governed.platform.call("oncall", "GET", f"{MODELS}/late").json()["model"]["versions"] == 1
    )


@pytest.mark.parametrize("who", ["reviewer", "oncall"])
def test_who_does_not_train_does_not_register(
    governed: Governed, trained: dict[str, str], who: str
) -> None:
    body = {"run_id": trained["run"]}
    answer = governed.platform.call(who, "POST", f"{MODELS}/other/versions", json=body)
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["Late", "a/b", "..", "a" * 64, "-a", "a b", "ä", "a%00b"])
def test_hostile_names_are_refused(governed: Governed, trained: dict[str, str], name: str) -> None:
    body = {"run_id": trained["run"]}
    answer = governed.platform.call("scientist", "POST", f"{MODELS}/{name}/versions", json=body)
    assert answer.status_code in (404, 405, 422), answer.text


def test_the_champion_is_moved_by_another_person_and_keeps_a_history(
    governed: Governed, registered: dict[str, Any]
) -> None:
    path = f"{MODELS}/late/aliases/champion"
    body = {"version": 1, "reason": "Best AUC on June so far."}
    for who in ("scientist", "oncall"):
        assert governed.platform.call(who, "PUT", path, json=body).status_code == 403
    moved = governed.platform.call("reviewer", "PUT", path, json=body)
    assert moved.status_code == 200, moved.text
    again = governed.platform.call("reviewer", "PUT", path, json=body)
    assert again.status_code == 409
    (one,) = governed.platform.call("oncall", "GET", f"{MODELS}/late/aliases").json()["items"]
    assert (one["alias"], one["version"], one["previous"]) == ("champion", 1, None)
    assert (one["moved_by"], one["reason"]) == ("reviewer", body["reason"])
    loaded = httpx.get(
        f"{governed.tracking}/api/2.0/mlflow/registered-models/alias",
        params={"name": "flights.late", "alias": "champion"},
        headers={"Authorization": "Bearer oncall"},
        trust_env=False,
    )
    assert int(loaded.json()["model_version"]["version"]) == 1


@pytest.mark.parametrize("alias", ["latest", "v1", "Champion", "a" * 32, "a b"])
def test_names_that_no_alias_may_have(
    governed: Governed, registered: dict[str, Any], alias: str
) -> None:
    body = {"version": 1, "reason": "Trying a strange alias."}
    answer = governed.platform.call("reviewer", "PUT", f"{MODELS}/late/aliases/{alias}", json=body)
    assert answer.status_code == 422


def test_an_alias_needs_a_reason_and_a_version_that_exists(
    governed: Governed, registered: dict[str, Any]
) -> None:
    path = f"{MODELS}/late/aliases/challenger"
    for body, status in (
        ({"version": 1, "reason": ""}, 422),
        ({"version": 0, "reason": "A good reason."}, 422),
        ({"version": 99, "reason": "A good reason."}, 404),
        ({"version": 1, "reason": "A good reason.", "expected": 7}, 409),
    ):
        assert governed.platform.call("reviewer", "PUT", path, json=body).status_code == status


def test_an_idempotency_key_repeats_the_answer(
    governed: Governed, registered: dict[str, Any]
) -> None:
    path = f"{MODELS}/late/aliases/shadow"
    body = {"version": 1, "reason": "Watch it beside the champion."}
    headers = {"Idempotency-Key": "shadow-1"}
    first = governed.platform.call("scientist", "PUT", path, json=body, headers=headers)
    second = governed.platform.call("scientist", "PUT", path, json=body, headers=headers)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()


def test_a_changed_byte_is_found_and_never_handed_out(
    governed: Governed, registered: dict[str, Any], tmp_path: Path
) -> None:
    services = governed.platform.services
    version = services.registry.versions.version("flights", "late", 1)
    digest = next(one.sha256 for one in version.files if one.path == "model.pkl")
    stored = services.settings.home / "models" / "blobs" / digest[:2] / digest
    services.registry.versions.fetch("flights", "late", 1, tmp_path / "good")
    assert (tmp_path / "good" / "model.pkl").read_bytes() == stored.read_bytes()
    before = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(before[:-2] + bytes([before[-2] ^ 1]) + before[-1:])
    path = f"{MODELS}/late/versions/1/verify"
    try:
        checked = governed.platform.call("oncall", "POST", path).json()
        assert not checked["ok"]
        assert checked["problems"][0].startswith("model.pkl was changed")
        with pytest.raises(Exception, match="is not what was signed"):
            services.registry.versions.fetch("flights", "late", 1, tmp_path / "bad")
    finally:
        stored.write_bytes(before)
    assert governed.platform.call("oncall", "POST", path).json()["ok"]


def test_what_a_stock_client_would_load_is_checked_too(
    governed: Governed, registered: dict[str, Any], tmp_path: Path
) -> None:
    services = governed.platform.services
    version = services.registry.versions.version("flights", "late", 1)
    place = version.source.removeprefix("mlflow-artifacts:/")
    added = services.settings.home / "artifacts" / place / "added.py"
    added.write_text("x = 1")
    path = f"{MODELS}/late/versions/1/verify"
    try:
        checked = governed.platform.call("oncall", "POST", path).json()
        assert checked["problems"] == ["What MLflow's clients load: added.py was added."]
        fetched = services.registry.versions.fetch("flights", "late", 1, tmp_path / "good")
        assert "added.py" not in fetched
    finally:
        added.unlink()
    assert governed.platform.call("oncall", "POST", path).json()["ok"]


def test_a_version_has_a_form_that_answers_the_same(
    governed: Governed, registered: dict[str, Any], tmp_path: Path
) -> None:
    assert registered["conversion"]["outcome"] == "converted", registered["conversion"]
    (form,) = registered["derived"]
    assert form["max_difference"] < 1e-5
    assert form["rows"] > 200
    services = governed.platform.services
    fetched = services.registry.versions.fetch("flights", "late", 1, tmp_path)
    assert {"octavo-onnx/model.onnx", "octavo-onnx/contract.json"} < fetched.keys()
    contract = json.loads((tmp_path / "octavo-onnx" / "contract.json").read_text())
    assert [one["column"] for one in contract["inputs"]] == ["delay", "wind"]


def test_the_files_of_a_registered_model_cannot_be_changed_by_a_client(
    governed: Governed, registered: dict[str, Any]
) -> None:
    version = governed.platform.services.registry.versions.version("flights", "late", 1)
    place = version.source.removeprefix("mlflow-artifacts:/")
    base = f"{governed.tracking}/api/2.0"
    with httpx.Client(headers={"Authorization": "Bearer scientist"}, trust_env=False) as client:
        path = f"{base}/mlflow-artifacts/artifacts/{place}/model.pkl"
        assert client.put(path, content=b"other").status_code == 403
        tags = f"{base}/mlflow/logged-models/{version.model_id}/tags"
        assert client.delete(f"{tags}/octavo.registered").status_code == 403
        body = {"tags": [{"key": "octavo.registered", "value": ""}]}
        client.patch(tags, json=body)
        assert client.put(path, content=b"other").status_code == 403
        quoted = path.replace("/models/", "/%6dodels/")
        assert client.put(quoted, content=b"other").status_code == 403
        folder = path.replace("model.pkl", "new.bin")
        assert client.put(folder, content=b"other").status_code == 403
    checked = governed.platform.call("oncall", "POST", f"{MODELS}/late/versions/1/verify").json()
    assert checked["ok"], checked


def test_a_model_that_attacks_is_refused_and_leaves_nothing(governed: Governed) -> None:
    code = """
    import os, tempfile
    class Attack(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input
        def __reduce__(self):
            return (os.system, ("touch /tmp/octavo-attacked",))
    folder = tempfile.mkdtemp()
    from sklearn.linear_model import LinearRegression
    import pickle
    mlflow.set_experiment("flights/attack")
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(
            LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), name="model",
            input_example=[[0.5]], serialization_format="pickle", pip_requirements=["numpy==2.4.6"],
        )
        with open(f"{folder}/model.pkl", "wb") as file:
            file.write(pickle.dumps(Attack()))
        mlflow.MlflowClient().log_model_artifact(logged.model_id, f"{folder}/model.pkl")
    print(json.dumps(run.info.run_id))
    """
    run_id = stock_client(governed.tracking, "scientist", code)
    answer = governed.platform.call(
        "scientist", "POST", f"{MODELS}/attack/versions", json={"run_id": run_id}
    )
    assert answer.status_code == 403, answer.text
    assert answer.json()["error"] == "policy_refused"
    assert not Path("/tmp/octavo-attacked").exists()
    assert governed.platform.call("oncall", "GET", f"{MODELS}/attack").status_code == 404
    found = httpx.get(
        f"{governed.tracking}/api/2.0/mlflow/registered-models/get",
        params={"name": "flights.attack"},
        headers={"Authorization": "Bearer scientist"},
        trust_env=False,
    )
    assert found.status_code == 404
