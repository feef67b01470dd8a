"""MLflow runs in Octavo: which notebook made them, and registering what they made.

MLflow finds `OctavoRunContext` by itself (entry point `mlflow.run_context_provider`) and puts its
tags on every run that is started.  `register` takes a live model, or one that is logged already::

    import octavo

    octavo.register(model, "late", example=X.head())
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mlflow.tracking.context.abstract_context import RunContextProvider

from octavo.client import Client
from octavo.records.registry import ModelVersionDetail

LARGEST_NOTEBOOK = 256 * 2**20
"""Notebooks over this size, in bytes, are linked without a digest."""
REGISTER_S = 400.0
"""How long a registration may take: the model is copied, scanned, loaded and tried, seconds."""
RUN_ID = re.compile(r"[0-9a-f]{32}")

FEAST_AUTH = "feast.infra.data_sources.mlflow.auth"
"""The module in Feast that can put a token of its own on MLflow's requests."""

_FROM_ENVIRONMENT = {
    "octavo.project": "OCTAVO_PROJECT",
    "octavo.profile": "OCTAVO_PROFILE",
    "octavo.session": "OCTAVO_SESSION",
    "octavo.run": "OCTAVO_RUN",
}


class OctavoRunContext(RunContextProvider):
    """Tags that link a run to its project, workspace and notebook version."""

    def in_context(self) -> bool:
        """Whether this process was started by Octavo."""
        return bool(os.environ.get("OCTAVO_PROJECT"))

    def tags(self) -> dict[str, str]:
        """The tags of a run that starts now."""
        found = {tag: os.environ.get(name, "") for tag, name in _FROM_ENVIRONMENT.items()}
        found |= notebook_tags(os.environ.get("JPY_SESSION_NAME", ""))
        found["octavo.notebook.cell"] = executing_cell()
        found["octavo.feature_snapshot"] = _snapshot_read()
        return {tag: value for tag, value in found.items() if value}


def notebook_tags(session: str) -> dict[str, str]:
    """Path, content version and commit of the notebook that Jupyter started the kernel for.

    `session` is what Jupyter Server puts into JPY_SESSION_NAME; without one nothing is known.
    """
    if not session.endswith(".ipynb"):
        return {}
    path = next((one for one in _places(session) if one.is_file()), None)
    if path is None:
        return {"octavo.notebook.path": Path(session).name}
    return {
        "octavo.notebook.path": _shown(path),
        "octavo.notebook.sha256": _sha256(path),
        "octavo.git.commit": _commit(path.parent),
    }


def _places(session: str) -> list[Path]:
    """Where the notebook may lie: the name is absolute, or relative to home or to the kernel."""
    return [Path(session), Path.home() / session, Path.cwd() / Path(session).name]


def _shown(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.home().resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _sha256(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_NOTEBOOK:
            return ""
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _commit(folder: Path) -> str:
    """The commit that is checked out around `folder`, empty where there is none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def executing_cell() -> str:
    """The id of the notebook cell that is being executed, empty outside a notebook.

    JupyterLab sends it with the request to execute.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return ""
    parent = kernel.get_parent("shell") or {}
    cell = parent.get("metadata", {}).get("cellId", "")
    return cell[:200] if isinstance(cell, str) else ""


def _snapshot_read() -> str:
    """The feature snapshot that this process read last, empty when it read none."""
    features = sys.modules.get("octavo.features")
    read: list[str] = getattr(features, "reads", [])
    return read[-1] if read else ""


class DeferredFeastHeaders:
    """Feast's plug-in for MLflow's requests, without importing Feast before somebody else does.

    Feast's plug-in answers only inside one of its own scopes, so while its module isn't loaded
    the answer is no.
    """

    def in_context(self) -> bool:
        """Whether Feast has something to add to a request."""
        auth = sys.modules.get(FEAST_AUTH)
        return auth is not None and bool(auth.FeastMLflowHeaderProvider().in_context())

    def request_headers(self) -> dict[str, str]:
        """What Feast adds."""
        found: dict[str, str] = (
            sys.modules[FEAST_AUTH].FeastMLflowHeaderProvider().request_headers()
        )
        return found


class _DeferredEntryPoint:
    name = "feast"

    def load(self) -> type[DeferredFeastHeaders]:
        return DeferredFeastHeaders


def defer_feast() -> None:
    """Keeps MLflow's first request from importing all of Feast and torch.

    Feast registers its plug-in for every process that has MLflow: its import costs 5 s and
    225 MiB.  MLflow loads this module while it is imported, before it looks for such plug-ins.
    """
    plugins: Any = sys.modules.get("mlflow.utils.plugins")
    if plugins is None or getattr(plugins.get_entry_points, "defers_feast", False):
        return
    every = plugins.get_entry_points

    def found(group: str) -> list[Any]:
        return [
            _DeferredEntryPoint() if one.value.startswith(f"{FEAST_AUTH}:") else one
            for one in every(group)
        ]

    found.__dict__["defers_feast"] = True
    plugins.get_entry_points = found


defer_feast()


def register(
    model: Any,
    name: str,
    *,
    example: Any = None,
    card: str = "",
    project: str | None = None,
    client: Client | None = None,
) -> ModelVersionDetail:
    """Registers a model as the next version of `name` in the project.

    `model` is a live model (scikit-learn, torch or an MLflow PythonModel), what MLflow's
    `log_model` returned, or the id of a run that logged exactly one model.  A live model is logged
    to the active run first, or to a new one; `example` is a few rows of its input.  Raises
    `octavo.client.ClientError` with what speaks against it.
    """
    run_id, model_id = _logged(model, name, example)
    body = {"run_id": run_id, "model_id": model_id, "card": card}
    path = f"/projects/{project or os.environ['OCTAVO_PROJECT']}/models/{name}/versions"
    with client or Client.from_environment(timeout_s=REGISTER_S) as connection:
        return ModelVersionDetail.model_validate(connection.post(path, body))


def _logged(model: Any, name: str, example: Any) -> tuple[str, str | None]:
    if isinstance(model, str) and RUN_ID.fullmatch(model):
        return model, None
    if hasattr(model, "model_id") and hasattr(model, "run_id"):
        return model.run_id, model.model_id
    import mlflow

    running = mlflow.active_run()
    if running is not None:
        return running.info.run_id, _log(model, name, example).model_id
    with mlflow.start_run() as run:
        return run.info.run_id, _log(model, name, example).model_id


def _log(model: Any, name: str, example: Any) -> Any:
    """Logs a live model with the flavor of its library. Raises TypeError for an unknown one."""
    import mlflow

    if isinstance(model, mlflow.pyfunc.PythonModel):
        return mlflow.pyfunc.log_model(name=name, python_model=model, input_example=example)
    for library, base in (("sklearn", "BaseEstimator"), ("torch", "Module")):
        if any(
            one.__name__ == base and one.__module__.partition(".")[0] == library
            for one in type(model).__mro__
        ):
            flavor = mlflow.sklearn if library == "sklearn" else mlflow.pytorch
            return flavor.log_model(model, name=name, input_example=example)
    raise TypeError(
        f"{type(model).__name__} is no scikit-learn, torch or MLflow model. Log it with MLflow's "
        "log_model for its library, and give register() what that returns."
    )
