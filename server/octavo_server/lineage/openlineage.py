"""Lineage edges as OpenLineage events (https://openlineage.io/spec).  Pure.

All edges of one change become the events of the jobs in it.  Run ids are computed from what they
stand for, so that an event which is sent twice is the same event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from octavo_server.lineage.domain import Edge

SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
PRODUCER: Final = "urn:octavo:lineage"
PARENT: Final = "https://openlineage.io/spec/facets/1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet"
#: Octavo's own name space of run ids.
NAMESPACE: Final = UUID("6f5a3d0e-5a0f-5c55-9d1c-0c7a1f0b7e11")
#: Nodes that do something; all others are data.
JOBS: Final = frozenset({"run", "pipeline_run", "submission", "batch"})


def events(edges: Sequence[Edge]) -> list[dict[str, Any]]:
    """The events of edges that were recorded in changes, the oldest first."""
    groups: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in sorted(edges, key=lambda one: (one.at, one.source, one.target)):
        key = (edge.at.isoformat(), edge.project, _job_of(edge))
        groups.setdefault(key, []).append(edge)
    return [_event(job, found) for (_, _, job), found in groups.items()]


def _job_of(edge: Edge) -> str:
    """The node whose doing an edge is: the one that does something, else what was made."""
    if _kind(edge.target) in JOBS:
        return edge.target
    return edge.source if _kind(edge.source) in JOBS else edge.target


def _event(job: str, edges: Sequence[Edge]) -> dict[str, Any]:
    inputs = [one.source for one in edges if one.source != job and _is_data(one.source)]
    outputs = [one.target for one in edges if one.target != job and _is_data(one.target)]
    if _kind(job) not in JOBS:
        outputs.append(job)
    first = edges[0]
    facets: dict[str, Any] = {}
    parent = next((one.source for one in edges if one.target == job and _parents(one)), None)
    if parent is not None:
        facets["parent"] = _parent(parent, first.project)
    return {
        "eventType": "COMPLETE",
        "eventTime": first.at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "job": {"namespace": _namespace(first.project), "name": _name(job, outputs)},
        "run": {"runId": str(run_id(job, first.at.isoformat())), "facets": facets},
        "inputs": _datasets(inputs),
        "outputs": _datasets(outputs),
    }


def run_id(job: str, at: str) -> UUID:
    """The id of a run: MLflow's own where it is one, else one that is computed."""
    name = job.rpartition("/")[2]
    if _kind(job) == "run" and len(name) == 32 and _is_hex(name):
        return UUID(hex=name)
    return uuid5(NAMESPACE, job if _kind(job) in JOBS else f"{job}@{at}")


def _parents(edge: Edge) -> bool:
    return _kind(edge.source) in {*JOBS, "pipeline"}


def _parent(node: str, project: str) -> dict[str, Any]:
    return {
        "_producer": PRODUCER,
        "_schemaURL": PARENT,
        "run": {"runId": str(run_id(node, ""))},
        "job": {"namespace": _namespace(project), "name": _name(node, ())},
    }


def _name(job: str, outputs: Iterable[str]) -> str:
    """What a job is called: runs of the same model's training are runs of one job."""
    if _kind(job) == "run":
        made = [one for one in outputs if _kind(one) == "model_version"]
        return f"train.{_rest(made[0]).rpartition('/')[0]}" if made else "run"
    verbs: Mapping[str, str] = {
        "pipeline_run": "pipeline_run",
        "pipeline": "pipeline",
        "submission": "submission",
        "deployment": "deploy",
        "release": "release",
    }
    return f"{verbs.get(_kind(job), _kind(job))}.{_rest(job)}"


def _datasets(nodes: Iterable[str]) -> list[dict[str, Any]]:
    found = {}
    for node in nodes:
        project = node.partition(":")[2].partition("/")[0]
        found[node] = {"namespace": _namespace(project), "name": f"{_kind(node)}.{_rest(node)}"}
    return [found[node] for node in sorted(found)]


def _namespace(project: str) -> str:
    return f"octavo://{project}"


def _kind(node: str) -> str:
    return node.partition(":")[0]


def _rest(node: str) -> str:
    return node.partition(":")[2].partition("/")[2]


def _is_data(node: str) -> bool:
    return _kind(node) not in {*JOBS, "pipeline"}


def _is_hex(text: str) -> bool:
    return all(sign in "0123456789abcdef" for sign in text)
