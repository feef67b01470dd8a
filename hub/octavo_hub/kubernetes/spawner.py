"""Workspaces as pods: the same choice, queue, metering and ending as on one machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.utils import exponential_backoff
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException
from kubespawner.clients import load_config, shared_client
from kubespawner.spawner import KubeSpawner
from traitlets import Instance

from octavo.local.cluster import Cluster
from octavo.records.workspaces import OpenSession, Orphan, Session, Usage
from octavo_hub.failure import Failure, StartFailed
from octavo_hub.kubernetes import orphans
from octavo_hub.kubernetes.environment import ProfileRefused, pod_environment
from octavo_hub.kubernetes.failures import conclude
from octavo_hub.kubernetes.metrics import CpuTime, PodMetrics
from octavo_hub.kubernetes.pods import traits_of
from octavo_hub.kubernetes.reflector import OctavoEventReflector, OctavoPodReflector
from octavo_hub.kubernetes.signs import Facts
from octavo_hub.kubernetes.starting import (
    AWAY,
    LAUNCH,
    LOOK_S,
    RESCUE,
    Launch,
    cancelled,
    exit_status,
    listens,
    refusal_of,
)
from octavo_hub.kubernetes.volumes import folders_of
from octavo_hub.session_spawner import SessionSpawner

CLAIM_EVENTS_S = 15.0
"""Seconds between two questions about the home's volume claim."""
GONE_S = 60.0
"""Seconds that a stop waits until its pod is gone."""
PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that a request is tried again after."""


class OctavoKubeSpawner(SessionSpawner, KubeSpawner):  # type: ignore[misc]
    """One person's workspace as a pod of the profile they chose."""

    cluster = Instance(Cluster, help="What is known of the cluster.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.launched = Launch(values={})
        self.cpu_time = CpuTime()

    # ---- start

    async def bring_up(self, session: Session) -> str:
        """Create the pod of a session's profile and wait until it can be reached.

        Beside a home that is full it is created once more, as a rescue.
        """
        try:
            return await self._launch(session)
        except StartFailed as failed:
            if failed.failure.kind != "home_full":
                raise
        self.rescue, self.rescue_notice = True, RESCUE
        self.report("volume", "Your home is full, so a rescue workspace is opened beside it.")
        return await self._launch(session)

    async def _launch(self, session: Session) -> str:
        self.cpu_time = CpuTime()
        self.launched = Launch(values={"profile": session.profile.id})
        self._take_on(session)
        self.report("machine", "A machine with room is looked for.")
        starting = asyncio.ensure_future(KubeSpawner.start(self))
        try:
            while not starting.done():
                await asyncio.wait({starting}, timeout=LOOK_S)
                if not starting.done():
                    await self._look()
            address = str(starting.result())
        finally:
            await cancelled(starting)
        await self._await_door(address)
        return address

    async def _await_door(self, address: str) -> None:
        """Wait until the pod listens. Raises StartFailed when it ends instead."""
        self.report("starting", "JupyterLab is starting.")
        where = urlsplit(address)
        while not await listens(where.hostname or "", where.port or 80):
            status = await self.alive()
            if status is not None:
                raise StartFailed(conclude(self._facts()))
            await asyncio.sleep(LOOK_S / 2)

    def _take_on(self, session: Session) -> None:
        traits = traits_of(session, self.cluster, self.pvc_name)
        traits["extra_annotations"][LAUNCH] = self.launched.id
        for name, value in traits.items():
            setattr(self, name, value)
        inside = self.cluster.kubernetes_inside_url.rstrip("/")
        self.environment = pod_environment(
            session, inside, self.api_token, folders_of(self.cluster)
        ) | ({"OCTAVO_RESCUE": "1"} if self.rescue else {})

    async def _look(self) -> None:
        if self.pod_reflector is None or self.event_reflector is None:
            return
        pod = self._own_pod()
        if pod is not None and (pod.get("status") or {}).get("phase") == "Pending":
            await self._ask_about_claim()
        step, sentence = self.launched.step(self._facts(), time.monotonic())
        self.report(step, sentence)

    async def _ask_about_claim(self) -> None:
        """Fetch the events about the home, which aren't watched: only a start that waits asks."""
        now = time.monotonic()
        if now - self.launched.claim_asked_at < CLAIM_EVENTS_S:
            return
        self.launched.claim_asked_at = now
        about = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={self.pvc_name}"
        try:
            answer = await self.api.list_namespaced_event(
                self.namespace, field_selector=about, _request_timeout=5
            )
        except AWAY as error:
            self.log.debug("No events about %s: %s", self.pvc_name, error)
            return
        events = self.api.api_client.sanitize_for_serialization(answer.items)
        self.launched.claim_events = [
            event
            for event in events
            if (event.get("involvedObject") or {}).get("name") == self.pvc_name
        ]

    async def load_user_options(self) -> None:
        """Leave everything to :meth:`bring_up`: what was chosen is in the session."""

    def is_pod_running(self, pod: Mapping[str, Any] | None) -> bool:
        """Whether a pod has an address and all of its containers are ready."""
        status = (pod or {}).get("status") or {}
        containers = status.get("containerStatuses") or []
        return (
            pod is not None
            and status.get("phase") == "Running"
            and bool(status.get("podIP"))
            and "deletionTimestamp" not in pod["metadata"]
            and (pod["metadata"].get("annotations") or {}).get(LAUNCH) == self.launched.id
            and bool(containers)
            and all(container.get("ready") for container in containers)
        )

    async def _make_create_pod_request(self, pod: Any, request_timeout: float) -> bool:
        """Create the pod; return False to be asked again.

        A pod of this very launch is taken as created: only the answer was lost. One of an earlier
        launch is removed first.
        """
        try:
            async with asyncio.timeout(request_timeout):
                await self.api.create_namespaced_pod(self.namespace, pod)
        except ApiException as error:
            self.launched.refusal = refusal_of(error)
            if error.status == 409:
                return await self._take_or_remove()
            if error.status not in PASSING:
                raise
            return False
        except AWAY as error:
            self.launched.refusal = refusal_of(error)
            return False
        self.launched.refusal = None
        return True

    async def _take_or_remove(self) -> bool:
        try:
            found = await self.api.read_namespaced_pod(self.pod_name, self.namespace)
        except ApiException as error:
            if error.status == 404:
                return False
            raise
        if (found.metadata.annotations or {}).get(LAUNCH) == self.launched.id:
            return found.metadata.deletion_timestamp is None
        self.log.info("Removing the pod %s of an earlier start", self.pod_name)
        self.report("machine", "Your last workspace is still being cleared away.")
        await self._delete(found.metadata.uid, self.delete_grace_period)
        return False

    # ---- what the cluster says

    def failure_of(self, error: Exception) -> Failure | None:
        """Return why a launch failed, from what the cluster said about it."""
        if isinstance(error, StartFailed | ProfileRefused):
            return error.failure
        if isinstance(error, TimeoutError):
            return conclude(self._facts(self.launch_timeout))
        if isinstance(error, AWAY):
            return conclude(Facts(refusal=refusal_of(error), values=self.launched.values))
        return None

    async def why_ended(self) -> Failure | None:
        """Return why the pod has ended or gone, or None when JupyterLab was closed by hand."""
        if exit_status(self._own_pod()) == 0:
            return None
        return conclude(self._facts())

    def _facts(self, after_s: float | None = None) -> Facts:
        pod = self._own_pod()
        uid = pod["metadata"].get("uid") if pod is not None else None
        reflector = self.event_reflector
        events = reflector.about(self.pod_name, uid) if reflector and uid else []
        return self.launched.facts(pod, events, after_s)

    def _own_pod(self) -> dict[str, Any] | None:
        """Return this launch's pod as it is or last was, never an earlier one of its name."""
        reflector = self.pod_reflector
        pod = reflector.last_state(f"{self.namespace}/{self.pod_name}") if reflector else None
        if pod is None:
            return None
        annotations = pod["metadata"].get("annotations") or {}
        return pod if annotations.get(LAUNCH) == self.launched.id else None

    @property
    def events(self) -> list[dict[str, Any]]:
        """Nothing: KubeSpawner would sort by fields that not every event has."""
        return []

    # ---- while it runs

    async def alive(self) -> int | None:
        """Return None while the pod runs, or while nobody can say."""
        try:
            await self._start_watching_pods()
        except AWAY as error:
            self.log.warning("Whether %s runs isn't known: %s", self._log_name, error)
            return None
        here = self.pod_reflector.resources.get(f"{self.namespace}/{self.pod_name}")
        own = self._own_pod()
        if here is None or own is None:
            return exit_status(own) or 0
        status = exit_status(own)
        if status is not None:
            await self._clear_away(own["metadata"]["uid"])
        return status

    async def _clear_away(self, uid: str) -> None:
        """Delete a pod that has ended; its last state stays known here."""
        try:
            await self._delete(uid, 0)
        except AWAY as error:
            self.log.warning("%s is cleared away later: %s", self.pod_name, error)

    async def used(self) -> Usage | None:
        """Return what the pod uses, when the cluster has a metrics server."""
        metrics: PodMetrics = self.user.settings.setdefault(
            "octavo_pod_metrics",
            PodMetrics(shared_client("CustomObjectsApi"), self.namespace, self.log),
        )
        sample = await metrics.sample(self.pod_name)
        if sample is None or self.session is None:
            return None
        began = self.session.started_at or self.session.requested_at
        return Usage(cpu_seconds=self.cpu_time.add(sample, began), memory_gib=sample.memory_gib)

    # ---- end

    async def take_down(self, now: bool) -> None:
        """Delete the pod and wait until it is gone; what can't be deleted now is found later."""
        try:
            await self._delete(None, 0 if now else self.delete_grace_period)
            await self._start_watching_pods()
        except AWAY as error:
            self.log.error("%s couldn't be deleted; it is closed later: %s", self.pod_name, error)
            return
        key = f"{self.namespace}/{self.pod_name}"
        try:
            await exponential_backoff(
                lambda: key not in self.pod_reflector.resources,
                f"pod {key} isn't gone after {GONE_S:.0f} seconds",
                timeout=GONE_S,
            )
        except TimeoutError as late:
            self.log.warning("%s; its name is free once its machine answers", late)

    async def _delete(self, uid: str | None, grace_s: int) -> None:
        options = client.V1DeleteOptions(
            grace_period_seconds=grace_s,
            preconditions=client.V1Preconditions(uid=uid) if uid else None,
        )
        try:
            await self.api.delete_namespaced_pod(
                self.pod_name, self.namespace, body=options, _request_timeout=10
            )
        except ApiException as error:
            if error.status not in (404, 409):  # gone, or another pod by now
                raise

    @classmethod
    async def close_orphans(cls, app: Any, known: Mapping[str, OpenSession]) -> list[Orphan]:
        """Delete the pods of sessions that nobody knows, and return what they were."""
        given = app.config.OctavoKubeSpawner
        load_config(
            host=given.get("k8s_api_host", ""),
            ssl_ca_cert=given.get("k8s_api_ssl_ca_cert", ""),
            verify_ssl=given.get("k8s_api_verify_ssl"),
        )
        api, now = shared_client("CoreV1Api"), datetime.now(UTC)
        namespace = given.cluster.kubernetes_namespace
        answer = await api.list_namespaced_pod(
            namespace, label_selector=orphans.SELECTOR, _request_timeout=30
        )
        pods = api.api_client.sanitize_for_serialization(answer.items)
        closed = []
        for orphan in orphans.orphans_in(pods, known.keys(), now):
            app.log.warning("Pod %s belongs to no session: closing it", orphan.name)
            if await orphans.close(api, namespace, orphan) and not orphan.ended:
                closed.append(orphan.record(datetime.now(UTC), namespace))
        return closed

    # ---- watching

    async def _start_watching_pods(self, replace: bool = False) -> Any:
        return await self._watch(
            "pods",
            OctavoPodReflector,
            replace,
            labels={"component": self.component_label, "app.kubernetes.io/part-of": "octavo"},
        )

    async def _start_watching_events(self, replace: bool = False) -> Any:
        return await self._watch(
            "events", OctavoEventReflector, replace, fields={"involvedObject.kind": "Pod"}
        )

    async def _watch(self, kind: str, reflector: type, replace: bool, **what: Any) -> Any:
        """Return the shared reflector, a new one where the old has given up or never began."""
        current = self.reflectors.get(self._get_reflector_key(kind))
        if current is not None and current.first_load_future.done():
            task = current.watch_task
            replace = replace or task is None or task.done()
        return await self._start_reflector(
            kind=kind,
            reflector_class=reflector,
            replace=replace,
            omit_namespace=self.enable_user_namespaces,
            **what,
        )

    # ---- over a restart of the hub

    def get_state(self) -> dict[str, Any]:
        """Return what a restarted hub needs to know its pod again and to go on measuring."""
        state: dict[str, Any] = super().get_state()
        until = self.cpu_time.until
        return state | {
            "launch": self.launched.id,
            "cpu_seconds": self.cpu_time.seconds,
            "cpu_until": until.isoformat() if until else None,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a pod again that runs or starts."""
        super().load_state(state)
        profile = self.session.profile.id if self.session else ""
        self.launched = Launch(values={"profile": profile}, id=state.get("launch") or "")
        until = state.get("cpu_until")
        self.cpu_time = CpuTime(
            seconds=float(state.get("cpu_seconds") or 0.0),
            until=datetime.fromisoformat(until) if until else None,
        )
