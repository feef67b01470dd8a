"""What runs ask of the cluster's API: Jobs and their pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException

from octavo_server.adapters.cluster_api import (
    ANSWER_S,
    MANAGER,
    Advice,
    ClusterClient,
    or_none,
    plain,
    reason_of,
)

ADVICE = Advice(
    rights="the Role of deploy/runs",
    unknown="Jobs (batch/v1)",
    install="Make the namespace of OCTAVO_RUNS_NAMESPACE: apply deploy/runs.",
    compare="Compare the cluster's version and quotas with docs/admin/runs.md.",
)


class JobApi(ClusterClient):
    """The API, as far as runs need it, in one namespace."""

    def __init__(self, namespace: str, answer_s: float = ANSWER_S) -> None:
        super().__init__(namespace, ADVICE, answer_s)

    def job(self, name: str) -> Mapping[str, Any] | None:
        """Return a Job; None when there is none. Raises Unavailable."""

        async def read() -> Any:
            answer = await self._batch().read_namespaced_job(
                name, self._namespace, _preload_content=False, **self._limit
            )
            return await plain(answer)

        found: Mapping[str, Any] | None = self._run(f"read the Job {name}", or_none(read))
        return found

    def make(self, job: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make a Job and return it; one of that name is returned as it is. Raises Unavailable."""
        name = job["metadata"]["name"]

        async def create() -> Any:
            try:
                answer = await self._batch().create_namespaced_job(
                    self._namespace, job, field_manager=MANAGER, _preload_content=False,
                    **self._limit,
                )  # fmt: skip
                return await plain(answer)
            except ApiException as error:
                if reason_of(error) != "AlreadyExists":
                    raise
                answer = await self._batch().read_namespaced_job(
                    name, self._namespace, _preload_content=False, **self._limit
                )
            return await plain(answer)

        made: Mapping[str, Any] = self._run(f"make the Job {name}", create)
        return made

    def pods(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return a Job's pods, the newest first. Raises Unavailable."""

        async def read() -> Any:
            answer = await self._core().list_namespaced_pod(
                self._namespace, label_selector=f"batch.kubernetes.io/job-name={name}",
                _preload_content=False, **self._limit,
            )  # fmt: skip
            return (await plain(answer))["items"]

        found = self._run(f"read the pods of the Job {name}", read)
        return sorted(
            found, key=lambda one: str(one["metadata"].get("creationTimestamp")), reverse=True
        )

    def drop(self, name: str) -> bool:
        """Delete a Job with its pods; False when there was none. Raises Unavailable."""

        async def delete() -> Any:
            answer = await self._batch().delete_namespaced_job(
                name, self._namespace, _preload_content=False,
                body=client.V1DeleteOptions(propagation_policy="Foreground"), **self._limit,
            )  # fmt: skip
            return await plain(answer)

        return self._run(f"delete the Job {name}", or_none(delete)) is not None

    def _batch(self) -> Any:
        return client.BatchV1Api(self._client)
