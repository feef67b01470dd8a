"""What proves a run: compared inputs, the signed statement, its edges in the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from octavo.records.notebooks import ParameterValue, Verdict
from octavo_server.adapters.signing import statement
from octavo_server.audit.service import Change
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.service import VerifiedRelease
from octavo_server.pipelines.runs import rules
from octavo_server.pipelines.runs.domain import Run
from octavo_server.pipelines.runs.ports import ProvenanceSigner

OUTPUT_NAME = "output.ipynb"


def differing(given: Mapping[str, ParameterValue], other: Mapping[str, ParameterValue]) -> str:
    """Return the names whose values differ, for a sentence."""
    names = sorted(name for name in given if given[name] != other.get(name))
    return ", ".join(names) or "nothing"


def reason(against: str, run: Run) -> str:
    """Return against what a verdict was found, and which inputs weren't the same."""
    if not run.inputs_changed:
        return f"against {against}"
    return f"against {against}; changed since: {', '.join(run.inputs_changed)}"


def signed(
    signer: ProvenanceSigner, run: Run, release: VerifiedRelease, verdict: Verdict | None
) -> dict[str, Any]:
    """Return the signed in-toto statement about a run that succeeded."""
    subjects = {one.path: one.digest for one in run.artifacts}
    if run.output_digest:
        subjects[OUTPUT_NAME] = run.output_digest
    facts = {
        "environment": release.environment.digest,
        "verdict": verdict.outcome if verdict else None,
        "inputs_changed": list(run.inputs_changed),
    }
    predicate = rules.provenance(run, subjects, facts)
    return signer.sign(
        statement(subjects=subjects, predicate_type=rules.PROVENANCE, predicate=predicate)
    )


def link(lineage: LineageService, change: Change, run: Run) -> None:
    """Record what a run read."""
    node = f"pipeline_run:{run.project}/{run.id}"
    kinds = {"features": "feature_snapshot", "model": "model_version", "data": "source"}
    for one in run.inputs:
        name = one.digest if one.kind == "features" else one.name
        lineage.link(
            change,
            source=f"{kinds[one.kind]}:{run.project}/{name}",
            target=node,
            relation="read by",
            project=run.project,
        )
