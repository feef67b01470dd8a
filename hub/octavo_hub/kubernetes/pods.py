"""What a profile becomes as a pod: the spawner's traits, and nothing that a person chose but it.

Pure: a session and the cluster's settings in, the traits of KubeSpawner out. Every value that
comes from a profile is made literal, because KubeSpawner expands ``{...}`` in most of its traits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kubespawner.slugs import is_valid_label, safe_slug

from octavo.local.cluster import KEY, VALUE, Cluster
from octavo.records.workspaces import Profile, Session
from octavo_hub.kubernetes.environment import HOME, ProfileRefused, literal
from octavo_hub.kubernetes.volumes import GIB, volumes_of

OWN = "octavo.dev/"
IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,400}@sha256:[0-9a-f]{64}")
# Taints that clouds put on spot nodes by themselves.
CLOUD_SPOT_TAINTS = (
    ("cloud.google.com/gke-spot", "true"),
    ("cloud.google.com/gke-preemptible", "true"),
    ("kubernetes.azure.com/scalesetpriority", "spot"),
)
POD_SECURITY = {
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
    # A home with many files isn't walked through again at each start.
    "fsGroupChangePolicy": "OnRootMismatch",
}
CONTAINER_SECURITY = {
    "runAsNonRoot": True,
    "privileged": False,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What marks a pod as Octavo's, and what it is booked on."""

    labels: dict[str, str]
    """Values cut to what Kubernetes allows; cost tools group by them."""
    annotations: dict[str, str]
    """The same without cuts, where it matters who it exactly is."""


def traits_of(session: Session, cluster: Cluster, home_claim: str) -> dict[str, Any]:
    """Return the traits of KubeSpawner for a session.

    Raises ProfileRefused for a profile that can't be a pod, or may not be one.
    """
    profile = session.profile
    marks = marks_of(session)
    volumes = volumes_of(session, cluster, home_claim)
    return {
        "image": image_of(session, cluster),
        "image_pull_policy": "IfNotPresent",
        "image_pull_secrets": [cluster.kubernetes_pull_secret]
        if cluster.kubernetes_pull_secret
        else [],
        **_resources(profile, cluster),
        **_placement(profile, cluster),
        **_security(cluster),
        "volumes": volumes.volumes,
        "volume_mounts": volumes.mounts,
        "working_dir": HOME,
        "extra_labels": {key: literal(value) for key, value in marks.labels.items()},
        "extra_annotations": {key: literal(value) for key, value in marks.annotations.items()},
        "extra_container_config": {"terminationMessagePolicy": "FallbackToLogsOnError"},
        "extra_pod_config": {"restartPolicy": "Never", "enableServiceLinks": False},
    }


# ---------------------------------------------------------------- what it is


def image_of(session: Session, cluster: Cluster) -> str:
    """Return the chosen image of a profile, by digest."""
    profile = session.profile
    images = {one.name: one.image for one in profile.images}
    if session.image is not None and session.image not in images:
        raise ProfileRefused(
            f"Profile {profile.id} has no image {session.image!r:.80}; it has "
            f"{', '.join(images) or 'none'}.",
            "Choose one of its images and start again.",
        )
    first = profile.images[0].image if profile.images else cluster.kubernetes_image
    image = images[session.image] if session.image is not None else first
    if not image:
        raise ProfileRefused(
            f"Profile {profile.id} names no image, and OCTAVO_KUBERNETES_IMAGE isn't set."
        )
    if not IMAGE.fullmatch(image):
        raise ProfileRefused(
            f"Profile {profile.id} names the image {image!r:.200}, which isn't given by digest "
            "(registry/name@sha256:...)."
        )
    return image


def marks_of(session: Session) -> Labels:
    """Return the labels and annotations of a session's pod."""
    profile = session.profile
    own = {
        "session": session.id,
        "project": session.project,
        "person": session.person,
        "profile": profile.id,
        "profile-version": str(profile.version),
        "capacity": profile.capacity,
    }
    chargeback = {OWN + key: value for key, value in profile.labels.items()}
    return Labels(
        labels={
            **{key: label_value(value) for key, value in chargeback.items() if _is_key(key)},
            **{OWN + key: label_value(value) for key, value in own.items()},
            "app.kubernetes.io/part-of": "octavo",
        },
        annotations={
            OWN + "person": session.person,
            OWN + "profile-digest": profile.digest,
            OWN + "requested-at": session.requested_at.isoformat(),
            # A workspace with a running notebook isn't moved to save a machine.
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "karpenter.sh/do-not-disrupt": "true",
        },
    )


def label_value(text: str) -> str:
    """Return a text as a label's value: itself where Kubernetes allows it, else a slug of it."""
    slug: str = safe_slug(text, is_valid=is_valid_label)
    return slug


def _is_key(key: str) -> bool:
    return KEY.fullmatch(key) is not None


# ---------------------------------------------------------------- what it may use


def _resources(profile: Profile, cluster: Cluster) -> dict[str, Any]:
    given = profile.resources
    if not 0 < given.cpu_guarantee <= given.cpu or not (
        0 < given.memory_guarantee_gib <= given.memory_gib
    ):
        raise ProfileRefused(
            f"Profile {profile.id} guarantees more than its limit: {given.cpu_guarantee:g} of "
            f"{given.cpu:g} CPU, {given.memory_guarantee_gib:g} of {given.memory_gib:g} GiB."
        )
    gpus = {cluster.kubernetes_gpu_resource: str(given.gpu)} if given.gpu else {}
    scratch = f"{cluster.kubernetes_scratch_gib}Gi"
    return {
        "cpu_limit": given.cpu,
        "cpu_guarantee": given.cpu_guarantee,
        "mem_limit": int(given.memory_gib * GIB),
        "mem_guarantee": int(given.memory_guarantee_gib * GIB),
        "extra_resource_limits": {**gpus, "ephemeral-storage": scratch},
        # A tenth is set aside at once; up to the limit, machines share what they have.
        "extra_resource_guarantees": {
            **gpus,
            "ephemeral-storage": f"{max(1, cluster.kubernetes_scratch_gib // 10)}Gi",
        },
    }


def _security(cluster: Cluster) -> dict[str, Any]:
    return {
        "uid": cluster.kubernetes_user,
        "gid": cluster.kubernetes_user,
        "fs_gid": cluster.kubernetes_user,
        "supplemental_gids": [],
        "privileged": False,
        "allow_privilege_escalation": False,
        "container_security_context": dict(CONTAINER_SECURITY),
        "pod_security_context": dict(POD_SECURITY),
        "service_account": None,
        "automount_service_account_token": False,
        "extra_containers": [],
        "init_containers": [],
    }


# ---------------------------------------------------------------- where it runs


def _placement(profile: Profile, cluster: Cluster) -> dict[str, Any]:
    spot = profile.capacity == "spot"
    key, value = cluster.spot
    expressions: list[dict[str, Any]] = [
        {"key": key, "operator": "In" if spot else "NotIn", "values": [value]}
    ]
    if profile.resources.gpu and _wants_gpu_label(profile, cluster):
        expressions.append(_gpu_nodes(profile, cluster))
    return {
        "node_selector": dict(profile.node_selector),
        "node_affinity_required": [{"matchExpressions": expressions}],
        "tolerations": _tolerations(profile, cluster),
        # Whether a profile may go before another is the queue's business, not the scheduler's.
        "priority_class_name": "",
    }


def _gpu_nodes(profile: Profile, cluster: Cluster) -> dict[str, Any]:
    product = profile.resources.gpu_type or ""
    if not VALUE.fullmatch(product):
        raise ProfileRefused(
            f"Profile {profile.id} wants GPUs of type {product!r:.80}, which no label of a node "
            f"can hold; it should be a value of {cluster.kubernetes_gpu_label}."
        )
    return {"key": cluster.kubernetes_gpu_label, "operator": "In", "values": [product]}


def _wants_gpu_label(profile: Profile, cluster: Cluster) -> bool:
    """Whether GPU nodes are chosen here; a node selector of the profile's own goes first."""
    return (
        profile.resources.gpu_type is not None
        and cluster.kubernetes_gpu_label not in profile.node_selector
    )


def _tolerations(profile: Profile, cluster: Cluster) -> list[dict[str, Any]]:
    own = [
        {
            name: text
            for name, text in (
                ("key", one.key),
                ("operator", one.operator),
                ("value", one.value),
                ("effect", one.effect),
            )
            if text is not None
        }
        for one in profile.tolerations
    ]
    for one in own:
        # `Exists` without a key would tolerate every taint: control plane, lost and full machines.
        if not one.get("key"):
            raise ProfileRefused(
                f"Profile {profile.id} tolerates every taint; it must name those that it means."
            )
    if profile.resources.gpu:
        own.append({"key": cluster.kubernetes_gpu_resource, "operator": "Exists"})
    if profile.capacity == "spot":
        taints = (cluster.spot, *CLOUD_SPOT_TAINTS)
        own += [{"key": key, "operator": "Equal", "value": value} for key, value in taints]
    return own
