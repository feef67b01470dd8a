"""What the cluster says about one start, read each second: a step, a wait, or the end of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import ClientError
from kubernetes_asyncio.client.exceptions import ApiException

from octavo_hub.failure import Failure, StartFailed
from octavo_hub.kubernetes.failures import conclude, diagnose
from octavo_hub.kubernetes.pods import OWN
from octavo_hub.kubernetes.signs import Facts
from octavo_hub.steps import Step

LAUNCH = f"{OWN}launch"
"""Annotation with the id of the one launch that a pod belongs to."""
LOOK_S = 1.0
"""Seconds between two looks at a start."""
RESCUE = (
    "Your home is full. This workspace is a rescue: nothing can be saved in it until there is "
    "room. Delete files you don't need (here they are deleted at once, not moved to a trash), or "
    "look for the largest in a terminal: du -ah ~ | sort -h | tail -20. Then stop the workspace "
    "and start it again."
)
AWAY = (ApiException, ClientError, OSError, TimeoutError)
"""What a request raises when the cluster doesn't answer, or not as it should."""
# The furthest of these that was said is where a start stands.
STEPS: tuple[tuple[str, Step, str], ...] = (
    ("Started", "starting", "JupyterLab is starting."),
    ("Pulled", "image", "The image is on the machine."),
    ("Pulling", "image", "The image is being fetched; the first time on a machine takes longer."),
    ("SuccessfulAttachVolume", "volume", "Your home is attached to the machine."),
    ("Scheduled", "machine", "A machine is found."),
)
LOOKING: tuple[Step, str] = ("machine", "A machine with room is looked for.")


@dataclass(kw_only=True)
class Launch:
    """One launch of one workspace, from the first request to its address."""

    values: Mapping[str, str]
    """What sentences may name: the profile."""
    id: str = field(default_factory=lambda: uuid4().hex)
    """Marks its pod: an earlier pod of the same name belongs to another launch."""
    refusal: Mapping[str, Any] | None = None
    """The last request that the cluster refused, and that was tried again."""
    claim_events: list[Mapping[str, Any]] = field(default_factory=list)
    """Events about the home's volume claim."""
    claim_asked_at: float = float("-inf")
    """When those were asked for, on the monotonic clock."""
    _waiting_for: Failure | None = None
    _since: float = 0.0

    def facts(
        self, pod: Mapping[str, Any] | None, events: list[dict[str, Any]], after_s: float | None
    ) -> Facts:
        """Return all that is known about the launch."""
        return Facts(
            events=[*events, *self.claim_events],
            pod=pod,
            refusal=self.refusal if pod is None else None,
            timed_out_after_s=after_s,
            values=self.values,
        )

    def step(self, facts: Facts, now: float) -> tuple[Step, str]:
        """Return where the launch stands, in words.

        Raises StartFailed when it can't succeed any more, or when an obstacle has been there for
        longer than it deserves.
        """
        if ended(facts.pod):
            raise StartFailed(conclude(facts))
        failure = diagnose(facts) if facts.pod is not None else None
        if failure is None:
            self._waiting_for = None
            return reached(facts)
        if self._waiting_for is None or self._waiting_for.sentence != failure.sentence:
            self._waiting_for, self._since = failure, now
        if now - self._since >= failure.patience_s:
            raise StartFailed(failure)
        return reached(facts)[0], failure.sentence


def ended(pod: Mapping[str, Any] | None) -> bool:
    """Whether a pod's notebook has run and ended."""
    status = (pod or {}).get("status") or {}
    return status.get("phase") in ("Succeeded", "Failed")


def reached(facts: Facts) -> tuple[Step, str]:
    """Return the furthest step that the events show."""
    said = {event.get("reason") for event in facts.events}
    for reason, step, sentence in STEPS:
        if reason in said:
            return step, sentence
    return LOOKING


def refusal_of(error: BaseException) -> dict[str, Any]:
    """Return what a failed request said, in the shape of the API's ``Status``."""
    if not isinstance(error, ApiException):
        return {"code": 0, "message": f"{type(error).__name__}: {error}"}
    try:
        status = json.loads(error.body or "")
    except (TypeError, ValueError):
        status = None
    if not isinstance(status, dict) or "code" not in status:
        return {"code": error.status or 0, "message": str(error.body or error.reason or "")}
    return status


def exit_status(pod: Mapping[str, Any] | None) -> int | None:
    """Return a pod's exit status: None while it runs or waits, 1 when it ended without one."""
    status = (pod or {}).get("status") or {}
    for container in status.get("containerStatuses") or ():
        if container["name"] == "notebook" and "terminated" in (container.get("state") or {}):
            return int(container["state"]["terminated"].get("exitCode", 1))
    return 1 if ended(pod) else None


async def listens(host: str, port: int) -> bool:
    """Whether something accepts connections at an address."""
    try:
        async with asyncio.timeout(LOOK_S):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def cancelled(work: asyncio.Future[Any]) -> None:
    """Cancel work until it has ended.

    Once isn't enough: ``asyncio.wait_for``, which KubeSpawner uses, loses a cancellation that
    comes at the moment of an answer.
    """
    while not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=LOOK_S)
    if not work.cancelled():
        work.exception()  # seen, so that asyncio doesn't report it as forgotten
