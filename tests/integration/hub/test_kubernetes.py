"""Workspaces as pods with a real hub and platform, and a node that really runs their containers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.acceptance.person import Person
from tests.support.hub import running_hub
from tests.support.kubelet import Kubelet, running_kubelet
from tests.support.local_hub import LocalHub
from tests.support.ports import free_ports

pytestmark = pytest.mark.timeout(300)

IMAGE = "registry.example.org/octavo/workspace-cpu@sha256:" + "4f" * 32
POOLS = {"pools": [{"name": "cpu", "cpu": 16, "memory_gib": 64, "nodes": 4}]}
CONFIGURATION = """
c.OctavoKubeSpawner.port = {port}
c.Spawner.poll_interval = 2
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Kubelet]:
    with running_kubelet(Path(tempfile.mkdtemp(prefix="octavo-node-"))) as kubelet:
        yield kubelet


@pytest.fixture(scope="module")
def hub(node: Kubelet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    folder = tmp_path_factory.mktemp("kubernetes")
    further, pools = folder / "further.py", folder / "pools.yaml"
    further.write_text(CONFIGURATION.format(port=free_ports()))
    pools.write_text(yaml.safe_dump(POOLS))
    with running_hub(
        OCTAVO_SPAWNER="kubernetes",
        OCTAVO_NODE_POOLS=str(pools),
        OCTAVO_HUB_CONFIG=str(further),
        OCTAVO_KUBERNETES_IMAGE=IMAGE,
        KUBECONFIG=str(node.kubeconfig),
    ) as running:
        yield LocalHub(running, folder / "faults.json")


@pytest.fixture
def person(hub: LocalHub) -> Iterator[Person]:
    """Give the scientist, with no workspace before and after."""
    scientist = hub.person("scientist")
    yield scientist
    if hub.server(scientist):
        hub.stop(scientist)
    scientist.close()


def the_pod(node: Kubelet) -> dict[str, Any]:
    (pod,) = node.pods()
    return pod


def test_a_workspace_runs_as_a_pod_and_outlives_a_hub_that_is_killed(
    hub: LocalHub, node: Kubelet, person: Person
) -> None:
    session = hub.start(person)
    pod = the_pod(node)
    assert pod["metadata"]["labels"]["octavo.dev/session"] == session["id"]
    assert pod["spec"]["containers"][0]["image"] == IMAGE
    with hub.kernel(person) as kernel:
        assert kernel.run("import os; print(os.environ['OCTAVO_PROJECT'])") == "flights\n"
    creations = node.asked().count(("create", "pods", ""))
    hub.hub.kill_hub()
    hub.hub.start_hub()
    hub.until(lambda: hub.server(person).get("ready"))
    assert the_pod(node)["metadata"]["uid"] == pod["metadata"]["uid"]
    assert node.asked().count(("create", "pods", "")) == creations
    assert hub.mine(person)["id"] == session["id"]
    with hub.kernel(person) as kernel:
        assert kernel.run("print(6 * 7)") == "42\n"
    hub.stop(person)
    assert node.pods() == []


def test_a_hub_that_dies_in_the_middle_of_a_start_takes_it_up_with_one_pod(
    hub: LocalHub, node: Kubelet, person: Person
) -> None:
    node.hold()
    wish = {"project": "flights", "profile": "cpu-small"}
    person.http.post(f"/hub/api/users/{person.name}/server", json=wish, headers=person.same_site)
    hub.until(node.pods)
    before = the_pod(node)["metadata"]
    hub.hub.kill_hub()
    hub.hub.start_hub()
    # The old pod goes before the new one comes, so that there may be none when it is looked for.
    hub.until(lambda: {one["metadata"]["uid"] for one in node.pods()} - {before["uid"]})
    node.hold(held=False)
    hub.until(lambda: hub.server(person).get("ready"))
    after = the_pod(node)["metadata"]
    session = "octavo.dev/session"
    assert after["labels"][session] == before["labels"][session] == hub.mine(person)["id"]


def test_a_workspace_that_ran_out_of_memory_says_so(
    hub: LocalHub, node: Kubelet, person: Person
) -> None:
    hub.start(person)
    node.kill(the_pod(node)["metadata"]["name"])
    hub.until(lambda: not hub.server(person))
    hub.until(lambda: hub.failures()["by_kind"].get("out_of_memory") == 1)
    hub.until(lambda: node.pods() == [])


def test_an_unknown_failure_is_counted_and_kept_raw(
    hub: LocalHub, node: Kubelet, person: Person
) -> None:
    node.refuse("create", 418, "this apiserver is a teapot")
    page = hub.try_to_start(person)
    assert "know yet" in page
    hub.until(lambda: hub.failures()["by_kind"].get("unknown") == 1)
    assert any("this apiserver is a teapot" in raw for raw in hub.failures()["unknown"])


def test_a_full_home_opens_a_rescue_that_can_delete(
    hub: LocalHub, node: Kubelet, person: Person
) -> None:
    node.fill("jupyter-scientist")
    session = hub.start(person)
    assert session["rescue"]
    assert any("Your home is full" in one["message"] for one in session["notices"])
    with hub.kernel(person) as kernel:
        assert kernel.run("print('here')") == "here\n"
    hub.stop(person)
    node.fill("jupyter-scientist", full=False)
    assert not hub.start(person)["rescue"]
