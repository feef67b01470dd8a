"""What the signature of a version vouches for: SLSA provenance, pure.

The predicate has the form of https://slsa.dev/spec/v1.0/provenance: what was built (the build
definition: run, notebook, data, features, environment) and by whom (the builder: this
installation, named by its key).  Digests that aren't SHA-256 keep the name of who computed them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from octavo_server.registry.versions.domain import ModelVersion

#: Kind of the signed statement about a model version.
PREDICATE: Final = "https://slsa.dev/provenance/v1"
#: How a version is built: a run logged it, Octavo examined it.
BUILD_TYPE: Final = "urn:octavo:build:model-version:v1"
#: Kind of the statements that were signed before provenance was part of them.
FIRST_PREDICATE: Final = "urn:octavo:statement:model-version:v1"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def statement_predicate(version: ModelVersion) -> dict[str, Any]:
    """What the signature vouches for, besides the files' digests."""
    origin = version.origin
    run = origin.get("run") or {}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "project": version.project,
                "model": version.name,
                "version": version.version,
                "run_id": version.run_id,
                "model_id": version.model_id,
                "notebook": origin.get("notebook"),
                "pipeline_run": origin.get("pipeline_run"),
                "parameters": origin.get("parameters") or {},
            },
            "internalParameters": _examined(version),
            "resolvedDependencies": list(_dependencies(version)),
        },
        "runDetails": {
            "builder": {
                "id": f"urn:octavo:installation:{version.key_id}",
                "version": {"octavo": origin.get("octavo") or "unknown"},
            },
            "metadata": {
                "invocationId": version.run_id,
                "startedOn": run.get("started_at"),
                "finishedOn": run.get("ended_at"),
            },
        },
    }


def _examined(version: ModelVersion) -> dict[str, Any]:
    return {
        "manifest_sha256": version.digest,
        "card_sha256": version.origin.get("card_sha256"),
        "scan": version.scan,
        "prediction": version.prediction,
        "registered_by": version.created_by,
        "registered_at": version.created_at.isoformat(),
    }


def _dependencies(version: ModelVersion) -> Iterator[dict[str, Any]]:
    """What went into the build, as in-toto's resource descriptors."""
    origin = version.origin
    for one in origin.get("inputs") or ():
        yield _descriptor("data", str(one["name"]), str(one["digest"]), "mlflow")
    if version.feature_snapshot:
        yield _descriptor("features", "snapshot", version.feature_snapshot, "octavo")
    notebook = origin.get("notebook") or {}
    if notebook.get("sha256"):
        yield _descriptor("notebook", str(notebook["path"]), notebook["sha256"], "octavo")
    environment = origin.get("environment") or {}
    if environment.get("sha256"):
        yield _descriptor("environment", "packages", environment["sha256"], "octavo")
    if environment.get("lock_sha256"):
        yield _descriptor("environment", "lock", environment["lock_sha256"], "octavo")


def _descriptor(kind: str, name: str, digest: str, who: str) -> dict[str, Any]:
    """A resource descriptor; `who` names the algorithm of a digest that is no SHA-256."""
    algorithm = "sha256" if _SHA256.fullmatch(digest) else who
    return {"name": f"{kind}/{name}", "digest": {algorithm: digest}}


def data_node(project: str, one: Mapping[str, Any]) -> str:
    """The node of a data set in the lineage graph: its name and the digest that MLflow computed."""
    return f"data:{project}/{str(one['name'])[:300]}@{str(one['digest'])[:64]}"


def first_predicate(version: ModelVersion) -> dict[str, Any]:
    """What the first signatures vouched for; versions from then verify as they did."""
    return {
        "project": version.project,
        "model": version.name,
        "version": version.version,
        "manifest_sha256": version.digest,
        "run_id": version.run_id,
        "model_id": version.model_id,
        "feature_snapshot": version.feature_snapshot,
        "scan": version.scan,
        "prediction": version.prediction,
        "registered_by": version.created_by,
        "registered_at": version.created_at.isoformat(),
    }


def predicate_problems(version: ModelVersion, statement: Mapping[str, Any]) -> list[str]:
    """Where a verified statement's predicate isn't about this version."""
    kind = statement.get("predicateType")
    makers = {PREDICATE: statement_predicate, FIRST_PREDICATE: first_predicate}
    if kind not in makers:
        return [f"The signature is on a statement of kind {str(kind)[:80]!r}, on no model version."]
    expected = dict(_flat("", makers[kind](version)))
    said = dict(_flat("", statement["predicate"]))
    return [
        f"The signature says {name} is {_short(said.get(name))}, stored is "
        f"{_short(expected.get(name))}."
        for name in sorted(expected.keys() | said.keys())
        if said.get(name) != expected.get(name)
    ]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a JSON document by their path."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)
    elif isinstance(value, list | tuple) and value:
        for number, inner in enumerate(value):
            yield from _flat(f"{prefix}[{number}]", inner)
    else:
        yield prefix, list(value) if isinstance(value, tuple) else value


def _short(value: Any) -> str:
    return repr(value)[:120]
