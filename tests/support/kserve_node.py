"""KServe's controller and a node in one: each predictor's container as a process of this machine.

- ``Node``: makes a pod for each predictor and canary, runs the scorer as the runtime in deploy/
  says, with the files of the claim and the content of the Secret, and reports what became of it
- ``Node.kill``: ends a scorer's container; ``Node.address`` is its Service
- ``running_node``: one that runs until the block ends
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from octavo_server.adapters.kserve_manifests import KEPT, PART
from octavo_server.adapters.kserve_plans import OWN, Member, Plan
from tests.support.kserve import KServeCluster

RUNTIME = Path(__file__).parents[2] / "deploy" / "kserve" / "runtime.yaml"
LOOK_S = 0.05
NO_PORT = 9


@dataclass
class Container:
    """One scorer that runs."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    labels: dict[str, str]

    def ready(self) -> bool:
        """Ask as the kubelet does."""
        try:
            address = f"http://127.0.0.1:{self.port}/v2/health/ready"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def pod(self, name: str) -> dict[str, Any]:
        """Return what the API says of it."""
        state: dict[str, Any] = {"running": {}}
        if (code := self.process.poll()) is not None:
            said = self.log.read_text()[-2_048:]
            state = {"terminated": {"exitCode": abs(code), "reason": "Error", "message": said}}
        ready = "True" if code is None and self.ready() else "False"
        return {
            "kind": "Pod",
            "metadata": {"name": name, "labels": {**PART, **self.labels}},
            "status": {
                "conditions": [{"type": "Ready", "status": ready}],
                "containerStatuses": [{"name": "kserve-container", "state": state}],
            },
        }


class Node:
    """Runs what the InferenceServices of a cluster ask for."""

    def __init__(self, cluster: KServeCluster, claim: Path, folder: Path) -> None:
        self._cluster, self._claim, self._folder = cluster, claim, folder
        self._running: dict[tuple[str, str], Container] = {}
        self.over = threading.Event()

    def address(self, plan: Plan, member: Member, namespace: str) -> str:
        """Return where a member answers; nobody listens there before it runs."""
        found = self._running.get((member.scorer, member.start))
        return f"http://127.0.0.1:{found.port if found else NO_PORT}"

    def starts(self) -> set[tuple[str, str]]:
        """Return what runs: scorer and start."""
        return set(self._running)

    def kill(self, scorer: str) -> None:
        """End a scorer's container."""
        (found,) = [one for (name, _), one in self._running.items() if name == scorer]
        found.process.kill()

    def run(self) -> None:
        """Do what a controller and a kubelet do, until told to stop."""
        while not self.over.wait(LOOK_S):
            self._look()
        for key in list(self._running):
            self._end(key)

    def _look(self) -> None:
        secrets = {one["metadata"]["name"]: one for one in self._cluster.of("secrets")}
        wanted = {}
        for service in self._cluster.services():
            spec = service["spec"]
            canaries = [one["predictor"] for one in spec.get("canary", [])]
            for predictor in [spec["predictor"], *canaries]:
                labels = predictor["labels"]
                wanted[labels[f"{OWN}scorer"], labels[f"{OWN}start"]] = predictor
        for key in set(self._running) - set(wanted):
            self._end(key)
        for key in set(wanted) - set(self._running):
            secret = secrets.get(wanted[key]["volumes"][0]["secret"]["secretName"])
            if secret is not None:
                self._running[key] = self._start(key, wanted[key], secret)
        self._report()

    def _report(self) -> None:
        pods = {f"pod-{scorer}-{start}": one for (scorer, start), one in self._running.items()}
        bodies = {("pods", name): one.pod(name) for name, one in pods.items()}
        ready = {
            one["metadata"]["labels"][f"{OWN}scorer"]: one["status"]["conditions"][0]["status"]
            for one in bodies.values()
        }

        def report() -> None:
            stored = self._cluster.api.stored
            for key in [key for key in stored if key[0] == "pods" and key not in bodies]:
                del stored[key]
            stored.update(bodies)
            for (kind, _), body in stored.items():
                if kind == "inferenceservices":
                    body["status"] = {"canaryStatuses": [
                        {"name": one["predictor"]["name"], "trafficPercent": one["trafficPercent"],
                         "ready": ready.get(one["predictor"]["name"][1:]) == "True"}
                        for one in body["spec"].get("canary", [])
                    ]}  # fmt: skip

        self._cluster.do(report)

    def _start(
        self, key: tuple[str, str], predictor: dict[str, Any], secret: dict[str, Any]
    ) -> Container:
        folder = self._folder / "-".join(key)
        folder.mkdir()
        for name, text in secret["stringData"].items():
            (folder / name).write_text(text)
        (container,) = yaml.safe_load(RUNTIME.read_text())["spec"]["containers"]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        given = {one["name"]: one["value"] for one in container["env"] + predictor["model"]["env"]}
        place = predictor["model"]["storageUri"].removeprefix("pvc://models/")
        given = {name: text.replace(KEPT, str(folder)) for name, text in given.items()} | {
            "OCTAVO_SCORER_MODEL_DIR": str(self._claim / place),
            "OCTAVO_SCORER_PORT": str(port),
            "OCTAVO_SCORER_HOST": "127.0.0.1",
        }
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *container["command"][1:]],
                env={"PATH": os.defpath, "HOME": str(folder), **given},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Container(process, port, log, predictor["labels"])

    def _end(self, key: tuple[str, str]) -> None:
        found = self._running.pop(key)
        found.process.terminate()
        try:
            found.process.wait(10)
        except subprocess.TimeoutExpired:
            found.process.kill()
            found.process.wait()


@contextmanager
def running_node(cluster: KServeCluster, claim: Path, folder: Path) -> Iterator[Node]:
    """Give a cluster a controller and a node; ``claim`` is the volume with the models."""
    node = Node(cluster, claim, folder)
    thread = threading.Thread(target=node.run, name="node")
    thread.start()
    try:
        yield node
    finally:
        node.over.set()
        thread.join(60)
