"""A plan as objects of the cluster: the InferenceService and its scorers' Secrets."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from octavo.local.cluster import Cluster
from octavo_server.adapters.cluster_placement import amounts, placement_of
from octavo_server.adapters.kserve_plans import OWN, PLAN, Member, Plan, written
from octavo_server.adapters.kserve_scaling import scaling
from octavo_server.errors import Unavailable
from octavo_server.kserve_settings import KServeSettings

GROUP, VERSION, PLURAL = "serving.kserve.io", "v1beta1", "inferenceservices"
PART = {"app.kubernetes.io/part-of": "octavo", f"{OWN}serves": "models"}
SELECTOR = ",".join(f"{key}={value}" for key, value in PART.items())
CONTAINER = "kserve-container"
"""Name that KServe gives the container with the model."""
KEPT = "/etc/octavo"
"""Folder of a pod with the scorer's secret and the signed digests."""
LARGEST_SECRET = 900 << 10
"""Bytes of a Secret's text; Kubernetes keeps at most a MiB."""


def service_of(plan: Plan, settings: KServeSettings, cluster: Cluster) -> dict[str, Any]:
    """Return the InferenceService of a plan that has members."""
    head = plan.head
    if head is None:
        raise ValueError("a plan without members is no InferenceService")
    stable = _predictor(plan, head, settings, cluster)
    canaries = [_canary(plan, one, settings, cluster) for one in plan.canaries]
    extra = scaling(plan, head, settings)
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "InferenceService",
        "metadata": {
            "name": plan.name,
            "namespace": settings.kserve_namespace,
            "labels": {**PART, "networking.kserve.io/visibility": "cluster-local"},
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                "serving.kserve.io/autoscalerClass": extra.pop("class"),
                f"{OWN}project": plan.project,
                f"{OWN}deployment": plan.deployment,
                PLAN: written(plan),
            },
        },
        "spec": {
            "predictor": {**stable, **extra},
            **({"canary": canaries} if canaries else {}),
        },
    }


def secret_of(
    member: Member, secret: str, files: Mapping[str, str], owner: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the Secret of one start of a scorer; it goes with the InferenceService.

    Raises Unavailable for a model of so many files that their digests don't fit.
    """
    manifest = json.dumps({"files": dict(files)}, sort_keys=True)
    if len(manifest.encode()) > LARGEST_SECRET:
        raise Unavailable(
            f"v{member.version} has {len(files)} files; their signed digests don't fit into a "
            f"Secret of {LARGEST_SECRET >> 10} KiB.",
            "Register the model with fewer files, such as one archive of its data.",
        )
    metadata = owner["metadata"]
    reference = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "InferenceService",
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": member.secret,
            "namespace": metadata["namespace"],
            "labels": {**PART, f"{OWN}scorer": member.scorer},
            "ownerReferences": [reference],
        },
        "type": "Opaque",
        "immutable": True,
        "stringData": {"secret": secret, "manifest.json": manifest},
    }


def address_of(plan: Plan, member: Member, namespace: str) -> str:
    """Return where a scorer answers inside the cluster: the Service that KServe makes for it."""
    return f"http://{plan.name}-{member.name}-predictor.{namespace}.svc"


def _canary(plan: Plan, member: Member, settings: KServeSettings, cluster: Cluster) -> Any:
    """Return a canary. Its container's name is required, where a predictor's is forbidden."""
    predictor = _predictor(plan, member, settings, cluster)
    predictor["model"]["name"] = CONTAINER
    predictor["minReplicas"] = _replicas(member, settings)
    return {"predictor": predictor, "trafficPercent": member.percent}


def _replicas(member: Member, settings: KServeSettings) -> int:
    """Return a canary's pods: one for none of the traffic too, so that it is warm."""
    wanted = math.ceil(settings.kserve_min_replicas * member.percent / 100)
    return min(max(1, wanted), settings.kserve_min_replicas)


def _predictor(
    plan: Plan, member: Member, settings: KServeSettings, cluster: Cluster
) -> dict[str, Any]:
    """Return a member's pods; as predictor and as canary the same, so that nothing restarts."""
    account = settings.kserve_service_account
    return {
        "name": member.name,
        "labels": {**PART, f"{OWN}scorer": member.scorer, f"{OWN}start": member.start},
        **({"serviceAccountName": account} if account else {}),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": cluster.kubernetes_user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **placement_of(plan.resources, cluster),
        "volumes": [
            {"name": "octavo", "secret": {"secretName": member.secret, "defaultMode": 0o444}}
        ],
        "model": _model(plan, member, settings, cluster),
    }


def _model(
    plan: Plan, member: Member, settings: KServeSettings, cluster: Cluster
) -> dict[str, Any]:
    granted = plan.resources
    told = {
        "NAME": plan.model,
        "VERSION": str(member.version),
        "DIGEST": member.digest,
        "MANIFEST": f"{KEPT}/manifest.json",
        "SECRET_FILE": f"{KEPT}/secret",
        "MEMORY_MIB": str(granted.memory_mib),
        "PROVIDER": "cuda" if granted.gpus else "cpu",
    }
    return {
        "modelFormat": {"name": "octavo", "version": "1"},
        "runtime": settings.kserve_runtime,
        "protocolVersion": "v2",
        "storageUri": member.storage,
        "env": [{"name": f"OCTAVO_SCORER_{key}", "value": text} for key, text in told.items()],
        "resources": {"requests": amounts(granted, cluster), "limits": amounts(granted, cluster)},
        "volumeMounts": [{"name": "octavo", "mountPath": KEPT, "readOnly": True}],
    }
