"""MLflow runs in Octavo: which notebook made them.

MLflow finds `OctavoRunContext` by itself (entry point `mlflow.run_context_provider`) and puts its
tags on every run that is started.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from octavo.environment_facts import environment_tags
from octavo.keeping import keeper
from octavo.notebook_files import commit_of, executing_cell, notebook_path, read_notebook

FEAST_AUTH = "feast.infra.data_sources.mlflow.auth"
"""The module in Feast that can put a token of its own on MLflow's requests."""

_FROM_ENVIRONMENT = {
    "octavo.project": "OCTAVO_PROJECT",
    "octavo.profile": "OCTAVO_PROFILE",
    "octavo.session": "OCTAVO_SESSION",
    "octavo.run": "OCTAVO_RUN",
    "octavo.price_eur_per_hour": "OCTAVO_PRICE_EUR_PER_HOUR",
}


class OctavoRunContext:
    """Tags that link a run to its project, workspace, notebook version and cell.

    Nothing that happens here fails a training: what can't be found out is left out.  It has the
    methods of MLflow's `RunContextProvider` without being one: MLflow looks for providers while
    it is imported, so that a module that imports it first would be found half made.
    """

    def __init__(self) -> None:
        """Is made by MLflow while that is imported."""
        defer_feast()

    def in_context(self) -> bool:
        """Whether this process was started by Octavo."""
        return bool(os.environ.get("OCTAVO_PROJECT"))

    def tags(self) -> dict[str, str]:
        """The tags of a run that starts now; the notebook's version is sent in the background."""
        found = {tag: os.environ.get(name, "") for tag, name in _FROM_ENVIRONMENT.items()}
        found |= environment_tags()
        found |= _of_notebook(os.environ.get("JPY_SESSION_NAME", ""), found["octavo.project"])
        found["octavo.feature_snapshot"] = _snapshot_read()
        found["octavo.features"] = _features_read()
        return {tag: value for tag, value in found.items() if value}


def _of_notebook(session: str, project: str) -> dict[str, str]:
    """Path, version, commit and cell of the notebook that Jupyter started the kernel for.

    `session` is what Jupyter Server puts into JPY_SESSION_NAME; without one only the cell can be
    known.
    """
    cell = executing_cell()
    found = {}
    if cell is not None and cell.id:
        found["octavo.notebook.cell"] = cell.id
        found["octavo.notebook.cell_sha256"] = cell.sha256
    if not session.endswith(".ipynb"):
        return found
    path = notebook_path(session)
    if path is None:
        return found | {"octavo.notebook.path": Path(session).name}
    notebook = read_notebook(path)
    found |= {
        "octavo.notebook.path": notebook.shown,
        "octavo.notebook.sha256": notebook.sha256,
        "octavo.git.commit": commit_of(path.parent),
    }
    if project:
        kept = keeper(project)
        kept.keep(notebook, cell if cell is not None and cell.id else None)
        found["octavo.notebook.not_stored"] = kept.failure(notebook.sha256)
    return found


def _snapshot_read() -> str:
    """The feature snapshot that this process read last, empty when it read none."""
    features = sys.modules.get("octavo.features")
    read: list[str] = getattr(features, "reads", [])
    return read[-1] if read else ""


def _features_read() -> str:
    """What features this process read, as JSON, empty when it read none."""
    features = sys.modules.get("octavo.features")
    told = getattr(features, "features_read", None)
    return str(told()) if callable(told) else ""


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
