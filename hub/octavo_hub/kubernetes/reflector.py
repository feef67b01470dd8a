"""The hub's view of its pods: kept by watching, with the last words of those that are gone.

KubeSpawner's reflector forgets a pod the moment it is deleted. Its last state is what says why:
drained, preempted, its machine lost. So it is kept for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from kubespawner.spawner import EventReflector, PodReflector
from traitlets import default, validate

KEPT = 1_000
"""Most pods whose last state is kept."""


class Known(dict[str, Any]):
    """Resources by name; one that is taken out is handed on."""

    def __init__(self, known: dict[str, Any], gone: OrderedDict[str, Any]) -> None:
        super().__init__(known)
        self._gone = gone

    def pop(self, key: str, *fallback: Any) -> Any:
        """Take a resource out and remember it. Raises KeyError without it or a fallback."""
        if key in self:
            remember(self._gone, key, self[key])
        return super().pop(key, *fallback)


def remember(gone: OrderedDict[str, Any], key: str, resource: Any) -> None:
    """Keep a resource's last state, and forget the oldest when there are too many."""
    gone[key] = resource
    gone.move_to_end(key)
    while len(gone) > KEPT:
        gone.popitem(last=False)


class OctavoPodReflector(PodReflector):  # type: ignore[misc]
    """Pods as they are, and as they last were."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.gone: OrderedDict[str, Any] = OrderedDict()
        super().__init__(*args, **kwargs)

    @validate("resources")
    def _keep_gone(self, proposal: Any) -> Known:
        """Take over a full list: what it lacks was deleted while nobody watched."""
        for key, resource in self.resources.items():
            if key not in proposal.value:
                remember(self.gone, key, resource)
        return Known(proposal.value, self.gone)

    def last_state(self, key: str) -> dict[str, Any] | None:
        """Return a pod as it is now, or as it last was; None when it was never seen."""
        found: dict[str, Any] | None = self.resources.get(key) or self.gone.get(key)
        return found


class OctavoEventReflector(EventReflector):  # type: ignore[misc]
    """Events about pods, unsorted: whoever reads them sorts by their own moments."""

    @default("resources")
    def _no_resources(self) -> dict[str, Any]:
        return {}

    def about(self, pod_name: str, uid: str | None) -> list[dict[str, Any]]:
        """Return the events about one pod, not about an earlier one of the same name."""
        return [
            event
            for event in self.resources.values()
            if event["involvedObject"].get("name") == pod_name
            and event["involvedObject"].get("uid") in (None, "", uid)
        ]
