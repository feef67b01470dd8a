"""Turns the settings of a cluster into JupyterHub's configuration."""

from __future__ import annotations

from typing import Any

from octavo.local.cluster import Cluster
from octavo_hub.kubernetes.spawner import OctavoKubeSpawner
from octavo_hub.kubernetes.volumes import HOME_CLAIM

COMMAND = ["python", "-P", "-m", "octavo_hub.kubernetes.singleuser"]
PORT = 8888


def configure_kubernetes(c: Any, cluster: Cluster, public_url: str) -> None:
    """Let workspaces run as pods; everything a profile says is set at each start."""
    inside = cluster.kubernetes_inside_url.rstrip("/") or public_url
    c.JupyterHub.spawner_class = OctavoKubeSpawner
    # Pods outlive the hub: an update of the platform ends nobody's work.
    c.JupyterHub.cleanup_servers = False
    spawner = c.OctavoKubeSpawner
    spawner.cluster = cluster.model_copy(update={"kubernetes_inside_url": inside})
    spawner.namespace = cluster.kubernetes_namespace
    spawner.launch_timeout = float(cluster.kubernetes_start_seconds)
    spawner.hub_connect_url = inside
    spawner.cmd = COMMAND
    spawner.args = []
    spawner.ip = "0.0.0.0"  # noqa: S104 - the pod's own; the network policy lets the proxy alone in
    spawner.port = PORT
    spawner.delete_grace_period = 10
    spawner.k8s_api_request_timeout = 10
    _homes(spawner, cluster)
    # One full list a minute instead of six: the watch tells what happens in between.
    c.ResourceReflector.timeout_seconds = 60
    c.ResourceReflector.request_timeout = 90
    c.ResourceReflector.restart_seconds = 120


def _homes(spawner: Any, cluster: Cluster) -> None:
    spawner.storage_pvc_ensure = True
    spawner.pvc_name_template = f"{HOME_CLAIM}{{username}}"
    spawner.storage_capacity = f"{cluster.kubernetes_home_gib}Gi"
    spawner.storage_class = cluster.kubernetes_storage_class or None
    spawner.storage_access_modes = [cluster.kubernetes_home_access]
    spawner.storage_extra_labels = {"app.kubernetes.io/part-of": "octavo"}
    spawner.delete_pvc = False
