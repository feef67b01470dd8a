"""What a workspace can read and write: its home, its part of the lake, and further volumes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from octavo.local.cluster import Cluster
from octavo.records.workspaces import Profile, Session
from octavo.reserved import is_reserved_folder
from octavo_hub.kubernetes.environment import HOME, ProfileRefused, literal

GIB = 1024**3
HOME_VOLUME = "home"
HOME_CLAIM = "home-"
"""Beginning of the claims that hold homes."""
SHARED = "/srv/octavo"
LONGEST_NAME = 50
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class Volumes:
    """The volumes of a pod and where they lie in it."""

    volumes: list[dict[str, Any]]
    """As Kubernetes writes them."""
    mounts: list[dict[str, Any]]
    """As Kubernetes writes them."""


def volumes_of(session: Session, cluster: Cluster, home_claim: str) -> Volumes:
    """Return the home, shared memory, the project's part of the lake, and the profile's own."""
    memory = session.profile.resources.memory_gib
    volumes: list[dict[str, Any]] = [
        {"name": HOME_VOLUME, "persistentVolumeClaim": {"claimName": home_claim}},
        # Libraries that train in several processes pass data through it; it counts as memory.
        {
            "name": "shm",
            "emptyDir": {"medium": "Memory", "sizeLimit": str(int(memory * GIB / 2))},
        },
    ]
    mounts: list[dict[str, Any]] = [
        {"name": HOME_VOLUME, "mountPath": HOME},
        {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - the pod's own
    ]
    if cluster.kubernetes_lake_claim:
        claim = {"claimName": cluster.kubernetes_lake_claim, "readOnly": True}
        volumes.append({"name": "octavo-lake", "persistentVolumeClaim": claim})
        mounts += _lake_mounts(session.project)
    for one in session.profile.volumes:
        name = f"profile-{one.name}"
        mount = _checked_mount(session.profile, one.name, one.mount)
        volumes.append({"name": name, **_source(session.profile, one.model_dump())})
        mounts.append({"name": name, "mountPath": mount, "readOnly": one.read_only})
    return Volumes(volumes=volumes, mounts=mounts)


def folders_of(cluster: Cluster) -> dict[str, str]:
    """Return the variables that say where lake and features lie in a pod, if it has them."""
    if not cluster.kubernetes_lake_claim:
        return {}
    return {"OCTAVO_LAKE": f"{SHARED}/lake", "OCTAVO_FEATURES": f"{SHARED}/features"}


def _lake_mounts(project: str) -> list[dict[str, Any]]:
    if not DNS_LABEL.fullmatch(project):
        raise ProfileRefused(f"Project {project!r:.80} is no name that a folder can be given for.")
    return [
        {
            "name": "octavo-lake",
            "mountPath": f"{SHARED}/{folder}",
            "subPath": f"{folder}/{project}",
            "readOnly": True,
        }
        for folder in ("lake", "features")
    ]


def _source(profile: Profile, volume: Mapping[str, Any]) -> dict[str, Any]:
    if volume["claim"]:
        if volume["claim"].startswith(HOME_CLAIM):
            raise ProfileRefused(
                f"Volume {volume['name']} of profile {profile.id} is the claim "
                f"{volume['claim']!r:.80}, a person's home."
            )
        claim = {"claimName": literal(volume["claim"]), "readOnly": volume["read_only"]}
        return {"persistentVolumeClaim": claim}
    size = volume["size_gib"]
    if size is None or size <= 0:
        raise ProfileRefused(
            f"Volume {volume['name']} of profile {profile.id} has neither a claim nor a size."
        )
    # Made with the pod and deleted with it.
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": str(int(size * GIB))}},
    }
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def _checked_mount(profile: Profile, name: str, mount: str) -> str:
    if not DNS_LABEL.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ProfileRefused(
            f"Profile {profile.id} has a volume {name!r:.80}; a volume's name has at most "
            f"{LONGEST_NAME} small letters, digits and hyphens."
        )
    if not _is_free(mount):
        raise ProfileRefused(
            f"Profile {profile.id} mounts {name} at {mount!r:.120}; a volume needs a folder of its "
            "own, such as /data/corpus."
        )
    return mount


def _is_free(mount: str) -> bool:
    """Whether a folder is absolute, plainly written, and hides nothing of system and platform."""
    parts = mount.split("/")
    plain = (
        parts[0] == ""
        and len(parts) > 1
        and not any(part in ("", ".", "..") for part in parts[1:])
        and not any(character in mount for character in ":{}\0")
    )
    return plain and not is_reserved_folder(mount)
