"""MLflow's own ASGI app, set up for one process; the only place that imports MLflow's server."""

import contextlib
import os
import sqlite3
import threading
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from octavo_server.tracking.access import REGISTERED_TAG, project_of, project_of_model
from octavo_server.tracking.targets import Target

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


SQLITE = "sqlite:///"
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
            # MLflow takes a second connection while it holds one: with fewer than two for each of
            # its 40 threads, many who log at once wait for each other until their writes fail.
            "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "90",
        }
    )
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if database_url.startswith(SQLITE):
        # It stays in the file: who reads a long history holds up nobody who logs.
        with contextlib.closing(sqlite3.connect(database_url.removeprefix(SQLITE))) as connection:
            connection.execute("PRAGMA journal_mode=WAL")


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
        self._experiments: dict[Target, frozenset[str]] = {}
        self._projects: dict[str, str | None] = {}
        self._registered: set[str] = set()
        self._lock = threading.Lock()

    def projects_of(self, target: Target) -> frozenset[str] | None:
        """The projects it belongs to, none for what is nobody's; None for what isn't there."""
        from mlflow.exceptions import MlflowException

        if target.kind == "registered":
            project = project_of_model(target.id)
            return frozenset({project} if project else ())
        try:
            found = [self._project_of(one) for one in self._experiments_of(target)]
        except MlflowException:
            return None
        return frozenset(one for one in found if one is not None)

    def _experiments_of(self, target: Target) -> frozenset[str]:
        """The experiments of a run, a model, a trace or a data set."""
        if target.kind == "experiment":
            return frozenset({target.id})
        with self._lock:
            if target in self._experiments:
                return self._experiments[target]
        found = _look_up(target)
        if target.kind in _MOVES:
            return found
        with self._lock:
            if len(self._experiments) > MOST_KNOWN:
                self._experiments.clear()
            self._experiments[target] = found
        return found

    def _project_of(self, experiment_id: str) -> str | None:
        """The project of an experiment; it never changes."""
        with self._lock:
            if experiment_id in self._projects:
                return self._projects[experiment_id]
        experiment = _store().get_experiment(experiment_id)
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

        try:
            found = REGISTERED_TAG in _store().get_logged_model(model_id).tags
        except MlflowException:
            return False
        if found:
            self._registered.add(model_id)
        return found


#: What may belong to other experiments tomorrow, or be called differently.
_MOVES = frozenset({"experiment_name", "dataset"})


def _store() -> Any:
    from mlflow.server.handlers import _get_tracking_store

    return _get_tracking_store()


def _look_up(target: Target) -> frozenset[str]:
    """Ask MLflow's store for the experiments. Raises MlflowException for what isn't there."""
    from mlflow.exceptions import MlflowException

    store = _store()
    if target.kind == "dataset":
        store.get_dataset(target.id)
        return frozenset(str(one) for one in store.get_dataset_experiment_ids(target.id))
    if target.kind == "experiment_name":
        found = store.get_experiment_by_name(target.id)
        if found is None:
            raise MlflowException(f"there is no experiment {target.id!r}")
        return frozenset({str(found.experiment_id)})
    if target.kind == "run":
        return frozenset({str(store.get_run(target.id).info.experiment_id)})
    if target.kind == "trace":
        return frozenset({str(store.get_trace_info(target.id).experiment_id)})
    return frozenset({str(store.get_logged_model(target.id).experiment_id)})
