"""What scorers ask of the cluster's API: InferenceServices and their pods."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException

from octavo_server.adapters.cluster_api import (
    ANSWER_S,
    MANAGER,
    QUOTED,
    Advice,
    ClusterClient,
    Stale,
    or_none,
    plain,
    status_of,
)
from octavo_server.adapters.kserve_manifests import GROUP, PLURAL, SELECTOR, VERSION

__all__ = ["ADVICE", "MANAGER", "ClusterApi", "Seen", "Stale", "taken_by"]

APPLY = "application/apply-patch+yaml"
ADVICE = Advice(
    rights="the Role of deploy/kserve",
    unknown=f"{GROUP}/{VERSION}",
    install="Install KServe 0.20 or later, and apply deploy/kserve.",
    compare="Compare KServe's version with docs/admin/serving.md.",
)

log = logging.getLogger("octavo.deployments")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The namespace as it was at one moment."""

    services: tuple[Mapping[str, Any], ...]
    """InferenceServices of Octavo's."""
    pods: tuple[Mapping[str, Any], ...]
    """Pods of Octavo's scorers."""


class ClusterApi(ClusterClient):
    """The API, as far as scorers need it, in one namespace."""

    def __init__(self, namespace: str, answer_s: float = ANSWER_S) -> None:
        super().__init__(namespace, ADVICE, answer_s)

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
            f"read the InferenceService {name}", or_none(read)
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

        self._run(f"delete the InferenceService {metadata['name']}", or_none(delete))

    def _named(self, name: str) -> tuple[str, str, str, str, str]:
        return GROUP, VERSION, self._namespace, PLURAL, name

    def _objects(self) -> Any:
        return client.CustomObjectsApi(self._client)

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
        pods = await plain(answer)
        return Seen(services=tuple(services["items"]), pods=tuple(pods["items"]))


def taken_by(error: ApiException) -> str | None:
    """Return who owns fields that were to be written, in the API's words; None: it isn't that."""
    causes = (status_of(error).get("details") or {}).get("causes") or ()
    said = [
        f"{cause.get('message')} at {cause.get('field')}"
        for cause in causes
        if cause.get("reason") == "FieldManagerConflict"
    ]
    return "; ".join(said)[:QUOTED] if error.status == 409 and said else None
