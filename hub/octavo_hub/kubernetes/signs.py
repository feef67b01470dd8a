"""Reads what a cluster says about one pod: its events, its status, and a refused request.

Both event shapes are understood, ``v1`` and ``events.k8s.io/v1``; anything missing is taken as
empty, because a message that can't be read must never hide the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

BEGINNING = datetime.fromtimestamp(0, UTC)
FINISHED = frozenset({"Completed", "Succeeded"})


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One thing the cluster said."""

    reason: str
    """Machine word for it: an event's reason, ``ErrImagePull``, or ``request:403``."""
    message: str
    """What it said, in its own words."""
    at: datetime = BEGINNING
    """When it was last said (UTC); a pod's status has no time and counts as said at its start."""
    source: str = ""
    """Who said it: ``default-scheduler``, ``kubelet``, ``status``, ``request``."""

    @property
    def line(self) -> str:
        """The sign as people find it in ``kubectl describe``."""
        return f"{self.reason}: {self.message}" if self.message else self.reason


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything known about the start, or the end, of one workspace."""

    events: Sequence[Mapping[str, Any]] = ()
    """Events about the pod and its volume claims, as the API gives them."""
    pod: Mapping[str, Any] | None = None
    """The pod as the API gives it; None when it was never created or is gone."""
    refusal: Mapping[str, Any] | None = None
    """The API's ``Status`` for a request it refused; None when none was."""
    timed_out_after_s: float | None = None
    """After how many seconds the start was given up; None while it may still go on."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Further values for sentences: ``profile``, ``image``."""


def signs_of(facts: Facts) -> list[Sign]:
    """Return all signs, oldest first; signs of equal time stay in the order they came."""
    found = [*_request(facts.refusal), *_status(facts.pod), *map(_event, facts.events)]
    return sorted(found, key=lambda sign: sign.at)


def container_of(pod: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the notebook's container in a pod's spec, or an empty mapping."""
    containers = _get(pod, "spec", "containers") or []
    return next(iter(containers), {})


def _event(event: Mapping[str, Any]) -> Sign:
    series = event.get("series") or {}
    moments = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("deprecatedLastTimestamp"),
        event.get("eventTime"),
        event.get("firstTimestamp"),
        _get(event, "metadata", "creationTimestamp"),
    )
    return Sign(
        reason=str(event.get("reason") or ""),
        message=" ".join(str(event.get("message") or event.get("note") or "").split()),
        at=next((moment for text in moments if (moment := _moment(text))), BEGINNING),
        source=str(
            _get(event, "source", "component")
            or event.get("reportingController")
            or event.get("reportingComponent")
            or ""
        ),
    )


def _request(refusal: Mapping[str, Any] | None) -> Iterator[Sign]:
    if refusal is not None:
        code = refusal.get("code", 0)
        message = refusal.get("message") or refusal.get("reason") or ""
        text = " ".join(str(message).split())
        yield Sign(reason=f"request:{code}", message=text, source="request")


def _status(pod: Mapping[str, Any] | None) -> Iterator[Sign]:
    status = _get(pod, "status") or {}
    started = _moment(status.get("startTime")) or BEGINNING
    if status.get("reason"):
        yield _said(str(status["reason"]), status.get("message"), started)
    for condition in status.get("conditions") or []:
        yield from _condition(condition)
    for one in [*(status.get("initContainerStatuses") or []), *_containers(status)]:
        yield from _container(one, started)


def _containers(status: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return status.get("containerStatuses") or []


def _condition(condition: Mapping[str, Any]) -> Iterator[Sign]:
    at = _moment(condition.get("lastTransitionTime")) or BEGINNING
    kind, holds = condition.get("type"), condition.get("status")
    if kind == "PodScheduled" and holds == "False":
        reason = "FailedScheduling" if condition.get("reason") == "Unschedulable" else None
        yield _said(reason or str(condition.get("reason") or ""), condition.get("message"), at)
    if kind == "DisruptionTarget" and holds == "True":
        yield _said(str(condition.get("reason") or ""), condition.get("message"), at)


def _container(one: Mapping[str, Any], started: datetime) -> Iterator[Sign]:
    """Yield how the container ended last time, how it ended now, and what it waits for."""
    for state in (one.get("lastState") or {}, one.get("state") or {}):
        ended = state.get("terminated") or {}
        if ended:
            at = _moment(ended.get("finishedAt")) or started
            yield _said(_ending(ended), ended.get("message"), at)
        waiting = state.get("waiting") or {}
        if waiting.get("reason") not in (None, "", "ContainerCreating", "PodInitializing"):
            yield _said(str(waiting["reason"]), waiting.get("message"), started)


def _ending(ended: Mapping[str, Any]) -> str:
    reason = str(ended.get("reason") or "Error")
    return reason if reason != "Error" else f"Error:{ended.get('exitCode', 1)}"


def _said(reason: str, message: object, at: datetime) -> Sign:
    text = " ".join(str(message or "").split())
    return Sign(reason=reason, message=text, at=at, source="status")


def _moment(text: object) -> datetime | None:
    if isinstance(text, datetime):
        return text.astimezone(UTC)
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _get(record: Mapping[str, Any] | None, *path: str) -> Any:
    """Return what lies at a path of keys, or None as soon as one is missing or no mapping."""
    here: Any = record
    for key in path:
        if not isinstance(here, Mapping):
            return None
        here = here.get(key)
    return here
