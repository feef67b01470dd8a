"""Where a model came from, as its run tells it; what the signature will vouch for.  Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from octavo import __version__
from octavo_server.experiments.runs.service import Run
from octavo_server.registry.registration.features_read import features_read
from octavo_server.registry.versions.service import ModelVersion, Packaging, data_node

MOST_INPUTS = 200
MOST_PARAMETERS = 500
PIPELINE_RUN = re.compile(r"[a-z0-9-]{1,64}")
LONGEST = 500
"""Characters of a text that a person wrote; a run may log without limit."""


def origin_of(run: Run, packaging: Packaging, card: str) -> dict[str, Any]:
    """Return what is known about a model's origin, as JSON without numbers."""
    read = features_read(run.tags)
    lock = "\n".join(sorted(line.strip() for line in packaging.requirements if line.strip()))
    return {
        "octavo": __version__,
        "run": {
            "name": run.name[:LONGEST],
            "experiment": run.experiment[:LONGEST],
            "owner": run.owner[:LONGEST],
            "started_at": _time(run.started_at),
            "ended_at": _time(run.ended_at),
        },
        "pipeline_run": run.pipeline_run,
        "notebook": _notebook(run),
        "inputs": [
            {
                "name": one.name[:LONGEST],
                "digest": one.digest[:LONGEST],
                "source": one.source[:LONGEST],
                "context": one.context,
            }
            for one in run.inputs[:MOST_INPUTS]
        ],
        "features": {"views": list(read.views), "services": list(read.services)},
        "parameters": _parameters(run.params),
        "environment": {
            "python": run.tags.get("octavo.environment.python"),
            "packages": run.tags.get("octavo.environment.packages", "")[:5_000] or None,
            "sha256": run.tags.get("octavo.environment.sha256"),
            "lock_sha256": hashlib.sha256(lock.encode()).hexdigest() if lock else None,
        },
        "card_sha256": hashlib.sha256(card.encode()).hexdigest(),
    }


def edges_of(version: ModelVersion) -> list[tuple[str, str]]:
    """What led to the version's run, as nodes of the lineage graph, each with its relation."""
    project, origin = version.project, version.origin
    found = [(data_node(project, one), "read by") for one in origin.get("inputs") or ()]
    pipeline_run = str(origin.get("pipeline_run") or "")
    if PIPELINE_RUN.fullmatch(pipeline_run):
        found.append((f"pipeline_run:{project}/{pipeline_run}", "trained"))
    return found


def _notebook(run: Run) -> dict[str, Any] | None:
    link = run.notebook
    if link is None:
        return None
    return {
        "path": link.path[:LONGEST],
        "sha256": link.digest,
        "cell": link.cell,
        "cell_sha256": link.cell_digest,
        "commit": link.commit,
    }


def _parameters(params: Mapping[str, str]) -> dict[str, str]:
    kept = sorted(params.items())[:MOST_PARAMETERS]
    return {name[:LONGEST]: value[:LONGEST] for name, value in kept}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
