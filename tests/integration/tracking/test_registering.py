"""`octavo.register` from a notebook's process to a signed version, over the real services."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.tracking import Governed, stock_client

MODELS = "/projects/flights/models"
REGISTRATIONS = "/projects/flights/registrations"

REGISTER = """
import numpy as np, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
import octavo
random = np.random.default_rng(7)
train = pd.DataFrame({
    "delay": random.normal(10, 30, 300),
    "hour": random.integers(5, 23, 300),
    "carrier": random.choice(["UA", "AA", "B6"], 300),
})
train["late"] = (train["delay"] > 15).astype("int64")
columns = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["carrier"]), remainder="passthrough")
model = make_pipeline(columns, LogisticRegression(max_iter=2000))
model.fit(train[["delay", "hour", "carrier"]], train["late"])
mlflow.set_experiment("flights/variable")
told = []
made = octavo.register(model, "variable", frame=train, target="late", tell=told.append)
print(json.dumps({"made": made.model_dump(mode="json"), "told": told}))
"""

REFUSED = """
import numpy as np
from sklearn.linear_model import LinearRegression
import octavo
from octavo.registering import RegistrationFailed
model = LinearRegression().fit(np.arange(6.0).reshape(3, 2), np.arange(3.0))
mlflow.set_experiment("flights/variable")
try:
    octavo.register(model, "bare", tell=lambda line: None)
except RegistrationFailed as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture(scope="module")
def registered(governed: Governed) -> dict[str, Any]:
    """Register a live model as the scientist."""
    found: dict[str, Any] = _as_scientist(governed, REGISTER)
    return found


def _as_scientist(governed: Governed, code: str) -> Any:
    return stock_client(
        governed.tracking,
        "scientist",
        code,
        OCTAVO_PROJECT="flights",
        OCTAVO_URL=governed.url,
        OCTAVO_TOKEN="scientist",
    )


def test_a_variable_becomes_a_signed_version(registered: dict[str, Any]) -> None:
    made = registered["made"]
    assert made["version"]["uri"] == "models:/flights.variable/1"
    assert (made["version"]["scan"], made["prediction"]["outcome"]) == ("notes", "passed") or (
        made["version"]["scan"],
        made["prediction"]["outcome"],
    ) == ("clean", "passed")
    assert [one["name"] for one in made["signature"]["inputs"]] == ["delay", "hour", "carrier"]
    done = {one["key"] for one in made["checklist"] if one["state"] == "done"}
    assert {"signature", "input_example", "training_data", "environment", "owner", "card"} <= done
    assert made["owner"] == "scientist"
    assert made["conversion"]["outcome"] == "converted", made["conversion"]


def test_the_cell_is_told_what_is_missing_and_how_far_it_is(registered: dict[str, Any]) -> None:
    told = registered["told"]
    assert any(one.startswith("Missing, wanted in prod: Metrics.") for one in told), told
    assert told[-1].startswith("Registered models:/flights.variable/1, signed by ")


def test_the_run_keeps_the_baseline_and_the_data(
    governed: Governed, registered: dict[str, Any]
) -> None:
    run = registered["made"]["version"]["run_id"]
    asked = {"run_id": run, "name": "variable"}
    draft = governed.platform.call("scientist", "GET", f"{MODELS}/draft", params=asked).json()
    (data,) = draft["training_data"]
    assert data["context"] == "training"
    listed = stock_client(
        governed.tracking,
        "scientist",
        f"client = mlflow.MlflowClient()\n"
        f"print(json.dumps([one.path for one in client.list_artifacts('{run}')]))\n",
    )
    assert "baseline.json" in listed


def test_a_registration_stays_on_the_list(governed: Governed, registered: dict[str, Any]) -> None:
    listed = governed.platform.call("oncall", "GET", REGISTRATIONS, params={"name": "variable"})
    (one,) = listed.json()["items"]
    assert (one["state"], one["step"], one["version"]) == ("done", "done", 1)
    assert one["done"] == one["total"] > 0
    again = governed.platform.call("scientist", "POST", f"{REGISTRATIONS}/{one['id']}/cancel")
    assert again.status_code == 409
    assert "is done already" in again.json()["message"]
    assert governed.platform.call("oncall", "GET", f"{REGISTRATIONS}/nothing").status_code == 404


def test_a_model_without_a_signature_is_refused_with_words(governed: Governed) -> None:
    assert "needs a signature" in _as_scientist(governed, REFUSED)
