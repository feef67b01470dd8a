"""What pods use, measured from outside: the cluster's metrics API, asked once for all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from logging import Logger
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio.client.exceptions import ApiException

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
GIB = 1024**3
FRESH_S = 30.0
"""How long an answer serves all who ask."""
AGAIN_S = 600.0
"""How long a cluster without metrics isn't asked again."""
UNITS = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(1000), "M": Decimal(1000) ** 2, "G": Decimal(1000) ** 3, "T": Decimal(1000) ** 4,
    "Ki": Decimal(1024), "Mi": Decimal(1024) ** 2, "Gi": Decimal(1024) ** 3,
    "Ti": Decimal(1024) ** 4,
}  # fmt: skip


def quantity(text: str) -> float:
    """Return a quantity as Kubernetes writes it, ``250m`` or ``1203Ki``, as a number.

    Raises ValueError for a text that is none.
    """
    stripped = text.strip()
    unit = stripped.lstrip("+-0123456789.eE") if stripped[-1:].isalpha() else ""
    # An exponent isn't a unit: 12e6 has none.
    number = stripped[: len(stripped) - len(unit)] if unit else stripped
    try:
        return float(Decimal(number) * UNITS[unit])
    except (InvalidOperation, KeyError) as error:
        raise ValueError(f"{text!r} is no quantity") from error


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one pod used over the last moments."""

    at: datetime
    """End of the span it was measured over (UTC)."""
    cpu: float
    """CPU cores in use, mean of the span."""
    memory_gib: float
    """Memory in use, in GiB."""


def samples_of(answer: Mapping[str, Any]) -> dict[str, Sample]:
    """Return the samples in an answer by pod name; a pod that can't be read is left out."""
    found: dict[str, Sample] = {}
    for item in answer.get("items") or ():
        try:
            usages = [container["usage"] for container in item["containers"]]
            found[item["metadata"]["name"]] = Sample(
                at=datetime.fromisoformat(item["timestamp"]),
                cpu=sum(quantity(usage["cpu"]) for usage in usages),
                memory_gib=sum(quantity(usage["memory"]) for usage in usages) / GIB,
            )
        except (KeyError, TypeError, ValueError):
            continue
    return found


class PodMetrics:
    """The metrics of all workspaces of one namespace."""

    def __init__(self, api: Any, namespace: str, log: Logger) -> None:
        """Take a CustomObjectsApi and the namespace."""
        self._api = api
        self._namespace = namespace
        self._log = log
        self._samples: dict[str, Sample] = {}
        self._asked_at = float("-inf")
        self._missing_until = float("-inf")
        self._asking = asyncio.Lock()

    async def sample(self, pod_name: str) -> Sample | None:
        """Return what a pod uses, or None when the cluster can't say."""
        async with self._asking:
            now = time.monotonic()
            if now >= self._missing_until and now - self._asked_at >= FRESH_S:
                await self._ask(now)
        return self._samples.get(pod_name)

    async def _ask(self, now: float) -> None:
        self._asked_at, self._samples = now, {}
        try:
            answer = await self._api.list_namespaced_custom_object(
                GROUP, VERSION, self._namespace, "pods",
                label_selector="app.kubernetes.io/part-of=octavo", _request_timeout=10,
            )  # fmt: skip
        except ApiException as error:
            # 403: not allowed; 404: no metrics server. Neither changes within minutes.
            if error.status in (403, 404):
                self._missing_until = now + AGAIN_S
            self._log.warning("The cluster doesn't say what pods use: %s", error.reason)
        except (ClientError, OSError, TimeoutError) as error:
            self._log.warning("The cluster doesn't say what pods use: %s", error)
        else:
            self._samples = samples_of(answer)


@dataclass(kw_only=True)
class CpuTime:
    """CPU time of one workspace, summed up from samples."""

    seconds: float = 0.0
    """CPU time so far."""
    until: datetime | None = field(default=None)
    """End of the last sample (UTC)."""

    def add(self, sample: Sample, started_at: datetime) -> float:
        """Add a sample for the time since the last one, and return the sum.

        Samples that come late, twice, or out of order add nothing.
        """
        since = self.until or started_at
        span = (sample.at - since).total_seconds()
        if span > 0:
            self.seconds += sample.cpu * span
            self.until = sample.at
        return self.seconds
