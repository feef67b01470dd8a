"""Asks the cluster's API, and says in words what it refuses.

Everything is asked in one thread with an event loop of its own: rollouts are driven without one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config

from octavo_server.adapters.kserve_manifests import GROUP, PLURAL, SELECTOR, VERSION
from octavo_server.errors import Unavailable

ANSWER_S = 10.0
"""Seconds for an answer of the API."""
MANAGER = "octavo"
"""Who owns the fields that Octavo writes."""
APPLY = "application/apply-patch+yaml"
QUOTED = 300
"""Characters of what the API says."""
LOOK_AT = "Look at the cluster's API and at the worker's log; Octavo tries again."

log = logging.getLogger("octavo.deployments")


class Stale(Exception):
    """The object changed since it was read."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The namespace as it was at one moment."""

    services: tuple[Mapping[str, Any], ...]
    """InferenceServices of Octavo's."""
    pods: tuple[Mapping[str, Any], ...]
    """Pods of Octavo's scorers."""


class ClusterApi:
    """The API, as far as scorers need it, in one namespace."""

    def __init__(self, namespace: str, answer_s: float = ANSWER_S) -> None:
        self._namespace = namespace
        self._answer_s = answer_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: Any = None

    def see(self) -> Seen:
        """Return what is there. Raises Unavailable."""
        seen: Seen = self._run("read its InferenceServices", self._see)
        return seen

    def service(self, name: str) -> Mapping[str, Any] | None:
        """Return an InferenceService; None when there is none. Raises Unavailable."""

        async def read() -> Any:
            return await self._objects().get_namespaced_custom_object(
                *self._named(name), **self._limit
            )

        found: Mapping[str, Any] | None = self._run(
            f"read the InferenceService {name}", _or_none(read)
        )
        return found

    def apply(self, service: Mapping[str, Any], version: str | None) -> Mapping[str, Any]:
        """Write an InferenceService as it was read at ``version``; None: there was none.

        Fields that somebody else took are taken back, and the log says whose. Raises
        :class:`Stale` when it changed meanwhile, else Unavailable.
        """
        name = service["metadata"]["name"]
        metadata = {**service["metadata"], **({"resourceVersion": version} if version else {})}
        body = {**service, "metadata": metadata}

        async def write() -> Any:
            try:
                return await self._patch(name, body, force=False)
            except ApiException as error:
                taken = taken_by(error)
                if taken is None:
                    raise
                log.warning("InferenceService %s was changed by others: %s", name, taken)
                return await self._patch(name, body, force=True)

        written: Mapping[str, Any] = self._run(f"write the InferenceService {name}", write)
        return written

    def drop(self, service: Mapping[str, Any]) -> None:
        """Delete an InferenceService, but no later one of its name. Raises Unavailable."""
        metadata = service["metadata"]
        preconditions = client.V1Preconditions(uid=metadata["uid"])

        async def delete() -> Any:
            return await self._objects().delete_namespaced_custom_object(
                *self._named(metadata["name"]),
                body=client.V1DeleteOptions(preconditions=preconditions),
                **self._limit,
            )

        self._run(f"delete the InferenceService {metadata['name']}", _or_none(delete))

    def put_secret(self, secret: Mapping[str, Any]) -> None:
        """Make a Secret; one of that name has the same content. Raises Unavailable."""

        async def create() -> Any:
            try:
                await self._core().create_namespaced_secret(
                    self._namespace, secret, field_manager=MANAGER, **self._limit
                )
            except ApiException as error:
                if reason_of(error) != "AlreadyExists":
                    raise

        self._run(f"make the Secret {secret['metadata']['name']}", create)

    def drop_secret(self, name: str) -> None:
        """Delete a Secret. Raises Unavailable."""

        async def delete() -> Any:
            return await self._core().delete_namespaced_secret(name, self._namespace, **self._limit)

        self._run(f"delete the Secret {name}", _or_none(delete))

    def close(self) -> None:
        """End the thread and all connections."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        if self._client is not None:
            asyncio.run_coroutine_threadsafe(self._client.close(), loop).result(self._answer_s)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._loop = self._thread = self._client = None

    @property
    def _limit(self) -> dict[str, Any]:
        return {"_request_timeout": self._answer_s}

    def _named(self, name: str) -> tuple[str, str, str, str, str]:
        return GROUP, VERSION, self._namespace, PLURAL, name

    def _objects(self) -> Any:
        return client.CustomObjectsApi(self._client)

    def _core(self) -> Any:
        return client.CoreV1Api(self._client)

    async def _patch(self, name: str, body: Mapping[str, Any], *, force: bool) -> Any:
        return await self._objects().patch_namespaced_custom_object(
            *self._named(name), body, field_manager=MANAGER, force=force, _content_type=APPLY,
            **self._limit,
        )  # fmt: skip

    async def _see(self) -> Seen:
        services = await self._objects().list_namespaced_custom_object(
            GROUP, VERSION, self._namespace, PLURAL, label_selector=SELECTOR, **self._limit
        )
        answer = await self._core().list_namespaced_pod(
            self._namespace, label_selector=SELECTOR, _preload_content=False, **self._limit
        )
        pods = json.loads(await answer.read())
        return Seen(services=tuple(services["items"]), pods=tuple(pods["items"]))

    def _run(self, what: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something in the thread; what the API refuses is said in words."""
        future = asyncio.run_coroutine_threadsafe(self._asked(work), self._started())
        try:
            return future.result(2 * self._answer_s)
        except ConfigException as error:
            raise Unavailable(
                f"No cluster to {what}: {error!s:.{QUOTED}}.",
                "Run the worker in the cluster, or name a kubeconfig in KUBECONFIG.",
            ) from error
        except ApiException as error:
            if error.status == 409 and reason_of(error) == "Conflict":
                raise Stale from error
            raise refusal(what, error) from error
        except (ClientError, OSError, TimeoutError, ValueError, KeyError) as error:
            future.cancel()
            why = str(error) or type(error).__name__
            raise Unavailable(
                f"The cluster's API was to {what} and didn't answer: {why:.{QUOTED}}.", LOOK_AT
            ) from error

    async def _asked(self, work: Callable[[], Awaitable[Any]]) -> Any:
        if self._client is None:
            await _configure()
            self._client = client.ApiClient()
        return await work()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="cluster api", daemon=True
            )
            self._thread.start()
        return self._loop


async def _configure() -> None:
    """Find the cluster: by KUBECONFIG, else the one that this runs in, else ~/.kube/config."""
    named = os.environ.get("KUBECONFIG")
    if named is None and "KUBERNETES_SERVICE_HOST" in os.environ:
        load_incluster_config()  # type: ignore[no-untyped-call]
    else:
        await load_kube_config(config_file=named)


def _or_none(work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """Return work that answers None where the object isn't there (any more)."""

    async def done() -> Any:
        try:
            return await work()
        except ApiException as error:
            if error.status == 404 and "details" in status_of(error):
                return None
            if error.status == 409:  # another object of that name by now
                return None
            raise

    return done


def status_of(error: ApiException) -> dict[str, Any]:
    """Return the Status in an answer; empty when it holds none."""
    try:
        found = json.loads(error.body or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def reason_of(error: ApiException) -> str:
    """Return the reason in an answer's Status."""
    return str(status_of(error).get("reason") or "")


def taken_by(error: ApiException) -> str | None:
    """Return who owns fields that were to be written, in the API's words; None: it isn't that."""
    causes = (status_of(error).get("details") or {}).get("causes") or ()
    said = [
        f"{cause.get('message')} at {cause.get('field')}"
        for cause in causes
        if cause.get("reason") == "FieldManagerConflict"
    ]
    return "; ".join(said)[:QUOTED] if error.status == 409 and said else None


def refusal(what: str, error: ApiException) -> Unavailable:
    """Return what the API's refusal means, and what to do about it."""
    status = status_of(error)
    said = str(status.get("message") or error.reason or "")[:QUOTED].rstrip(".")
    if error.status in (401, 403):
        return Unavailable(
            f"Octavo may not {what}: {said}.",
            "Give its service account the Role of deploy/kserve.",
        )
    if error.status == 404:
        return Unavailable(
            f"The cluster can't {what}: it doesn't know {GROUP}/{VERSION}, or not the namespace.",
            "Install KServe 0.20 or later, and apply deploy/kserve.",
        )
    if error.status in (400, 422):
        return Unavailable(
            f"The cluster refused to {what}: {said}.",
            "Compare KServe's version with docs/admin/serving.md.",
        )
    return Unavailable(f"The cluster's API could not {what} ({error.status}): {said}.", LOOK_AT)
