"""A cluster in a thread whose one node runs each pod's container as a process of this machine.

- ``running_kubelet``: the cluster, its address, and a node that does what kubelet and scheduler do
- ``Kubelet.kill``: ends a pod's container as the kernel does when it is out of memory
- ``Kubelet.hold``: leaves pods waiting
- ``Kubelet.fill``: leaves a home no room
- ``Kubelet.pods``: the pods as the API has them
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.cluster import Cluster, running_cluster

USER = 23_500
LOOK_S = 0.05
# No file may grow beyond 512 KiB: what a disk without room comes to.
FULL = ("bash", "-c", 'ulimit -f 512; exec "$@"', "full")


@dataclass
class Kubelet:
    """A node."""

    folder: Path
    url: str = ""
    kubeconfig: Path = field(default_factory=Path)
    _cluster: Any = None
    _loop: Any = None
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _uids: dict[str, str] = field(default_factory=dict)
    _full: set[str] = field(default_factory=set)
    _held: threading.Event = field(default_factory=threading.Event)
    _done: threading.Event = field(default_factory=threading.Event)

    def pods(self) -> list[dict[str, Any]]:
        """Return the pods that are there."""
        return self._ask(lambda: [pod for _, pod in _pods(self._cluster)])

    def asked(self) -> list[tuple[str, str, str]]:
        """Return the requests so far: verb, kind, name."""
        return self._ask(lambda: list(self._cluster.asked))

    def refuse(self, action: str, status: int, message: str) -> None:
        """Let the API refuse the next request for a pod."""
        self._ask(lambda: self._cluster.refuse(action, "pods", status, "Refused", message))

    def kill(self, name: str) -> None:
        """End a pod's container for want of memory."""
        self._running[name].kill()
        self._run(self._cluster.end(name, code=137, reason="OOMKilled"))

    def hold(self, *, held: bool = True) -> None:
        """Run no further pods, as a cluster without room, or run them again."""
        (self._held.set if held else self._held.clear)()

    def fill(self, name: str, *, full: bool = True) -> None:
        """Leave the home of a pod no room for JupyterLab's own files, or give it some again."""
        (self._full.add if full else self._full.discard)(name)

    def log(self) -> str:
        """Return what the containers said."""
        return "".join(file.read_text()[-4000:] for file in self.folder.glob("*.log"))

    def _ask(self, question: Callable[[], Any]) -> Any:
        async def answer() -> Any:
            return question()

        return self._run(answer())

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def serve(self, ready: threading.Event) -> None:
        """Serve the API and run pods until told to stop."""
        self._loop = asyncio.get_running_loop()
        async with running_cluster(self.folder) as (cluster, url, kubeconfig):
            self._cluster, self.url, self.kubeconfig = cluster, url, kubeconfig
            ready.set()
            try:
                while not self._done.is_set():
                    await self._look(cluster)
                    await asyncio.sleep(LOOK_S)
            finally:
                for uid in list(self._running):
                    self._end(uid)

    async def _look(self, cluster: Cluster) -> None:
        found = {pod["metadata"]["name"]: pod for _, pod in _pods(cluster)}
        uids = {name: pod["metadata"]["uid"] for name, pod in found.items()}
        for name in [name for name in self._running if uids.get(name) != self._uids[name]]:
            self._end(name)
        for name, pod in found.items():
            waits = name not in self._running and pod["status"]["phase"] == "Pending"
            if waits and not self._held.is_set():
                self._running[name] = self._start(name, pod)
                await cluster.run(name)
            await self._notice_end(cluster, name, pod)

    async def _notice_end(self, cluster: Cluster, name: str, pod: dict[str, Any]) -> None:
        process = self._running.get(name)
        if process is None or pod["status"]["phase"] != "Running" or process.poll() is None:
            return
        said = (self.folder / f"{name}.log").read_text()[-2048:]
        reason = "Error" if process.returncode else "Completed"
        await cluster.end(name, code=abs(process.returncode), reason=reason, message=said)

    def _start(self, name: str, pod: dict[str, Any]) -> subprocess.Popen[bytes]:
        container = pod["spec"]["containers"][0]
        self._uids[name] = pod["metadata"]["uid"]
        home = self.folder / f"home-{name}"
        temporary = self.folder / f"tmp-{name}"
        home.mkdir(exist_ok=True)
        temporary.mkdir(exist_ok=True)
        given = {one["name"]: one.get("value", "") for one in container["env"]}
        environment = {
            **given,
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        }
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(home, USER, USER)
            os.chown(temporary, USER, USER)
            account = {"user": USER, "group": USER, "extra_groups": []}
        full = name in self._full and "OCTAVO_RESCUE" not in given
        command = [*(FULL if full else ()), *container["args"]]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, env=environment, cwd=home, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, **account,
            )  # fmt: skip

    def _end(self, name: str) -> None:
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _pods(cluster: Cluster) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, stored.raw)
        for (resource, _, name), stored in cluster.objects.items()
        if resource.plural == "pods" and not stored.deleted
    ]


@contextmanager
def running_kubelet(folder: Path) -> Iterator[Kubelet]:
    """Give a cluster with one node; ``folder`` takes homes and logs."""
    folder.chmod(0o711)
    kubelet, ready = Kubelet(folder), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(kubelet.serve(ready)), daemon=True)
    thread.start()
    assert ready.wait(timeout=30)
    try:
        yield kubelet
    finally:
        kubelet._done.set()
        thread.join(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
