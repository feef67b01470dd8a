"""`octavo.register` against a platform that answers as told: progress, refusals, interruptions."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer

from octavo import registering
from octavo.client import Client
from octavo.model_logging import requirements, trusted_types

RUN = "1" * 32
AT = "2026-03-01T12:00:00Z"
ITEMS = [
    {
        "key": "card",
        "label": "Card",
        "state": "todo",
        "detail": "Write it.",
        "required_in": ["prod"],
    },
    {"key": "signature", "label": "Signature", "state": "required", "detail": "Log it."},
    {"key": "features", "label": "Features", "state": "todo", "detail": "Read them."},
    {"key": "scan", "label": "Scan", "state": "todo", "detail": "Later.", "required_in": ["prod"]},
    {"key": "owner", "label": "Owner", "state": "done", "detail": "ada", "required_in": ["prod"]},
]
DRAFT: dict[str, Any] = {
    "run_id": RUN, "run_name": "train", "name": "late", "next_version": 3, "models": [],
    "model_id": "m-" + "2" * 32, "checklist": ITEMS, "ready": False, "card": "# late",
    "metrics": {}, "champion": None, "owner": "ada", "signature": None, "input_example": None,
    "training_data": [], "features": {"snapshot": None, "views": [], "services": []},
    "notebook": None, "environment": None,
    "usable_in": {"dev": False, "test": False, "prod": False},
}  # fmt: skip
VERSION = {
    "name": "late", "version": 3, "uri": "models:/flights.late/3", "run_id": RUN,
    "model_id": DRAFT["model_id"], "digest": "a" * 64, "key_id": "k1", "aliases": [],
    "created_by": "ada", "created_at": AT, "metrics": {}, "scan": "clean", "prediction": "passed",
}  # fmt: skip
DETAIL: dict[str, Any] = {
    "version": VERSION, "card": "# late", "files": [], "signature": None, "input_example": None,
    "scan": {"outcome": "clean", "scanned": 1, "findings": []},
    "prediction": {"outcome": "passed", "seconds": 1.0, "detail": "", "isolated": True},
    "checklist": [], "feature_snapshot": None, "envelope": {},
}  # fmt: skip


def registration(state: str, step: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "r1", "project": "flights", "name": "late", "run_id": RUN,
        "model_id": DRAFT["model_id"], "state": state, "step": step, "label": f"now {step}",
        "done": 0, "total": 0, "message": "", "remedy": "", "version": None,
        "requested_by": "ada", "cancel_requested_by": None, "created_at": AT,
        "started_at": None, "step_at": None, "ended_at": None, **more,
    }  # fmt: skip


class Platform:
    """Answers each look at the registration with the next of ``looks``; keeps what was posted."""

    def __init__(self, *looks: dict[str, Any] | BaseException) -> None:
        self.looks = list(looks)
        self.posted: dict[str, Any] = {}
        self.client = Client(
            "http://octavo.test", "token", transport=httpx.MockTransport(self._answer)
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/projects/flights")[2]
        if request.method == "POST":
            self.posted[path] = json.loads(request.content or b"{}")
            return httpx.Response(202, json=registration("queued", "queued"))
        if path == "/models/draft":
            return httpx.Response(200, json=DRAFT)
        if path == "/models/late/versions/3":
            return httpx.Response(200, json=DETAIL)
        found = self.looks.pop(0)
        if isinstance(found, BaseException):
            raise found
        return httpx.Response(200, json=found)


def register(platform: Platform, told: list[str], **more: Any) -> Any:
    return registering.register(
        RUN, project="flights", client=platform.client, tell=told.append, **more
    )


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once."""
    monkeypatch.setattr(registering, "LOOK_S", 0)


def test_each_step_is_told_once_and_the_version_comes_back() -> None:
    platform, told = (
        Platform(
            registration("running", "copy"),
            registration("running", "copy"),
            registration("running", "scan"),
            registration("done", "done", version=3),
        ),
        list[str](),
    )
    made = register(platform, told, owner="bo", card="# mine", convert=False)
    assert made.version.version == 3
    assert told == [
        "Missing, wanted in prod: Card. Write it.",
        "Missing, required: Signature. Log it.",
        "now queued ...",
        "now copy ...",
        "now scan ...",
        "Registered models:/flights.late/3, signed by k1.",
    ]
    assert platform.posted["/models/late/registrations"] == {
        "run_id": RUN,
        "model_id": DRAFT["model_id"],
        "card": "# mine",
        "owner": "bo",
        "convert": False,
    }


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_end_without_a_version_says_why(state: str) -> None:
    ended = registration(state, "scan", message="It runs code.", remedy="Log it again.")
    with pytest.raises(registering.RegistrationFailed, match=r"It runs code\. Log it again\."):
        register(Platform(ended), [])


def test_interrupting_cancels() -> None:
    platform = Platform(registration("running", "scan"), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        register(platform, [])
    assert "/registrations/r1/cancel" in platform.posted


def test_another_kind_of_model_is_refused_with_a_way_out() -> None:
    with pytest.raises(TypeError, match=r"int is no scikit-learn, torch or MLflow model\."):
        registering.register(7, project="flights", client=Platform().client)


def test_packages_are_named_in_exact_versions() -> None:
    found = requirements()
    assert any(one.startswith("mlflow==") for one in found)
    assert all("==" in one for one in found)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (HistGradientBoostingClassifier(max_iter=2), "TreePredictor"),
        (RandomForestClassifier(2), "_tree.Tree"),
        (KNeighborsClassifier(algorithm="kd_tree"), "KDTree"),
    ],
)
def test_types_of_scikit_learn_are_trusted(model: Any, kind: str) -> None:
    model.fit([[0.0], [1.0]] * 20, [0, 1] * 20)
    assert any(one.startswith("sklearn.") and one.endswith(kind) for one in trusted_types(model))


def own(rows: Any) -> Any:
    return rows


def test_types_of_others_are_named_with_a_way_to_trust_them() -> None:
    with pytest.raises(TypeError, match=r"own: .*\.own\. If you trust .*skops_trusted_types=\["):
        trusted_types(FunctionTransformer(own))
