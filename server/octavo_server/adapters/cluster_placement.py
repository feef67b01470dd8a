"""What a profile grants, as pods ask the cluster for it: amounts, and on which machines."""

from __future__ import annotations

from typing import Any

from octavo.local.cluster import Cluster
from octavo_server.deployments.rollouts.ports import ScorerResources

CLOUD_SPOT_TAINTS = (
    ("cloud.google.com/gke-spot", "true"),
    ("cloud.google.com/gke-preemptible", "true"),
    ("kubernetes.azure.com/scalesetpriority", "spot"),
)
"""Taints that clouds put on spot nodes by themselves."""


def amounts(resources: ScorerResources, cluster: Cluster) -> dict[str, str]:
    """Return CPU, memory and GPUs as a container asks for them."""
    found = {"cpu": f"{resources.cpus:g}", "memory": f"{resources.memory_mib}Mi"}
    if resources.gpus:
        found[cluster.kubernetes_gpu_resource] = str(resources.gpus)
    return found


def placement_of(resources: ScorerResources, cluster: Cluster) -> dict[str, Any]:
    """Return on which machines pods may run, as the profile says it for workspaces too."""
    placement, gpus = resources.placement, resources.gpus
    key, value = cluster.spot
    operator = "In" if placement.spot else "NotIn"
    wanted: list[dict[str, Any]] = [{"key": key, "operator": operator, "values": [value]}]
    label = cluster.kubernetes_gpu_label
    if gpus and placement.gpu_type and label not in placement.node_selector:
        wanted.append({"key": label, "operator": "In", "values": [placement.gpu_type]})
    tolerations: list[dict[str, Any]] = [dict(one) for one in placement.tolerations]
    if gpus:
        tolerations.append({"key": cluster.kubernetes_gpu_resource, "operator": "Exists"})
    if placement.spot:
        taints = (cluster.spot, *CLOUD_SPOT_TAINTS)
        tolerations += [{"key": k, "operator": "Equal", "value": v} for k, v in taints]
    terms = {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
    return {
        **({"nodeSelector": dict(placement.node_selector)} if placement.node_selector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
    }
