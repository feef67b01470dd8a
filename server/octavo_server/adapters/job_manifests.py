"""An order as objects of the cluster: the Job, and the Secret with what only its runner may know.

The notebook is hostile. Runner and kernel are two containers of two users: they share a folder for
the kernel's sockets and the kernel's own folder; the runner's log, its output notebook and its
order aren't in the kernel's container.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.local.cluster import Cluster
from octavo_server.adapters.cluster_placement import amounts, placement_of
from octavo_server.adapters.run_orders import told
from octavo_server.deployments.rollouts.ports import ScorerResources
from octavo_server.execution import Order
from octavo_server.job_settings import JobSettings

OWN = "octavo.dev/"
PART = {"app.kubernetes.io/part-of": "octavo", f"{OWN}runs": "notebook"}
SELECTOR = ",".join(f"{key}={value}" for key, value in PART.items())
RUNNER, KERNEL = "runner", "kernel"
RUN_FOLDER = "/run/octavo/run"
"""Where both containers see the run's folder, or their part of it."""
SHARED_FOLDER = "/run/octavo/s"
"""Where both see the kernel's sockets; short, since socket paths end at 107 bytes."""
ORDER_FOLDER = "/run/octavo/order"
DATA = "/srv/octavo"
"""Where pods see the project's part of lake and features, as workspaces do."""
GRACE_S = 20
KEPT_S = 86_400
"""Seconds that a Job stays after its end where nobody collected it."""
HEADROOM_MIB = 256
"""Memory of the kernel's container beside what its profile grants: the run's own watch acts first,
and says which cell it was."""
RUNNER_MIB = 192
MIB = 2**20
PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
FIXED = {"PATH": "/opt/octavo/bin:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC",
         "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1"}  # fmt: skip
"""Environment of every kernel."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What Jobs stand on."""

    settings: JobSettings
    """Namespace, image and claim."""
    cluster: Cluster
    """How the cluster counts GPUs, and whose numbers pods run under."""
    resources: ScorerResources
    """What the order's profile grants."""
    paths: Mapping[str, str]
    """Beginnings of paths and addresses on the platform's side -> in pods."""


def name_of(execution: str) -> str:
    """Return the Job's name: the same for the same execution, and one that the cluster allows."""
    digest = hashlib.sha256(execution.encode()).hexdigest()[:20]
    plain = re.sub(r"[^a-z0-9]+", "-", execution.lower()).strip("-")[:24].strip("-")
    return f"run-{plain}-{digest}" if plain else f"run-{digest}"


def paths_in_pods(home: Path, public_url: str, cluster: Cluster) -> dict[str, str]:
    """Return beginnings of paths and addresses here -> in pods, for the variables of runs.

    Pods see of lake and features their project's folder alone, where workspaces see it too.
    """
    inside = cluster.kubernetes_inside_url
    return {
        **{str(home / folder): f"{DATA}/{folder}" for folder in ("lake", "features")},
        **({public_url: inside} if inside else {}),
    }


def secret_of(order: Order, ground: Ground, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Secret with the order, without its notebook; it goes with the Job."""
    found = json.loads(told(order).to_json())
    del found["notebook"]
    found["environment"] = _moved(found["environment"], _own(ground.paths, order))
    found["kernel"] = FIXED
    metadata = job["metadata"]
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"],
                 "uid": metadata["uid"]}  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": metadata["name"],
            "namespace": ground.settings.runs_namespace,
            "labels": dict(PART),
            "ownerReferences": [reference],
        },
        "type": "Opaque",
        "immutable": True,
        "stringData": {"order.json": json.dumps(found)},
    }


def job_of(order: Order, ground: Ground) -> dict[str, Any]:
    """Return the Job of an order; its pod waits for the Secret of the same name."""
    name = name_of(order.id)
    settings = ground.settings
    project = str(order.environment.get("OCTAVO_PROJECT", ""))
    labels = {**PART, f"{OWN}network": "platform" if order.network else "none"}
    deadline = order.limits.wall_s + settings.runs_start_seconds + GRACE_S
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": settings.runs_namespace,
            "labels": labels,
            "annotations": {f"{OWN}execution": order.id, f"{OWN}project": project},
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "activeDeadlineSeconds": int(deadline),
            "ttlSecondsAfterFinished": KEPT_S,
            "template": {
                "metadata": {"labels": labels},
                "spec": _pod(order, ground, name, project),
            },
        },
    }


def _pod(order: Order, ground: Ground, name: str, project: str) -> dict[str, Any]:
    user = ground.cluster.kubernetes_user
    secret = ground.cluster.kubernetes_pull_secret
    volumes: list[dict[str, Any]] = [
        {"name": "run", "persistentVolumeClaim": {"claimName": ground.settings.runs_claim}},
        {"name": "order", "secret": {"secretName": name, "defaultMode": 0o440}},
        {"name": "sockets", "emptyDir": {"medium": "Memory", "sizeLimit": str(MIB)}},
        {"name": "scratch", "emptyDir": {"sizeLimit": f"{order.limits.disk_mib}Mi"}},
    ]
    lake = ground.cluster.kubernetes_lake_claim
    if lake:
        claim = {"claimName": lake, "readOnly": True}
        volumes.append({"name": "lake", "persistentVolumeClaim": claim})
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE_S,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "shareProcessNamespace": True,
        **({"imagePullSecrets": [{"name": secret}]} if secret else {}),
        "securityContext": {
            "runAsNonRoot": True,
            "fsGroup": user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **placement_of(ground.resources, ground.cluster),
        "volumes": volumes,
        "containers": [
            _runner(ground, name, user),
            _kernel(order, ground, name, project, user + 1),
        ],
    }


def _runner(ground: Ground, name: str, user: int) -> dict[str, Any]:
    own = {"cpu": "100m", "memory": f"{RUNNER_MIB}Mi"}
    return {
        "name": RUNNER,
        "image": ground.settings.runs_image,
        "command": ["python", "-P", "-m", "octavo_runner.pod"],
        "env": _variables({
            "OCTAVO_RUN_FOLDER": RUN_FOLDER,
            "OCTAVO_ORDER": f"{ORDER_FOLDER}/order.json",
            "OCTAVO_SHARED": SHARED_FOLDER,
        }),
        "resources": {"requests": own, "limits": {"memory": own["memory"]}},
        "securityContext": _confined(user),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "run", "mountPath": RUN_FOLDER, "subPath": name},
            {"name": "order", "mountPath": ORDER_FOLDER, "readOnly": True},
            {"name": "sockets", "mountPath": SHARED_FOLDER},
        ],
    }  # fmt: skip


def _kernel(order: Order, ground: Ground, name: str, project: str, user: int) -> dict[str, Any]:
    granted = amounts(ground.resources, ground.cluster)
    most = {**granted, "memory": f"{order.limits.memory_mib + HEADROOM_MIB}Mi"}
    mounts: list[dict[str, Any]] = [
        {"name": "run", "mountPath": f"{RUN_FOLDER}/home", "subPath": f"{name}/home"},
        {"name": "sockets", "mountPath": SHARED_FOLDER},
        {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
    ]
    if ground.cluster.kubernetes_lake_claim and PROJECT.fullmatch(project):
        mounts += [
            {"name": "lake", "mountPath": f"{DATA}/{folder}", "subPath": f"{folder}/{project}",
             "readOnly": True}
            for folder in ("lake", "features")
        ]  # fmt: skip
    return {
        "name": KERNEL,
        "image": ground.settings.runs_image,
        "command": ["python", "-P", "-m", "octavo_runner.kernel_host"],
        "env": _variables({"OCTAVO_LEASH": f"{SHARED_FOLDER}/leash"}),
        "resources": {"requests": granted, "limits": most},
        "securityContext": _confined(user),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }


def _confined(user: int) -> dict[str, Any]:
    return {
        "runAsUser": user,
        "runAsGroup": user,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _variables(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _own(paths: Mapping[str, str], order: Order) -> dict[str, str]:
    project = order.environment.get("OCTAVO_PROJECT", "")
    return {
        f"{start}/{project}" if start.startswith("/") else start: inside
        for start, inside in paths.items()
    }


def _moved(environment: Mapping[str, str], paths: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with each beginning as pods see it; the longest one counts."""
    found = dict(environment)
    for name, value in environment.items():
        for start in sorted(paths, key=len, reverse=True):
            if value == start or value.startswith(f"{start}/"):
                found[name] = paths[start] + value[len(start) :]
                break
    return found
