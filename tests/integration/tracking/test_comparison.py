"""Curves and artifacts of real runs, from MLflow's own client to the platform's answer."""

from __future__ import annotations

import base64
from contextlib import closing
from typing import Any

import httpx
import numpy as np
import pytest
from tests.integration.tracking.test_runs_and_models import eventually
from tests.support.tracking import Governed, stock_client

from octavo_server.adapters.mlflow_histories import MlflowHistories
from octavo_server.errors import Unavailable
from octavo_server.tracking.histories import HISTORY_PATH

PREFIX = "/projects/flights/experiments"
STEPS = 3_000
PEAK = 1_234

LOG = f"""
import struct, tempfile, zlib
import pandas as pd
from mlflow.entities import Metric
mlflow.set_experiment("flights/late")
client = mlflow.MlflowClient()

def values(step):
    return {{"loss": 99.0 if step == {PEAK} else 1 / (step + 1)}}

def chunk(kind, body):
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

with mlflow.start_run(run_name="long") as long:
    metrics = [
        Metric(name, value, 1_000_000 + step, step)
        for step in range({STEPS}) for name, value in values(step).items()
    ]
    for begin in range(0, {STEPS}, 1000):
        client.log_batch(long.info.run_id, metrics=metrics[begin:begin + 1000])
    mlflow.log_metric("odd", 1.0, step=0)
    mlflow.log_metric("odd", float("nan"), step=1)
    mlflow.log_metric("odd", float("inf"), step=2)
    mlflow.log_metric("odd", -1e308, step=3)
    for value in range(5):
        mlflow.log_metric("unstepped", value)
    mlflow.log_param("depth", 3)
    folder = tempfile.mkdtemp()
    dot = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0))
    dot += chunk(b"IDAT", zlib.compress(bytes(7))) + chunk(b"IEND", b"")
    bomb = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    files = {{
        "dot.png": b"\\x89PNG\\r\\n\\x1a\\n" + dot,
        "bomb.png": b"\\x89PNG\\r\\n\\x1a\\n" + bomb,
        "page.png": b"<html><script>alert(1)</script>",
        "big.jpg": b"\\xff\\xd8\\xff" + bytes(5 << 20),
        "table.csv": b"carrier,late\\nAA,0.2\\n<b>UA</b>,\\n",
        "bomb.csv": b'"' + b"x" * (3 << 20),
        "wide.csv": b",".join([b"c"] * 500_000) + b"\\n",
        "deep.json": b"[" * 200_000,
        "broken.parquet": b"PAR1 is not enough PAR1",
        "page.html": b"<script>alert(1)</script>",
    }}
    for name, content in files.items():
        with open(f"{{folder}}/{{name}}", "wb") as file:
            file.write(content)
    mlflow.log_artifacts(folder, "shown")
    pd.DataFrame({{f"c{{n}}": range(300) for n in range(120)}}).to_parquet(f"{{folder}}/t.parquet")
    mlflow.log_artifact(f"{{folder}}/t.parquet", "shown")
with mlflow.start_run(run_name="bare") as bare:
    mlflow.log_param("depth", 5)
print(json.dumps([long.info.run_id, bare.info.run_id]))
"""


@pytest.fixture(scope="module")
def runs(governed: Governed) -> list[str]:
    """Log a run with everything, and one with next to nothing."""
    found: list[str] = stock_client(
        governed.tracking, "scientist", LOG, OCTAVO_PROJECT="flights", OCTAVO_PROFILE="cpu-small"
    )
    return found


def get(governed: Governed, what: str, runs: list[str], **asked: Any) -> Any:
    """Ask as somebody who may only look."""
    params = [*(("run", one) for one in runs), *asked.items()]
    return governed.platform.call("oncall", "GET", f"{PREFIX}/{what}", params=params)


def test_what_differs_comes_with_the_names_of_the_curves(
    governed: Governed, runs: list[str]
) -> None:
    found = get(governed, "compare", runs).json()
    assert found["curves"] == ["loss", "odd", "unstepped"]
    assert [run["name"] for run in found["runs"]] == ["long", "bare"]
    lines = {(line["kind"], line["name"]): line["values"] for line in found["fields"]}
    assert lines["param", "depth"] == ["3", "5"]
    assert lines["metric", "loss"] == [pytest.approx(1 / STEPS), None]


def test_a_peak_shows_however_few_points_are_asked_for(governed: Governed, runs: list[str]) -> None:
    found = get(governed, "curves", runs, metric="loss", points=20).json()
    assert (found["extent"], found["window"]) == ([0, STEPS - 1], [0, STEPS - 1])
    long, bare = found["curves"]
    assert (long["points"], long["exact"], len(long["x"])) == (STEPS, False, 20)
    assert max(long["high"]) == 99.0
    assert min(long["low"]) == 1 / STEPS
    assert sum(long["count"]) == STEPS
    assert (bare["points"], bare["x"]) == (0, [])


def test_a_close_look_gives_each_value(governed: Governed, runs: list[str]) -> None:
    asked = {"metric": "loss", "from": PEAK - 2, "to": PEAK + 2}
    (curve,) = get(governed, "curves", runs[:1], **asked).json()["curves"]
    assert curve["exact"]
    assert curve["x"] == list(range(PEAK - 3, PEAK + 4))
    assert curve["mean"][3] == 99.0


def test_what_is_no_number_is_a_gap(governed: Governed, runs: list[str]) -> None:
    (curve,) = get(governed, "curves", runs[:1], metric="odd").json()["curves"]
    assert curve["mean"] == [1.0, None, None, -1e308]
    assert curve["missing"] == 2


@pytest.mark.parametrize("axis", ["time", "relative"])
def test_values_without_a_step_spread_over_time(
    governed: Governed, runs: list[str], axis: str
) -> None:
    found = get(governed, "curves", runs[:1], metric="unstepped", x=axis).json()
    (curve,) = found["curves"]
    assert curve["mean"] == [0, 1, 2, 3, 4]
    assert curve["x"] == sorted(curve["x"])
    assert found["extent"][0] <= curve["x"][0]
    if axis == "relative":
        assert 0 <= curve["x"][0] < 3_600


def test_values_that_a_live_run_adds_are_drawn(governed: Governed, runs: list[str]) -> None:
    def log(method: str, **content: Any) -> Any:
        return httpx.post(
            f"{governed.tracking}/api/2.0/mlflow/runs/{method}",
            json=content,
            headers={"Authorization": "Bearer scientist"},
            trust_env=False,
        ).json()

    experiment = get(governed, "compare", runs).json()["runs"][0]["experiment_id"]
    live = log("create", experiment_id=experiment)["run"]["info"]["run_id"]

    def log_values(first: int, last: int) -> None:
        values = [
            {"key": "m", "value": step, "timestamp": 1_000 + step, "step": step}
            for step in range(first, last)
        ]
        log("log-batch", run_id=live, metrics=values)

    def drawn() -> list[float]:
        return means(get(governed, "curves", [live], metric="m"))

    log_values(0, 5)
    eventually(lambda: drawn() == [0, 1, 2, 3, 4], "the first values are drawn")
    log_values(5, 9)
    eventually(lambda: drawn() == list(range(9)), "the added values are drawn")


def means(answer: Any) -> list[float]:
    """What is drawn of a run; nothing before the read model knows the run."""
    (curve,) = answer.json().get("curves", [{"mean": []}])
    found: list[float] = curve["mean"]
    return found


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("curves", {"metric": "loss", "from": 5, "to": 5}, "from: 5 is not before to: 5."),
        ("curves", {"metric": "loss", "from": "NaN"}, "from"),
        ("curves", {"metric": "loss", "points": 10**9}, "points"),
        ("curves", {"metric": "loss", "x": "weather"}, "x"),
        ("artifacts", {"path": "../../etc"}, "path: '../../etc' is no path of an artifact."),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    governed: Governed, runs: list[str], path: str, asked: dict[str, Any], said: str
) -> None:
    answer = get(governed, path, runs, **asked)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(said)


def test_foreign_and_unknown_runs_are_not_found(governed: Governed, runs: list[str]) -> None:
    for path in ("curves", "artifacts", "compare"):
        answer = get(governed, path, [runs[0], "0" * 32], metric="loss")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_nobody_but_the_service_reads_whole_histories(governed: Governed, runs: list[str]) -> None:
    for token in ("scientist", "admin"):
        answer = httpx.get(
            f"{governed.tracking}{HISTORY_PATH}",
            params={"run": runs[0], "metric": "loss"},
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert answer.status_code == 403


def test_an_mlflow_that_is_away_is_said() -> None:
    with (
        closing(MlflowHistories("http://127.0.0.1:9", lambda: "token")) as away,
        pytest.raises(Unavailable, match="MLflow does not answer: ConnectError"),
    ):
        away.history("a", "loss")


def test_a_history_comes_whole(governed: Governed, runs: list[str]) -> None:
    with closing(MlflowHistories(governed.tracking, lambda: "octavo-service")) as mlflow:
        found = mlflow.history(runs[0], "loss")
    assert len(found.value) == STEPS
    assert not found.truncated
    assert np.nanmax(found.value) == 99.0


def test_artifacts_are_listed_for_all_runs(governed: Governed, runs: list[str]) -> None:
    found = get(governed, "artifacts", runs, path="shown").json()
    kinds = {one["path"]: (one["kind"], one["sizes"][1]) for one in found["entries"]}
    assert kinds["shown/dot.png"] == ("image", None)
    assert kinds["shown/page.html"] == ("text", None)
    assert get(governed, "artifacts", runs).json()["entries"][0]["kind"] == "folder"


def of_run(governed: Governed, run: str, what: str, name: str) -> Any:
    """Ask for an image or a table."""
    path = f"{PREFIX}/runs/{run}/artifact-{what}"
    return governed.platform.call("oncall", "GET", path, params={"path": f"shown/{name}"})


def test_an_image_comes_as_data(governed: Governed, runs: list[str]) -> None:
    found = of_run(governed, runs[0], "image", "dot.png").json()
    assert (found["media_type"], found["width"], found["height"]) == ("image/png", 2, 1)
    assert base64.b64decode(found["content"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("what", "name", "status", "said"),
    [
        ("image", "bomb.png", 422, "The image has 60000 x 60000 pixels"),
        ("image", "page.png", 422, "The file is no PNG, JPEG, GIF or WebP"),
        ("image", "big.jpg", 422, "The image 'shown/big.jpg' is over 4 MiB."),
        ("image", "none.png", 404, "The run has no artifact 'shown/none.png'."),
        ("table", "bomb.csv", 422, "The file can't be read as csv: Error: field larger than"),
        ("table", "deep.json", 422, "The file can't be read as json: RecursionError"),
        ("table", "broken.parquet", 422, "The file can't be read as parquet: "),
        ("table", "dot.png", 422, "path: 'shown/dot.png' is no table and no text"),
    ],
)
def test_files_that_want_to_break_something(
    governed: Governed, runs: list[str], what: str, name: str, status: int, said: str
) -> None:
    answer = of_run(governed, runs[0], what, name)
    assert (answer.status_code, answer.json()["message"][: len(said)]) == (status, said)
    assert answer.json()["remedy"]


def test_heads_of_tables_and_texts(governed: Governed, runs: list[str]) -> None:
    table = of_run(governed, runs[0], "table", "table.csv").json()
    assert table["columns"] == ["carrier", "late"]
    assert table["rows"] == [["AA", "0.2"], ["<b>UA</b>", ""]]
    wide = of_run(governed, runs[0], "table", "t.parquet").json()
    assert (len(wide["columns"]), wide["more_columns"], len(wide["rows"])) == (100, 20, 200)
    assert wide["more_rows"]
    assert of_run(governed, runs[0], "table", "wide.csv").json()["more_columns"] == 499_900
    page = of_run(governed, runs[0], "table", "page.html").json()
    assert page["text"] == "<script>alert(1)</script>"
