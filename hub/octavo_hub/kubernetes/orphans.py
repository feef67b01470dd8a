"""Pods that run without anybody's session: found by their labels, closed, and booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException

from octavo.records.workspaces import Orphan
from octavo_hub.kubernetes.pods import OWN

SELECTOR = "app.kubernetes.io/part-of=octavo,component=singleuser-server"
YOUNG = timedelta(minutes=5)
"""A pod younger than this may belong to a start that is just being written down."""


@dataclass(frozen=True, kw_only=True)
class OrphanPod:
    """A pod of Octavo's whose session nobody knows."""

    name: str
    """Name of the pod."""
    uid: str
    """Its identity: a later pod of the same name is another one."""
    session: str
    """Session in its labels; empty when it has none."""
    person: str | None
    """Whose it was, when its annotations say."""
    project: str | None
    """Project in its labels."""
    profile: str | None
    """Profile in its labels."""
    since: datetime
    """When it was made (UTC)."""
    ended: bool
    """Whether it has run and ended: it is cleared away, and there is nothing to book."""

    def record(self, until: datetime, namespace: str) -> Orphan:
        """Return it as the platform books it."""
        return Orphan(
            person=self.person,
            profile=self.profile,
            project=self.project,
            where=f"pod {namespace}/{self.name}",
            since=self.since,
            until=until,
        )


def orphans_in(
    pods: Iterable[Mapping[str, Any]], sessions: AbstractSet[str], now: datetime
) -> list[OrphanPod]:
    """Return the pods whose session isn't among ``sessions``, oldest first.

    Pods that are young or that are already being deleted are left alone.
    """
    found = []
    for pod in pods:
        metadata, phase = pod["metadata"], (pod.get("status") or {}).get("phase")
        labels = metadata.get("labels") or {}
        since = _moment(metadata.get("creationTimestamp"))
        session = labels.get(f"{OWN}session", "")
        if (
            session not in sessions
            and since is not None
            and now - since >= YOUNG
            and not metadata.get("deletionTimestamp")
        ):
            ended = phase in ("Succeeded", "Failed")
            found.append(_orphan(metadata, labels, since, ended=ended))
    return sorted(found, key=lambda orphan: orphan.since)


async def close(api: Any, namespace: str, orphan: OrphanPod) -> bool:
    """Delete an orphan, but no later pod of the same name; return whether it was there to delete.

    Raises ApiException when the cluster refuses.
    """
    options = client.V1DeleteOptions(
        grace_period_seconds=30, preconditions=client.V1Preconditions(uid=orphan.uid)
    )
    try:
        await api.delete_namespaced_pod(orphan.name, namespace, body=options)
    except ApiException as error:
        if error.status in (404, 409):  # gone, or another pod by now
            return False
        raise
    return True


def _orphan(
    metadata: Mapping[str, Any], labels: Mapping[str, str], since: datetime, *, ended: bool
) -> OrphanPod:
    annotations = metadata.get("annotations") or {}
    return OrphanPod(
        name=metadata["name"],
        uid=metadata["uid"],
        session=labels.get(f"{OWN}session", ""),
        person=annotations.get(f"{OWN}person"),
        project=labels.get(f"{OWN}project"),
        profile=labels.get(f"{OWN}profile"),
        since=since,
        ended=ended,
    )


def _moment(text: object) -> datetime | None:
    if isinstance(text, datetime):
        return text
    return datetime.fromisoformat(text) if isinstance(text, str) else None
