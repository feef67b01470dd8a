"""Sessions and spawners for tests of pods.

- ``profile(**more)``, ``session(**more)``: wire records with fields replaced
- ``spawner``: an ``OctavoKubeSpawner`` without a hub around it
- ``brought_up``: brings its workspace up, with a kubelet that runs its pod
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from traitlets.config import Config

from octavo.local.cluster import Cluster as ClusterSettings
from octavo.records.profiles import Profile, ProfileImage, ProfileResources, Rate
from octavo.records.workspaces import Session
from tests.support.cluster import Cluster

DIGEST = "sha256:" + "4f" * 32
IMAGE = f"registry.example.org/octavo/workspace-cpu@{DIGEST}"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def resources(**more: Any) -> ProfileResources:
    given = {
        "cpu": 2.0, "cpu_guarantee": 0.5, "memory_gib": 8.0, "memory_guarantee_gib": 1.0,
        "processes": 1024, "gpu": 0, "gpu_type": None,
    }  # fmt: skip
    return ProfileResources(**(given | more))


def profile(**more: Any) -> Profile:
    given: dict[str, Any] = {
        "id": "cpu-small", "version": 3, "digest": DIGEST, "title": "Small CPU",
        "description": "For tables.", "resources": resources(),
        "images": [ProfileImage(name="standard", title="Standard", image=IMAGE)],
        "rates": [Rate(since=date(2026, 1, 1), eur_per_hour=0.12)], "price_eur_per_hour": 0.12,
        "idle_minutes": 60, "gpu_idle_minutes": None, "extension_minutes": 60,
        "longest_hours": 72.0, "ready_seconds": 8, "capacity": "on-demand", "node_selector": {},
        "tolerations": [], "volumes": [], "environment": {}, "labels": {}, "audiences": [],
        "environments": ["dev"], "pipelines": True, "published_at": NOW,
    }  # fmt: skip
    return Profile(**(given | more))


def session(**more: Any) -> Session:
    given: dict[str, Any] = {
        "id": "s-01", "person": "ada", "project": "flights", "profile": profile(), "image": None,
        "template": "flights", "state": "starting", "position": None, "expected_wait_s": None,
        "waits_for": "", "gpus": [], "requested_at": NOW, "started_at": NOW,
        "metered_until": NOW, "ended_at": None, "end_reason": None, "seconds": 0.0,
        "cost_eur": 0.0, "budget_left_eur": 100.0, "idle_stop_at": None, "ends_at": None,
        "stop_at": None, "stop_reason": None, "extension_minutes_left": 60, "notices": [],
        "hand_off_to": [],
    }  # fmt: skip
    return Session(**(given | more))


def cluster_settings(**more: Any) -> ClusterSettings:
    return ClusterSettings(kubernetes_inside_url="http://octavo.octavo.svc:8000", **more)


def spawner(host: str, port: int, person: str = "ada", **more: Any) -> Any:
    """Return a spawner whose cluster is at ``host``; must be called in a running loop.

    Its pods listen at ``port`` of 127.0.0.1, as :func:`listening` does.
    """
    from octavo_hub.kubernetes.configuration import configure_kubernetes
    from octavo_hub.kubernetes.spawner import OctavoKubeSpawner

    config = Config()
    configure_kubernetes(config, cluster_settings(**more), "http://127.0.0.1:8000")
    config.OctavoKubeSpawner.k8s_api_host = host
    config.OctavoKubeSpawner.port = port
    config.OctavoKubeSpawner.platform_url = "http://127.0.0.1:1"
    config.OctavoKubeSpawner.token_file = "/dev/null"
    user = SimpleNamespace(
        name=person, escaped_name=person, id=1, url=f"/user/{person}/", settings={}, groups=[]
    )
    hub = SimpleNamespace(
        public_host="", url="http://127.0.0.1:8001/hub/", base_url="/hub/",
        api_url="http://127.0.0.1:8001/hub/api",
    )  # fmt: skip
    made = OctavoKubeSpawner(config=config, user=user, hub=hub, _mock=True)
    made.api_token = "token-of-ada"
    return made


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """Give a port at which something accepts connections."""
    door = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with door:
        yield door.sockets[0].getsockname()[1]


def launch_of(cluster: Cluster) -> str | None:
    """Return the launch that the pod belongs to."""
    pod = cluster.pod()
    return pod["metadata"]["annotations"]["octavo.dev/launch"] if pod else None


async def brought_up(workspace: Any, cluster: Cluster) -> str:
    """Bring a workspace up, with a kubelet that runs its pod; return its address."""
    former = workspace.launched

    def is_there() -> bool:
        return workspace.launched is not former and launch_of(cluster) == workspace.launched.id

    starting = asyncio.create_task(workspace.bring_up(workspace.session))
    await cluster.wait_for(is_there)
    await cluster.run()
    address: str = await starting
    return address
