"""Runs as Jobs: the real runner and kernel as the containers of a pod, the API a double."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support.jobs import NAMESPACE, Node, running_jobs, running_node
from tests.support.kserve import KServeCluster
from tests.support.notebooks import code, notebook
from tests.support.runs import MemoryBlobs

from octavo.local.cluster import Cluster
from octavo_server.adapters.job_api import JobApi
from octavo_server.adapters.job_manifests import name_of, paths_in_pods
from octavo_server.adapters.job_runner import JobRunner
from octavo_server.deployments.rollouts.ports import ScorerResources
from octavo_server.errors import Unavailable
from octavo_server.execution import (
    WORKER_STOPS,
    Ending,
    Execution,
    Happening,
    Injection,
    Limits,
    Order,
)
from octavo_server.job_settings import JobSettings

WITHIN_S = 60.0
IMAGE = "registry.example/octavo/runner@sha256:" + "a" * 64


class Profiles:
    """One profile."""

    def resources(self, profile: str) -> ScorerResources | None:
        return ScorerResources(cpus=1, memory_mib=1024) if profile == "cpu-small" else None

    def refusal(self, project: str) -> str | None:
        return None


@dataclass
class World:
    """A cluster with a node, and workers that ask it."""

    cluster: KServeCluster
    node: Node
    folder: Path
    happened: list[Happening] = field(default_factory=list)
    asked: str | None = None

    def runner(self, **settings: Any) -> JobRunner:
        """Return what a worker has."""
        known = JobSettings(
            runs="kubernetes", runs_image=IMAGE, runs_claim="runs", runs_folder=self.folder,
            **settings,
        )  # fmt: skip
        cluster = Cluster(kubernetes_namespace="octavo-workspaces")
        paths = paths_in_pods(Path("/home/octavo"), "http://hub.example", cluster)
        return JobRunner(known, cluster, JobApi(NAMESPACE), Profiles(), MemoryBlobs(), paths)

    def execute(self, order: Order, runner: JobRunner | None = None) -> Execution:
        """Execute an order to its end."""
        using = runner or self.runner()
        try:
            return using.execute(order, happened=self.happened.append, stop=lambda: self.asked)
        finally:
            using.close()

    def until(self, met: Callable[[], object]) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + WITHIN_S
        while not met():
            assert time.monotonic() < deadline, self.happened
            time.sleep(0.02)

    def until_cell(self) -> None:
        """Wait until a cell runs."""
        self.until(lambda: any(one.kind == "cell_started" for one in self.happened))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    claim = tmp_path / "claim"
    claim.mkdir()
    with running_jobs(tmp_path) as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        with running_node(cluster, claim, tmp_path) as node:
            yield World(cluster, node, claim)


def order_of(*cells: Any, **more: Any) -> Order:
    """Return an order of a notebook."""
    import json

    given: dict[str, Any] = {
        "id": "r1-1",
        "notebook": json.dumps(notebook(*cells, parameters=None)).encode(),
        "parameters": {},
        "environment": {"OCTAVO_PROJECT": "flights", "OCTAVO_TOKEN": "s3cret-token",
                        "OCTAVO_LAKE": "/home/octavo/lake/flights"},
        "limits": Limits(memory_mib=1024, wall_s=60.0),
        "profile": "cpu-small",
    }  # fmt: skip
    return Order(**{**given, **more})


ENDLESS = "import time\nwhile True: time.sleep(0.05)"


def test_a_notebook_runs_as_a_job_and_its_results_come_back(world: World) -> None:
    cells = (
        code("n = 1", "parameters"),
        code(
            "import os\nprint(n, os.environ['OCTAVO_LAKE'], os.environ['OCTAVO_TOKEN'])\n"
            "open('left.txt', 'w').write('left')"
        ),
    )
    done = world.execute(order_of(*cells, parameters={"n": Injection(value=7)}))
    assert (done.ending, done.message) == (Ending.SUCCEEDED, "All cells ran.")
    assert b"7 /srv/octavo/lake" in (done.output or b"")
    assert b"s3cret-token" not in (done.output or b""), "secrets are named, not shown"
    assert [one.path for one in done.files] == ["left.txt"]
    kinds = [one.kind for one in world.happened]
    assert kinds.count("cell_finished") == 2
    assert kinds[-1] == "finished"


def test_what_was_not_committed_can_be_read_again_until_it_is_swept(world: World) -> None:
    order = order_of(code("print('once')"))
    first = world.execute(order)
    again = world.execute(order)
    assert (again.ending, again.output) == (first.ending, first.output)
    assert world.node.started == [name_of(order.id)], "it ran once"
    runner = world.runner()
    assert runner.outlives(order.id)
    assert runner.sweep(order.id) == 1
    assert not runner.outlives(order.id)
    assert list(world.folder.iterdir()) == []
    assert runner.sweep(order.id) == 0
    runner.close()


def test_a_worker_that_stops_leaves_it_and_the_next_one_takes_it_up(world: World) -> None:
    order = order_of(code("import os, time"), code(
        "while not os.path.exists('go'): time.sleep(0.05)\nprint('went on')"))  # fmt: skip
    ended: list[Execution] = []
    thread = threading.Thread(target=lambda: ended.append(world.execute(order)))
    thread.start()
    world.until_cell()
    world.asked = WORKER_STOPS
    thread.join(WITHIN_S)
    assert ended[0].ending is Ending.LEFT
    world.asked = None
    world.happened.clear()
    (world.folder / name_of(order.id) / "home" / "files" / "go").write_text("")
    done = world.execute(order)
    assert done.ending is Ending.SUCCEEDED
    assert b"went on" in (done.output or b"")
    assert world.node.started == [name_of(order.id)]


def test_a_person_who_cancels_is_named(world: World) -> None:
    thread_order = order_of(code(ENDLESS))
    ended: list[Execution] = []
    thread = threading.Thread(target=lambda: ended.append(world.execute(thread_order)))
    thread.start()
    world.until_cell()
    world.asked = "ada cancelled it."
    thread.join(WITHIN_S)
    assert (ended[0].ending, ended[0].message) == (Ending.STOPPED, "ada cancelled it.")


@pytest.mark.parametrize(
    ("end", "ending", "words"),
    [
        ("take_away", Ending.VANISHED, "The cluster took its machine away: the node is drained."),
        ("starve", Ending.FAILED, "Cell 1: it used more memory than its profile allows"),
        ("delete", Ending.VANISHED, "Somebody deleted its Job."),
    ],
)
def test_what_the_cluster_does_to_it_is_said(
    world: World, end: str, ending: Ending, words: str
) -> None:
    order = order_of(code(ENDLESS))
    name = name_of(order.id)
    ended: list[Execution] = []
    thread = threading.Thread(target=lambda: ended.append(world.execute(order)))
    thread.start()
    world.until_cell()
    if end == "delete":
        world.cluster.do(lambda: world.cluster.api.stored.pop(("jobs", name)))
    else:
        getattr(world.node, end)(name)
    thread.join(WITHIN_S)
    assert ended[0].ending is ending
    assert ended[0].message.startswith(words), ended[0].message


def test_a_failing_cell_is_named(world: World) -> None:
    done = world.execute(order_of(code("1"), code("raise ValueError('no')")))
    assert (done.ending, done.message) == (Ending.FAILED, "Cell 2 failed: ValueError: no")
    assert done.failure is not None
    assert done.failure.source == "raise ValueError('no')"


def test_an_image_that_cannot_be_had_is_given_up_with_the_reason(world: World) -> None:
    world.node.pulls_not = True
    done = world.execute(order_of(code("1")))
    assert done.ending is Ending.FAILED
    assert done.message == (
        "It never started: Its pod waits (ErrImageNeverPull): the image isn't present."
    )


def test_a_pod_without_a_machine_waits_and_is_given_up_after_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo_server.adapters.job_runner.ASK_S", 0.1)
    world.node.unplaced = True
    runner = world.runner()
    monkeypatch.setattr(runner._settings, "runs_start_seconds", 2)
    done = world.execute(order_of(code("1")), runner)
    assert done.message == (
        "It never started: Its pod has no machine yet: 0/3 nodes are available: 3 Insufficient cpu."
    )


def test_a_quota_refuses_with_its_words(world: World) -> None:
    world.cluster.refuse("create", "jobs", 403, "Forbidden", "exceeded quota: octavo-runs")
    with pytest.raises(Unavailable, match=r"Octavo may not make the Job .*exceeded quota"):
        world.execute(order_of(code("1")))


def test_an_unknown_profile_and_a_full_claim_are_refused(world: World) -> None:
    with pytest.raises(Unavailable, match=r"There is no profile 'gone' to run it with."):
        world.execute(order_of(code("1"), profile="gone"))
    place = world.folder / name_of("r2-1")
    place.write_text("in the way")
    place.parent.chmod(0o700)
    (place.parent / "x").mkdir()
    place.unlink()
    world.folder.rename(world.folder.with_name("gone"))
    world.folder.write_text("")
    with pytest.raises(Unavailable, match=r"The folder of runs, .*, can't be written"):
        world.execute(order_of(code("1"), id="r2-1"))


def test_the_manifests_keep_kernel_and_runner_apart(world: World) -> None:
    world.execute(order_of(code("1")))
    (job,) = world.cluster.of("jobs")
    pod = job["spec"]["template"]["spec"]
    runner, kernel = pod["containers"]
    assert job["spec"]["backoffLimit"] == 0
    assert runner["image"] == kernel["image"] == IMAGE
    assert not pod["automountServiceAccountToken"]
    assert runner["securityContext"]["runAsUser"] != kernel["securityContext"]["runAsUser"]
    mounted = {one["mountPath"] for one in kernel["volumeMounts"]}
    assert mounted == {"/run/octavo/run/home", "/run/octavo/s", "/tmp"}
    (secret,) = world.cluster.of("secrets")
    assert "s3cret-token" not in str(job)
    assert "s3cret-token" in secret["stringData"]["order.json"]
    assert secret["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"]
