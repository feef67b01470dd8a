"""Which notebook made a run, as the SDK finds out from its environment."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
import time
from importlib.metadata import entry_points, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

# MLflow warns at import about libraries that are not its own; these tests are not about that.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home folder with a notebook in it."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "train.ipynb").write_text("{}")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("OCTAVO_PROJECT", "OCTAVO_PROFILE", "OCTAVO_SESSION", "OCTAVO_RUN",
                 "OCTAVO_PRICE_EUR_PER_HOUR"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path


def tags() -> dict[str, str]:
    """The provider's tags but for the environment's, which other tests are about."""
    from octavo.experiments import OctavoRunContext

    found = OctavoRunContext().tags()
    return {key: one for key, one in found.items() if not key.startswith("octavo.environment.")}


def test_mlflow_finds_the_provider() -> None:
    (found,) = entry_points(group="mlflow.run_context_provider", name="octavo")
    assert found.value == "octavo.experiments:OctavoRunContext"


@pytest.mark.parametrize("first", ["mlflow", "octavo.experiments"])
def test_mlflow_finds_the_provider_whatever_is_imported_first(first: str) -> None:
    code = f"""
import sys, warnings
warnings.filterwarnings("error", message="Failure attempting to register")
import {first}
import mlflow
from mlflow.tracking.context import registry
made = [type(one).__name__ for one in registry._run_context_provider_registry]
assert "OctavoRunContext" in made, made
from mlflow.utils import plugins
assert plugins.get_entry_points.defers_feast
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_outside_octavo_it_stays_silent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from octavo.experiments import OctavoRunContext

    assert not OctavoRunContext().in_context()
    monkeypatch.setenv("OCTAVO_PROJECT", "flights")
    assert OctavoRunContext().in_context()


def test_the_workspace_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTAVO_PROJECT", "flights")
    monkeypatch.setenv("OCTAVO_PROFILE", "cpu-small")
    monkeypatch.setenv("OCTAVO_SESSION", "s1")
    monkeypatch.setenv("OCTAVO_PRICE_EUR_PER_HOUR", "0.12")
    assert tags() == {
        "octavo.price_eur_per_hour": "0.12",
        "octavo.project": "flights",
        "octavo.profile": "cpu-small",
        "octavo.session": "s1",
    }


@pytest.mark.parametrize("session", ["{home}/work/train.ipynb", "work/train.ipynb"])
def test_the_notebook_is_named_by_path_and_content(
    home: Path, monkeypatch: pytest.MonkeyPatch, session: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", session.format(home=home))
    assert tags() == {
        "octavo.notebook.path": "work/train.ipynb",
        "octavo.notebook.sha256": hashlib.sha256(b"{}").hexdigest(),
    }


@pytest.mark.parametrize("session", ["", "console-1", "/x/y.py", "ab" * 5000])
def test_what_is_no_notebook_is_not_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, session: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    assert tags() == {}


def test_a_notebook_that_is_gone_keeps_its_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(home / "work" / "gone.ipynb"))
    assert tags() == {"octavo.notebook.path": "gone.ipynb"}


def test_the_commit_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for argv in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(home / "work"), *argv], check=True)
    head = subprocess.run(
        ["git", "-C", str(home / "work"), "rev-parse", "HEAD"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    monkeypatch.setenv("JPY_SESSION_NAME", str(home / "work" / "train.ipynb"))
    assert tags()["octavo.git.commit"] == head


def test_features_read_before_the_run_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import octavo.features

    monkeypatch.setattr(octavo.features, "reads", ["a" * 64, "b" * 64])
    assert tags() == {"octavo.feature_snapshot": "b" * 64}


def test_features_say_what_was_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import octavo.features

    monkeypatch.setattr(octavo.features, "features_read", lambda: '{"views": {}}', raising=False)
    assert tags()["octavo.features"] == '{"views": {}}'


def test_the_environment_is_named(home: Path) -> None:
    from octavo.experiments import OctavoRunContext

    found = OctavoRunContext().tags()
    assert found["octavo.environment.python"] == platform.python_version()
    packages = dict(one.split("=") for one in found["octavo.environment.packages"].split())
    assert packages["mlflow"] == version("mlflow")
    assert "pip" not in packages
    assert len(found["octavo.environment.sha256"]) == 64


class Kernel:
    """A kernel in the middle of a request to execute."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request

    def get_parent(self, channel: str) -> dict[str, Any]:
        assert channel == "shell"
        return self.request


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (
            {"metadata": {"cellId": "fit"}, "content": {"code": "train(5)"}},
            {
                "octavo.notebook.cell": "fit",
                "octavo.notebook.cell_sha256": hashlib.sha256(b"train(5)").hexdigest(),
            },
        ),
        ({"metadata": {}, "content": {"code": "train(5)"}}, {}),
        ({"metadata": {"cellId": 5}, "content": {"code": None}}, {}),
        ({}, {}),
    ],
)
def test_the_cell_is_named_by_id_and_source(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    request_: dict[str, Any],
    found: dict[str, str],
) -> None:
    import IPython

    shell = SimpleNamespace(kernel=Kernel(request_))
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert tags() == found


def test_why_a_version_was_not_stored_is_a_tag_of_the_next_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run never waits for the platform, so that a failure is known to the next one."""
    from octavo.keeping import keeper

    monkeypatch.setenv("OCTAVO_PROJECT", "offline")
    monkeypatch.setenv("JPY_SESSION_NAME", str(home / "work" / "train.ipynb"))
    monkeypatch.setenv("OCTAVO_URL", "http://127.0.0.1:9/services/octavo")
    monkeypatch.setenv("OCTAVO_TOKEN", "t")
    began = time.monotonic()
    assert "octavo.notebook.not_stored" not in tags()
    assert time.monotonic() - began < 2.0
    assert keeper("offline").wait(10)
    assert "did not answer" in tags()["octavo.notebook.not_stored"]


def test_importing_the_sdk_does_not_import_mlflow() -> None:
    code = "import octavo, sys; assert 'mlflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_value_that_is_no_model_is_refused() -> None:
    from octavo import registering

    with pytest.raises(TypeError, match="no scikit-learn, torch or MLflow model"):
        registering.log({"not": "a model"}, name="late")


def test_a_request_to_mlflow_imports_neither_feast_nor_torch() -> None:
    code = """
import sys, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow.tracking.request_header.registry import resolve_request_headers
assert "User-Agent" in resolve_request_headers()
loaded = {"feast", "torch"} & set(sys.modules)
assert not loaded, loaded
from feast.infra.data_sources.mlflow.auth import mlflow_token_scope
with mlflow_token_scope("a-token"):
    assert resolve_request_headers()["Authorization"] == "Bearer a-token"
assert "Authorization" not in resolve_request_headers()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
