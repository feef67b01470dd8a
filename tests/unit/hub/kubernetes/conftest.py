"""A cluster for each test, and a hub's view of it that no other test has seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio.config import kube_config
from kubespawner.clients import load_config
from tests.support.cluster import Cluster, running_cluster
from tests.support.pods import listening, session, spawner

from octavo_hub.kubernetes.spawner import OctavoKubeSpawner


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    async with running_cluster(tmp_path) as (running, _, kubeconfig):
        # The library reads KUBECONFIG once, when it is imported.
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
        load_config.cache_clear()
        yield running
        await OctavoKubeSpawner._stop_all_reflectors()


@pytest.fixture
async def ada(cluster: Cluster) -> AsyncIterator[Any]:
    """A spawner whose turn has come."""
    async with listening() as port:
        made = spawner(str(cluster.url).rstrip("/"), port)
        made.session = session()
        yield made
