"""Workspaces as pods, against an API that forgets, conflicts and refuses as the real one does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes_asyncio.client.exceptions import ApiException
from kubespawner.spawner import KubeSpawner
from tests.support.cluster import NAMESPACE, Cluster
from tests.support.pods import brought_up, cluster_settings, profile, session, spawner
from traitlets.config import Config

from octavo.records.profiles import ProfileImage
from octavo.records.workspaces import OpenSession
from octavo_hub.failure import Failure, StartFailed
from octavo_hub.kubernetes.environment import ProfileRefused
from octavo_hub.kubernetes.spawner import OctavoKubeSpawner
from octavo_hub.kubernetes.starting import LAUNCH
from octavo_hub.session_spawner import SessionSpawner


async def failure_of(ada: Any, starting: Any) -> Failure:
    """Return why a start fails, as the base of all spawners would hear it."""
    with pytest.raises((StartFailed, ApiException, ProfileRefused, TimeoutError)) as caught:
        await starting
    failure: Failure = ada.failure_of(caught.value)
    return failure


MEANT = {
    "_make_create_pod_request", "_start_watching_events", "_start_watching_pods", "events",
    "get_state", "is_pod_running", "load_state", "load_user_options",
}  # fmt: skip


def test_it_overrides_no_more_of_kubespawner_than_it_means_to() -> None:
    own = {name for name, value in vars(OctavoKubeSpawner).items() if not name.startswith("__")}
    traitlets_own = {name for name in own if name.startswith("_") and name in vars(SessionSpawner)}
    assert {name for name in own - traitlets_own if hasattr(KubeSpawner, name)} == MEANT


# ---------------------------------------------------------------- start


async def test_a_start_makes_home_and_pod_and_returns_its_address(
    ada: Any, cluster: Cluster
) -> None:
    assert await brought_up(ada, cluster) == f"http://127.0.0.1:{ada.port}"
    kinds = [plural for plural, _ in cluster.bodies]
    assert kinds == ["persistentvolumeclaims", "pods"]
    home, pod = (body for _, body in cluster.bodies)
    assert home["metadata"]["name"] == "home-ada"
    assert home["spec"]["resources"]["requests"]["storage"] == "20Gi"
    environment = {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
    assert environment["JUPYTERHUB_API_URL"] == "http://octavo.octavo.svc:8000/hub/api"
    assert environment["OCTAVO_PROJECT"] == "flights"
    assert await ada.alive() is None


async def test_the_person_reads_what_the_cluster_does(ada: Any, cluster: Cluster) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    await cluster.wait_for(cluster.pod)
    await cluster.place()
    await cluster.say("Pulling", "Pulling image", kind="Normal")
    told = ada.steps._told
    await cluster.wait_for(lambda: any(event["step"] == "image" for event in told))
    assert next(event["step"] for event in told) == "machine"
    assert "being fetched" in told[-1]["message"]
    await cluster.run()
    await starting


async def test_while_it_waits_the_person_reads_for_what(ada: Any, cluster: Cluster) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    await cluster.wait_for(cluster.pod)
    await cluster.say("FailedScheduling", "0/3 nodes are available: 3 Insufficient memory.")
    told = ada.steps._told
    await cluster.wait_for(lambda: "short of memory" in told[-1]["message"])
    await cluster.say(
        "TriggeredScaleUp", "pod triggered scale-up: [{pool 1->2 (max: 4)}]", kind="Normal"
    )
    await cluster.wait_for(lambda: "being added" in told[-1]["message"])
    await cluster.run()
    await starting


async def test_a_pod_of_an_earlier_start_is_removed_first(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    before = cluster.pod()
    assert before is not None
    await brought_up(ada, cluster)
    after = cluster.pod()
    assert after is not None
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["metadata"]["annotations"][LAUNCH] == ada.launched.id


async def test_a_pod_whose_creation_was_not_answered_is_taken_not_replaced(
    ada: Any, cluster: Cluster
) -> None:
    cluster.lose("create", "pods")
    await brought_up(ada, cluster)
    assert ("delete", "pods", "jupyter-ada") not in cluster.asked
    assert len([plural for plural, _ in cluster.bodies if plural == "pods"]) == 2


async def test_a_home_is_made_once(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    again = spawner(str(cluster.url).rstrip("/"), ada.port)
    again.session = session(id="s-02")
    await ada.take_down(now=True)
    await brought_up(again, cluster)
    assert [one for one in cluster.objects if "persistentvolumeclaims" in str(one[0])][1:] == []


async def test_a_start_that_is_cancelled_asks_for_nothing_more(ada: Any, cluster: Cluster) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    await cluster.wait_for(cluster.pod)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await ada.take_down(now=True)
    assert cluster.pod() is None
    creations = len(cluster.bodies)
    await ada.take_down(now=True)
    assert len(cluster.bodies) == creations


async def test_a_full_home_opens_a_rescue_beside_it(ada: Any, cluster: Cluster) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    first = await cluster.wait_for(cluster.pod)
    assert "OCTAVO_RESCUE" not in str(first["spec"])
    words = "No space left on device: /home/octavo is full"
    await cluster.end(code=1, reason="Error", message=words)
    second = await cluster.wait_for(
        lambda: (
            (pod := cluster.pod()) and pod["metadata"]["uid"] != first["metadata"]["uid"] and pod
        )
    )
    assert {"name": "OCTAVO_RESCUE", "value": "1"} in second["spec"]["containers"][0]["env"]
    await cluster.run()
    await starting
    assert ada.rescue
    assert "Your home is full" in ada.rescue_notice


# ---------------------------------------------------------------- failures


QUOTA = (
    'pods "jupyter-ada" is forbidden: exceeded quota: q, requested: limits.memory=8Gi, '
    "used: limits.memory=60Gi, limited: limits.memory=64Gi"
)
RIGHTS = (
    'pods is forbidden: User "system:serviceaccount:octavo:hub" cannot create resource "pods" '
    'in API group "" in the namespace "x"'
)
SECURITY = 'pods "jupyter-ada" is forbidden: violates PodSecurity "restricted:latest": a != b'


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (403, QUOTA, "quota"),
        (403, RIGHTS, "cluster"),
        (403, SECURITY, "refused"),
        (418, "this apiserver is a teapot", "unknown"),
    ],
)
async def test_a_refused_pod_is_one_sentence(
    ada: Any, cluster: Cluster, status: int, message: str, kind: str
) -> None:
    cluster.refuse("create", "pods", status, "Refused", message)
    failure = await failure_of(ada, ada.bring_up(ada.session))
    assert failure.kind == kind
    assert any(message[:60] in line for line in failure.raw)


async def test_a_cluster_that_sheds_load_is_asked_again(ada: Any, cluster: Cluster) -> None:
    cluster.refuse("create", "pods", 429, "TooManyRequests", "please try again later", times=2)
    assert await brought_up(ada, cluster)


async def test_a_refused_home_is_one_sentence(ada: Any, cluster: Cluster) -> None:
    text = (
        'persistentvolumeclaims "home-ada" is forbidden: exceeded quota: storage, requested: '
        "requests.storage=20Gi, used: requests.storage=1Ti, limited: requests.storage=1Ti"
    )
    cluster.refuse("create", "persistentvolumeclaims", 403, "Forbidden", text)
    failure = await failure_of(ada, ada.bring_up(ada.session))
    assert failure.kind == "quota"
    assert "Your home can't be made" in failure.sentence
    assert cluster.pod() is None


async def test_an_invalid_image_ends_the_start_at_once(ada: Any, cluster: Cluster) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    await cluster.wait_for(cluster.pod)
    await cluster.place()
    await cluster.say("InspectFailed", "couldn't parse image name: invalid reference format")
    failure = await failure_of(ada, starting)
    assert failure.kind == "bad_profile"
    assert "cpu-small" in failure.sentence


async def test_a_pod_that_the_machine_rejects_ends_the_start(ada: Any, cluster: Cluster) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    await cluster.wait_for(cluster.pod)
    status = {"phase": "Failed", "reason": "OutOfcpu", "message": "Node didn't have enough cpu"}
    await cluster.patch("jupyter-ada", {"status": status})
    failure = await failure_of(ada, starting)
    assert failure.kind == "no_capacity"


async def test_what_befalls_the_homes_claim_is_found_without_watching_claims(
    ada: Any, cluster: Cluster
) -> None:
    starting = asyncio.create_task(ada.bring_up(ada.session))
    await cluster.wait_for(cluster.pod)
    await cluster.say(
        "ProvisioningFailed",
        'storageclass.storage.k8s.io "fast" not found',
        name="home-ada",
        about="PersistentVolumeClaim",
    )
    told = ada.steps._told
    await cluster.wait_for(lambda: "no storage class fast" in told[-1]["message"], 30)
    starting.cancel()
    await asyncio.wait({starting})


async def test_a_profile_that_may_not_be_a_pod_asks_the_cluster_for_nothing(
    ada: Any, cluster: Cluster
) -> None:
    image = ProfileImage(name="x", title="X", image="octavo/workspace:latest")
    ada.session = session(profile=profile(images=[image]))
    failure = await failure_of(ada, ada.bring_up(ada.session))
    assert failure.kind == "bad_profile"
    assert "isn't given by digest" in failure.sentence
    assert failure.action.startswith("Choose another profile")
    assert cluster.bodies == []


async def test_events_of_an_earlier_pod_of_the_same_name_do_not_count(
    ada: Any, cluster: Cluster
) -> None:
    await brought_up(ada, cluster)
    await cluster.say("InspectFailed", "couldn't parse image name")
    assert await brought_up(ada, cluster)


async def test_an_unfriendly_network_is_the_clusters_fault_not_the_hubs(ada: Any) -> None:
    failure = ada.failure_of(ConnectionRefusedError("connect call failed"))
    assert failure.kind == "cluster"
    assert ada.failure_of(ValueError("a bug")) is None


# ---------------------------------------------------------------- watches


async def test_a_watch_from_a_forgotten_version_starts_anew(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    reflector = ada.pod_reflector
    cluster.forget()
    await cluster.end(code=137, reason="OOMKilled")
    cluster.forget()
    await ada._start_watching_pods(replace=True)
    assert ada.pod_reflector is not reflector
    assert await ada.alive() == 137
    failure = await ada.why_ended()
    assert failure is not None
    assert failure.kind == "out_of_memory"


async def test_after_410_on_a_watch_everything_is_listed_again(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    cluster.refuse("watch", "pods", 410, "Expired", "too old resource version: 1 (1008)")
    lists = cluster.asked.count(("list", "pods", ""))
    await ada.pod_reflector.stop()
    await ada._start_watching_pods()
    await cluster.remove()
    await cluster.wait_for(lambda: not ada.pod_reflector.resources)
    assert cluster.asked.count(("list", "pods", "")) >= lists + 2
    assert await ada.alive() is not None


async def test_a_hub_that_cannot_ask_does_not_take_a_workspace_for_dead(
    ada: Any, cluster: Cluster
) -> None:
    await brought_up(ada, cluster)
    await OctavoKubeSpawner._stop_all_reflectors()
    cluster.refuse("list", "pods", 503, "ServiceUnavailable", "apiserver is shutting down")
    assert await ada.alive() is None
    assert await ada.alive() is None
    await cluster.remove()
    await cluster.wait_for(lambda: not ada.pod_reflector.resources)
    assert await ada.alive() == 0


async def test_a_watch_that_gave_up_is_begun_again(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    given_up = ada.pod_reflector
    given_up.watch_task.cancel()
    await asyncio.wait({given_up.watch_task})
    assert await ada.alive() is None
    assert ada.pod_reflector is not given_up


# ---------------------------------------------------------------- while it runs, and its end


async def test_a_restarted_hub_takes_a_running_pod_up(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    state = ada.get_state()
    await OctavoKubeSpawner._stop_all_reflectors()
    creations = len(cluster.bodies)
    again = spawner(str(cluster.url).rstrip("/"), ada.port)
    again.load_state(state)
    assert again.session is not None
    assert await again.alive() is None
    assert len(cluster.bodies) == creations
    await cluster.end(code=137, reason="OOMKilled")
    await cluster.wait_for(lambda: "terminated" in str(again.pod_reflector.resources))
    assert await again.alive() == 137


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (("EvictionByEvictionAPI", "Eviction API: evicting"), "evicted"),
        (("PreemptionByScheduler", "preempting to accommodate a higher priority pod"), "preempted"),
        (("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"), "node_lost"),
        (
            ("TerminationByKubelet", "terminated in response to imminent node shutdown."),
            "preempted",
        ),
    ],
)
async def test_a_pod_that_was_taken_away_still_says_why(
    ada: Any, cluster: Cluster, condition: tuple[str, str], kind: str
) -> None:
    await brought_up(ada, cluster)
    reason, message = condition
    given = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}
    await cluster.patch("jupyter-ada", {"status": {"conditions": [given]}})
    await cluster.remove()
    await cluster.wait_for(lambda: not ada.pod_reflector.resources)
    assert await ada.alive() == 0
    failure = await ada.why_ended()
    assert failure is not None
    assert failure.kind == kind


async def test_a_jupyterlab_that_was_closed_by_hand_is_no_failure(
    ada: Any, cluster: Cluster
) -> None:
    await brought_up(ada, cluster)
    await cluster.end(code=0, reason="Completed")
    await cluster.wait_for(lambda: "terminated" in str(ada.pod_reflector.resources))
    assert await ada.alive() == 0
    assert await ada.why_ended() is None
    await cluster.wait_for(lambda: cluster.pod() is None)


async def test_a_stop_deletes_the_pod_and_keeps_the_home(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    await ada.take_down(now=False)
    assert cluster.pod() is None
    assert ("delete", "persistentvolumeclaims", "home-ada") not in cluster.asked
    await ada.take_down(now=False)


async def test_a_stop_while_the_cluster_is_away_ends_without_an_error(
    ada: Any, cluster: Cluster
) -> None:
    await brought_up(ada, cluster)
    cluster.refuse("delete", "pods", 503, "ServiceUnavailable", "apiserver is shutting down")
    await ada.take_down(now=True)
    assert cluster.pod() is not None


async def test_a_later_pod_of_the_same_name_is_never_deleted(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    await ada._clear_away("the-uid-of-another")
    assert cluster.pod() is not None


# ---------------------------------------------------------------- metrics

METRICS = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"


def measured(cpu: str, memory: str, at: datetime) -> dict[str, Any]:
    usage = {"name": "notebook", "usage": {"cpu": cpu, "memory": memory}}
    return {
        "kind": "PodMetricsList",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": "jupyter-ada", "namespace": NAMESPACE},
                "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "window": "15s",
                "containers": [usage],
            }
        ],
    }


async def test_use_is_measured_from_outside(ada: Any, cluster: Cluster) -> None:
    began = ada.session.started_at
    cluster["get", METRICS] << measured("1500m", "2097152Ki", began + timedelta(seconds=60))
    used = await ada.used()
    assert used.cpu_seconds == pytest.approx(90.0)
    assert used.memory_gib == pytest.approx(2.0)
    assert (await ada.used()).cpu_seconds == pytest.approx(90.0)
    assert len([one for one in cluster._requests if one.url.path == METRICS]) == 1


async def test_measuring_goes_on_after_a_restart_of_the_hub(ada: Any, cluster: Cluster) -> None:
    began = ada.session.started_at
    cluster["get", METRICS] << measured("1", "1Gi", began + timedelta(seconds=60))
    await ada.used()
    again = spawner(str(cluster.url).rstrip("/"), ada.port)
    again.load_state(ada.get_state())
    assert (await again.used()).cpu_seconds == pytest.approx(60.0)


async def test_a_cluster_without_metrics_is_not_asked_at_each_heartbeat(
    ada: Any, cluster: Cluster
) -> None:
    for _ in range(3):
        assert await ada.used() is None
        ada.user.settings["octavo_pod_metrics"]._asked_at = float("-inf")
    assert len([one for one in cluster._requests if one.url.path == METRICS]) == 1


# ---------------------------------------------------------------- orphans


def hub_of(ada: Any, cluster: Cluster) -> Any:
    app = SimpleNamespace(config=Config(), log=ada.log)
    app.config.OctavoKubeSpawner.cluster = cluster_settings()
    app.config.OctavoKubeSpawner.k8s_api_host = str(cluster.url).rstrip("/")
    return app


async def aged(cluster: Cluster) -> None:
    old = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    await cluster.patch("jupyter-ada", {"metadata": {"creationTimestamp": old}})


async def test_pods_without_a_session_are_closed_and_booked(ada: Any, cluster: Cluster) -> None:
    await brought_up(ada, cluster)
    app = hub_of(ada, cluster)
    assert await OctavoKubeSpawner.close_orphans(app, {}) == []  # it is young
    await aged(cluster)
    known: dict[str, OpenSession] = {"s-01": None}  # type: ignore[dict-item]
    assert await OctavoKubeSpawner.close_orphans(app, known) == []
    (orphan,) = await OctavoKubeSpawner.close_orphans(app, {})
    assert (orphan.person, orphan.project, orphan.profile) == ("ada", "flights", "cpu-small")
    assert orphan.where == "pod octavo-workspaces/jupyter-ada"
    assert (orphan.until - orphan.since).total_seconds() == pytest.approx(3600, abs=30)
    assert cluster.pod() is None


async def test_a_pod_that_ended_unseen_is_cleared_away_and_not_booked(
    ada: Any, cluster: Cluster
) -> None:
    await brought_up(ada, cluster)
    await aged(cluster)
    await cluster.end(code=1, reason="Error")
    assert await OctavoKubeSpawner.close_orphans(hub_of(ada, cluster), {}) == []
    assert cluster.pod() is None
