"""MLflow's own ASGI app, set up for one process; the only place that imports MLflow's server."""

import os
import threading
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from octavo_server.tracking.access import REGISTERED_TAG, Target, project_of

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


#: Experiments and runs whose project is remembered.
MOST_KNOWN = 10_000


def configure(*, database_url: str, artifacts: Path, hosts: str, origin: str) -> None:
    """Sets what MLflow reads from the environment; call it before `load`.

    `hosts` are the Host headers that are answered, `origin` is where a browser sees Octavo.
    """
    os.environ.update(
        {
            "_MLFLOW_SERVER_FILE_STORE": database_url,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(artifacts),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_IN_JOB_EXECUTOR": "false",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_SERVER_ALLOWED_HOSTS": hosts,
            "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": origin,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "2",
            "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "6",
        }
    )
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def load() -> AsgiApp:
    """MLflow's app with its database brought up to date."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside MLflow are not the operator's
        from mlflow.server.fastapi_app import app
        from mlflow.server.handlers import _get_model_registry_store, _get_tracking_store
    _get_tracking_store()
    _get_model_registry_store()
    loaded: AsgiApp = app
    return loaded


class StoreRecords:
    """Looks into MLflow's store, in process."""

    def __init__(self) -> None:
        self._experiments: dict[Target, str] = {}
        self._projects: dict[str, str | None] = {}
        self._registered: set[str] = set()
        self._lock = threading.Lock()

    def project_of(self, target: Target) -> str | None:
        """The project, None for what is nobody's or unknown."""
        from mlflow.exceptions import MlflowException

        try:
            experiment = self._experiment_of(target)
            with self._lock:
                if experiment in self._projects:
                    return self._projects[experiment]
            return self._look_up(experiment)
        except MlflowException:
            return None

    def _experiment_of(self, target: Target) -> str:
        """The experiment of a run or a model; it never changes."""
        if target.kind == "experiment":
            return target.id
        with self._lock:
            if target in self._experiments:
                return self._experiments[target]
        from mlflow.server.handlers import _get_tracking_store

        store: Any = _get_tracking_store()
        if target.kind == "run":
            found = str(store.get_run(target.id).info.experiment_id)
        else:
            found = str(store.get_logged_model(target.id).experiment_id)
        with self._lock:
            if len(self._experiments) > MOST_KNOWN:
                self._experiments.clear()
            self._experiments[target] = found
        return found

    def _look_up(self, experiment_id: str) -> str | None:
        from mlflow.server.handlers import _get_tracking_store

        store: Any = _get_tracking_store()
        experiment = store.get_experiment(experiment_id)
        project = project_of(experiment.name, dict(experiment.tags))
        with self._lock:
            if len(self._projects) > MOST_KNOWN:
                self._projects.clear()
            self._projects[experiment_id] = project
        return project

    def is_registered(self, model_id: str) -> bool:
        """Whether Octavo has signed this logged model; once it has, it stays so."""
        if model_id in self._registered:
            return True
        from mlflow.exceptions import MlflowException
        from mlflow.server.handlers import _get_tracking_store

        try:
            store: Any = _get_tracking_store()
            found = REGISTERED_TAG in store.get_logged_model(model_id).tags
        except MlflowException:
            return False
        if found:
            self._registered.add(model_id)
        return found
