"""A cluster that runs Jobs, and a node that runs their pods as processes of this machine.

- ``JobsApi``: kmock's API with Jobs, Secrets and pods; objects are validated by the real schemas
- ``running_jobs``: gives it, with a kubeconfig that leads to it
- ``Node``: makes a pod of each Job: runner and kernel as two processes with the claim's folders; it
  reports what became of them, and ends them when their Job is deleted; ``unplaced``, ``pulls_not``
  keep pods from starting, ``take_away`` ends one as a drained machine does
- ``running_node``: one that runs until the block ends
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import attrs
import kmock
import kubernetes_validate
from aiohttp import web

from octavo_server.adapters.job_manifests import (
    KERNEL,
    ORDER_FOLDER,
    RUN_FOLDER,
    RUNNER,
    SHARED_FOLDER,
)
from tests.support.kserve import KServeApi, KServeCluster, _answer, running

NAMESPACE = "octavo-runs"
LOOK_S = 0.02
END_S = 20.0


@attrs.define(kw_only=True)
class JobsApi(KServeApi):
    """The API."""

    namespace: ClassVar[str] = NAMESPACE
    kinds: ClassVar[Mapping[str, str]] = {"jobs": "Job", "secrets": "Secret", "pods": "Pod"}

    def _create(self, request: kmock.Request, plural: str) -> web.Response:
        try:
            kubernetes_validate.validate(json.loads(request.body), "1.34", strict=True)
        except kubernetes_validate.ValidationError as error:
            return _answer(422, "Invalid", f"{plural} is invalid: {error.message[:300]}")
        return super()._create(request, plural)


@contextmanager
def running_jobs(
    folder: Path, rules: list[dict[str, Any]] | None = None
) -> Iterator[KServeCluster]:
    """Give a cluster; ``rules`` are those of the Role of who asks."""
    with running(KServeCluster(folder, rules, kind=JobsApi)) as cluster:
        yield cluster


@dataclass
class Pod:
    """One pod that runs."""

    runner: subprocess.Popen[bytes]
    kernel: subprocess.Popen[bytes]
    shared: Path
    conditions: list[dict[str, Any]] = field(default_factory=list)
    kernel_reason: str = "Error"

    def body(self, name: str) -> dict[str, Any]:
        """Return what the API says of it."""
        over = self.runner.poll() is not None
        return {
            "kind": "Pod",
            "metadata": {
                "name": f"{name}-x",
                "labels": {"batch.kubernetes.io/job-name": name},
                "creationTimestamp": "2026-11-23T08:00:00Z",
            },
            "status": {
                "phase": "Running" if not over else "Failed" if self.runner.poll() else "Succeeded",
                "conditions": self.conditions,
                "containerStatuses": [
                    {"name": RUNNER, "state": _state(self.runner, "Error")},
                    {"name": KERNEL, "state": _state(self.kernel, self.kernel_reason)},
                ],
            },
        }

    def end(self) -> None:
        """End both as the kubelet does: asked first, killed later."""
        for process in (self.runner, self.kernel):
            if process.poll() is None:
                process.terminate()
        for process in (self.runner, self.kernel):
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.shared, ignore_errors=True)


def _state(process: subprocess.Popen[bytes], reason: str) -> dict[str, Any]:
    code = process.poll()
    if code is None:
        return {"running": {}}
    return {"terminated": {"exitCode": abs(code), "reason": reason if code else "Completed"}}


class Node:
    """Runs what the Jobs of a cluster ask for."""

    def __init__(self, cluster: KServeCluster, claim: Path, folder: Path) -> None:
        self._cluster, self._claim, self._folder = cluster, claim, folder
        self.pods: dict[str, Pod] = {}
        self.started: list[str] = []
        self.unplaced = self.pulls_not = False
        self.over = threading.Event()

    def take_away(self, name: str) -> None:
        """End a pod as a machine that is drained does."""
        pod = self.pods[name]
        pod.conditions = [{"type": "DisruptionTarget", "status": "True",
                           "message": "the node is drained"}]  # fmt: skip
        pod.runner.terminate()

    def starve(self, name: str) -> None:
        """End a kernel as the system does that has no memory left for it."""
        self.pods[name].kernel_reason = "OOMKilled"
        self.pods[name].kernel.kill()
        subprocess.run(["pkill", "-9", "-f", f"{name}/home/.kernel.json"], check=False)

    def run(self) -> None:
        """Do what controller, scheduler and kubelet do, until told to stop."""
        while not self.over.wait(LOOK_S):
            self._look()
        for pod in self.pods.values():
            pod.end()

    def _look(self) -> None:
        jobs = {one["metadata"]["name"]: one for one in self._cluster.of("jobs")}
        secrets = {one["metadata"]["name"]: one for one in self._cluster.of("secrets")}
        for name in set(self.pods) - set(jobs):
            self.pods.pop(name).end()
        for name in set(jobs) - set(self.pods):
            if name in secrets and not (self.unplaced or self.pulls_not):
                self.pods[name] = self._start(name, jobs[name], secrets[name])
                self.started.append(name)
        self._report(set(jobs))

    def _report(self, jobs: set[str]) -> None:
        bodies = {("pods", f"{name}-x"): pod.body(name) for name, pod in self.pods.items()}
        for name in jobs - set(self.pods):
            if held := self._held(name):
                bodies["pods", f"{name}-x"] = held
        codes = {name: pod.runner.poll() for name, pod in self.pods.items()}

        def report() -> None:
            stored = self._cluster.api.stored
            for key in [key for key in stored if key[0] == "pods" and key not in bodies]:
                del stored[key]
            stored.update(copy.deepcopy(bodies))
            for name, code in codes.items():
                job = stored.get(("jobs", name))
                if job is not None and code is not None:
                    kind = "Failed" if code else "Complete"
                    job["status"] = {"conditions": [{"type": kind, "status": "True"}]}
            # Its Secret goes with the Job, as the garbage collector has it.
            owned = {key for kind, key in stored if kind == "jobs"}
            for key in [k for k in stored if k[0] == "secrets" and k[1] not in owned]:
                del stored[key]

        self._cluster.do(report)

    def _held(self, name: str) -> dict[str, Any] | None:
        status: dict[str, Any] = {}
        if self.unplaced:
            status = {"conditions": [{"type": "PodScheduled", "status": "False",
                      "message": "0/3 nodes are available: 3 Insufficient cpu."}]}  # fmt: skip
        elif self.pulls_not:
            waiting = {"reason": "ErrImageNeverPull", "message": "the image isn't present"}
            status = {"containerStatuses": [{"name": RUNNER, "state": {"waiting": waiting}}]}
        else:
            return None
        labels = {"batch.kubernetes.io/job-name": name}
        metadata = {"name": f"{name}-x", "labels": labels}
        return {"kind": "Pod", "metadata": metadata, "status": {"phase": "Pending", **status}}

    def _start(self, name: str, job: Mapping[str, Any], secret: Mapping[str, Any]) -> Pod:
        spec = job["spec"]["template"]["spec"]
        shared = Path(tempfile.mkdtemp(prefix="k", dir="/tmp"))
        order = self._folder / f"{name}-order"
        order.mkdir()
        (order / "order.json").write_text(secret["stringData"]["order.json"])
        places = {
            RUN_FOLDER: str(self._claim / name),
            SHARED_FOLDER: str(shared),
            ORDER_FOLDER: str(order),
        }
        runner, kernel = (self._process(one, places) for one in spec["containers"])
        return Pod(runner, kernel, shared)

    def _process(
        self, container: Mapping[str, Any], places: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        environment = {"PATH": os.defpath}
        for one in container["env"]:
            value = one["value"]
            for inside, outside in places.items():
                value = value.replace(inside, outside)
            environment[one["name"]] = value
        return subprocess.Popen([sys.executable, *container["command"][1:]], env=environment)


@contextmanager
def running_node(cluster: KServeCluster, claim: Path, folder: Path) -> Iterator[Node]:
    """Give a cluster a node; ``claim`` is the volume with the folders of runs."""
    node = Node(cluster, claim, folder)
    thread = threading.Thread(target=node.run, name="node")
    thread.start()
    try:
        yield node
    finally:
        node.over.set()
        thread.join(60)
