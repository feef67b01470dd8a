"""Asks the cluster's API, and says in words what it refuses.

Everything is asked in one thread with an event loop of its own: who asks has none.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config

from octavo_server.errors import Unavailable

ANSWER_S = 10.0
"""Seconds for an answer of the API."""
MANAGER = "octavo"
"""Who owns the fields that Octavo writes."""
QUOTED = 300
"""Characters of what the API says."""
LOOK_AT = "Look at the cluster's API and at the worker's log; Octavo tries again."


class Stale(Exception):
    """The object changed since it was read."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do about what the API refuses, by what it is asked for."""

    rights: str
    """Where the rights that Octavo needs are written down."""
    unknown: str
    """What the API doesn't know, after "it doesn't know "."""
    install: str
    """What makes the API know it."""
    compare: str
    """What to compare when it refuses an object."""


class ClusterClient:
    """The API in one namespace; rooms add what they ask for."""

    def __init__(self, namespace: str, advice: Advice, answer_s: float = ANSWER_S) -> None:
        self._namespace = namespace
        self._advice = advice
        self._answer_s = answer_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: Any = None

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

        self._run(f"delete the Secret {name}", or_none(delete))

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

    def _core(self) -> Any:
        return client.CoreV1Api(self._client)

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
            raise refusal(what, error, self._advice) from error
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


async def plain(answer: Any) -> Any:
    """Return the JSON of an answer that the client left as it came. Raises ApiException."""
    content = await answer.read()
    if answer.status >= 400:
        error = ApiException(status=answer.status, reason=answer.reason)
        error.body = content.decode(errors="replace")
        raise error
    return json.loads(content)


def or_none(work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
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


def refusal(what: str, error: ApiException, advice: Advice) -> Unavailable:
    """Return what the API's refusal means, and what to do about it."""
    status = status_of(error)
    said = str(status.get("message") or error.reason or "")[:QUOTED].rstrip(".")
    if error.status in (401, 403):
        return Unavailable(
            f"Octavo may not {what}: {said}.",
            f"Give its service account {advice.rights}.",
        )
    if error.status == 404:
        return Unavailable(
            f"The cluster can't {what}: it doesn't know {advice.unknown}, or not the namespace.",
            advice.install,
        )
    if error.status in (400, 422):
        return Unavailable(
            f"The cluster refused to {what}: {said}.",
            advice.compare,
        )
    return Unavailable(f"The cluster's API could not {what} ({error.status}): {said}.", LOOK_AT)
