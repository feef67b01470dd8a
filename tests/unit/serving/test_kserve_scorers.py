"""Scorers as pods: what is asked of the cluster, and what its answers come to."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.kserve import NAMESPACE, KServeCluster, running_kserve

from octavo.local.cluster import Cluster
from octavo_server.adapters import kserve_api, kserve_scorers
from octavo_server.adapters.kserve_api import ClusterApi
from octavo_server.adapters.kserve_scorers import KServeScorers
from octavo_server.deployments.rollouts.ports import (
    Life,
    ScorerOrder,
    ScorerResources,
    Shares,
)
from octavo_server.errors import Unavailable
from octavo_server.kserve_settings import KServeSettings

DEPLOY = Path(__file__).parents[3] / "deploy" / "kserve"
RULES = next(
    one["rules"]
    for one in yaml.safe_load_all((DEPLOY / "rights.yaml").read_text())
    if one["kind"] == "Role"
)
SETTINGS = KServeSettings(scorers="kserve", kserve_models="pvc://models")
FIRST = ScorerOrder(
    id="aaaaaaaaaaaa",
    project="flights",
    deployment="late",
    model="flights-late",
    version=1,
    digest="1" * 64,
    resources=ScorerResources(cpus=1, memory_mib=2_048),
    secret="s" * 43,
    latency_p95_ms=250,
)
SECOND = replace(FIRST, id="bbbbbbbbbbbb", version=2, digest="2" * 64)
FILES = {"MLmodel": "3" * 64}


class KnownShelf:
    """Has every version."""

    def place(self, order: ScorerOrder) -> tuple[str, dict[str, str]]:
        """Return where a version is."""
        return f"pvc://models/v{order.version}", FILES


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KServeCluster]:
    with running_kserve(tmp_path, RULES) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        monkeypatch.setattr(kserve_scorers, "FRESH_S", 0.0)
        yield running


@pytest.fixture
def host(cluster: KServeCluster) -> Iterator[KServeScorers]:
    found = opened()
    yield found
    found.close()


def opened(answer_s: float = 10.0) -> KServeScorers:
    return KServeScorers(SETTINGS, Cluster(), KnownShelf(), ClusterApi(NAMESPACE, answer_s))


def shares(stable: ScorerOrder | None, **percents: int) -> Shares:
    by_id = {{"v1": FIRST.id, "v2": SECOND.id}[name]: part for name, part in percents.items()}
    return Shares(
        project="flights",
        deployment="late",
        stable=None if stable is None else stable.id,
        percents=by_id,
        latency_p95_ms=250,
    )


def split(cluster: KServeCluster) -> tuple[str, dict[str, int]]:
    """Return the predictor's name, and the canaries' shares."""
    spec = cluster.service()["spec"]
    canaries = {one["predictor"]["name"]: one["trafficPercent"] for one in spec.get("canary", [])}
    return spec["predictor"]["name"], canaries


def test_a_first_version_becomes_an_inference_service_with_a_secret(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    seen = host.start(FIRST)
    service = cluster.service()
    name = service["metadata"]["name"]
    assert seen.life is Life.STARTING
    assert seen.address == f"http://{name}-s{FIRST.id}-predictor.octavo-models.svc"
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    model = service["spec"]["predictor"]["model"]
    assert (model["runtime"], model["storageUri"]) == ("octavo-scorer", "pvc://models/v1")
    (secret,) = cluster.of("secrets")
    assert secret["immutable"]
    assert secret["metadata"]["ownerReferences"][0]["uid"] == service["metadata"]["uid"]
    assert secret["stringData"]["secret"] == FIRST.secret
    assert json.loads(secret["stringData"]["manifest.json"]) == {"files": FILES}
    (volume,) = service["spec"]["predictor"]["volumes"]
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]
    assert FIRST.secret not in json.dumps(service)


def test_a_rollout_goes_by_canary_to_all_requests_and_back(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.share(shares(FIRST))
    cluster.pod(FIRST.id)
    assert host.look(FIRST.id).life is Life.READY
    host.start(SECOND)
    assert split(cluster) == (f"s{FIRST.id}", {f"s{SECOND.id}": 0})
    before = cluster.service()["spec"]["canary"][0]["predictor"]
    cluster.pod(SECOND.id)
    assert host.look(SECOND.id).life is Life.READY
    host.share(shares(FIRST, v2=10))
    assert split(cluster) == (f"s{FIRST.id}", {f"s{SECOND.id}": 10})
    host.share(shares(SECOND))
    assert split(cluster) == (f"s{SECOND.id}", {f"s{FIRST.id}": 0})
    after = cluster.service()["spec"]["predictor"]
    # The pods of what was promoted are the same: nothing restarts.
    del before["model"]["name"]
    assert {**after, **before} == after
    host.share(shares(FIRST))
    assert split(cluster) == (f"s{FIRST.id}", {f"s{SECOND.id}": 0})
    host.stop(SECOND.id)
    assert split(cluster) == (f"s{FIRST.id}", {})
    host.stop(FIRST.id)
    assert cluster.services() == cluster.of("secrets") == []
    assert host.look(FIRST.id).life is Life.ABSENT


def test_shares_that_stand_are_not_written_again(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.share(shares(FIRST))
    for _ in range(3):
        host.share(shares(FIRST))
    assert cluster.do(lambda: cluster.api.asked).count(("patch", "inferenceservices")) == 2


def test_a_worker_that_starts_again_finds_its_scorers(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.start(SECOND)
    cluster.pod(SECOND.id)
    again = opened()
    assert again.known() == {FIRST.id, SECOND.id}
    assert again.look(SECOND.id).life is Life.READY
    assert again.look(SECOND.id).address.endswith(f"-s{SECOND.id}-predictor.octavo-models.svc")
    again.close()


def test_the_stable_version_may_fall_while_a_canary_runs(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.start(SECOND)
    host.share(shares(FIRST, v2=10))
    host.stop(FIRST.id)
    assert split(cluster) == (f"s{SECOND.id}", {})
    host.start(replace(FIRST, secret="t" * 43))
    assert split(cluster) == (f"s{FIRST.id}", {f"s{SECOND.id}": 10})


def test_pods_of_an_earlier_start_do_not_count(cluster: KServeCluster, host: KServeScorers) -> None:
    host.start(FIRST)
    cluster.pod(FIRST.id)
    host.start(replace(FIRST, secret="t" * 43))
    assert host.look(FIRST.id).life is Life.STARTING
    assert len(cluster.of("secrets")) == 1
    cluster.pod(FIRST.id)
    assert host.look(FIRST.id).life is Life.READY


def test_other_resources_are_another_inference_service(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.start(replace(SECOND, resources=ScorerResources(cpus=4, memory_mib=8_192, gpus=1)))
    assert len(cluster.services()) == 2
    host.share(shares(SECOND))
    assert all("canary" not in one["spec"] for one in cluster.services())


@pytest.mark.parametrize(
    ("phase", "container", "life", "words"),
    [
        ("loading", {}, Life.STARTING, "The model is being loaded."),
        ("unplaced", {}, Life.STARTING,
         "Its pod has no machine yet: 0/3 nodes are available: 3 Insufficient cpu."),
        ("loading", {"state": {"waiting": {
            "reason": "ImagePullBackOff", "message": "no such image"}}},
         Life.STARTING, "Its pod waits (ImagePullBackOff): no such image."),
        ("loading", {"state": {"waiting": {
            "reason": "InvalidImageName", "message": "bad: name"}}},
         Life.EXITED, "InvalidImageName: bad: name."),
        ("ended", {"lastState": {"terminated": {"exitCode": 3, "reason": "Error", "message":
            "loading\nrefused: The model's files are not what was registered."}}},
         Life.EXITED, "It ended with status 3: The model's files are not what was registered."),
        ("ended", {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}},
         Life.EXITED, "It used more memory than its profile grants."),
        ("ended", {"name": "storage-initializer", "state": {"terminated": {
            "exitCode": 1, "reason": "Error", "message": "403 Forbidden"}}},
         Life.EXITED, "Fetching its files ended with status 1: 403 Forbidden."),
        ("ready", {}, Life.READY, "1 of 1 pods answer."),
    ],
)  # fmt: skip
def test_what_a_pod_does_is_said_in_words(
    cluster: KServeCluster, host: KServeScorers, phase: str, container: Any, life: Life, words: str
) -> None:
    host.start(FIRST)
    cluster.pod(FIRST.id, phase, container)
    seen = host.look(FIRST.id)
    assert (seen.life, seen.message) == (life, words)


def test_what_kserve_refuses_is_said_in_words(cluster: KServeCluster, host: KServeScorers) -> None:
    host.start(FIRST)
    assert host.look(FIRST.id).message == "KServe has made no pod for it yet."
    info = {
        "reason": "RuntimeNotRecognized",
        "message": "No runtime found with name: octavo-scorer",
    }
    model = {"transitionStatus": "InvalidSpec", "lastFailureInfo": info}
    cluster.edit(lambda body: body.update(status={"modelStatus": model}))
    seen = host.look(FIRST.id)
    assert seen.life is Life.EXITED
    assert seen.message == (
        "KServe refuses it (RuntimeNotRecognized): No runtime found with name: octavo-scorer."
    )


def test_what_kserve_gives_a_canary_is_read_back(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.start(SECOND)
    host.share(shares(FIRST, v2=25))
    cluster.pod(SECOND.id)
    states = [{"name": f"s{SECOND.id}", "ready": True, "trafficPercent": 25}]
    cluster.edit(lambda body: body.update(status={"canaryStatuses": states}))
    assert host.look(SECOND.id).message == "1 of 1 pods answer; KServe sends them 25 %."


def test_a_change_by_somebody_else_in_between_is_not_lost(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    cluster.refuse("patch", "inferenceservices", 409, "Conflict")
    host.start(SECOND)
    assert split(cluster) == (f"s{FIRST.id}", {f"s{SECOND.id}": 0})


def test_an_object_that_never_stands_still_is_given_up_with_words(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    for _ in range(kserve_scorers.TRIES):
        cluster.refuse("patch", "inferenceservices", 409, "Conflict")
    with pytest.raises(Unavailable, match=r"changed 4 times while Octavo wrote it"):
        host.start(SECOND)


def test_fields_that_somebody_took_are_taken_back_and_it_is_said(
    cluster: KServeCluster, host: KServeScorers, caplog: pytest.LogCaptureFixture
) -> None:
    host.start(FIRST)
    name = cluster.service()["metadata"]["name"]
    cluster.do(lambda: cluster.api.managers.update({name: "kubectl-edit"}))
    with caplog.at_level(logging.WARNING):
        host.start(SECOND)
    assert f"s{SECOND.id}" in split(cluster)[1]
    assert 'conflict with "kubectl-edit" at .spec.predictor.minReplicas' in caplog.text


@pytest.mark.parametrize(
    ("code", "reason", "words", "remedy"),
    [
        (403, "Forbidden", "Octavo may not write the InferenceService o-late-.*: no", "Role"),
        (422, "Invalid", "The cluster refused to write the InferenceService .*: no", "version"),
        (500, "InternalError", r"could not write the InferenceService .* \(500\): no", "log"),
        (429, "TooManyRequests", r"\(429\): no", "tries again"),
    ],
)
def test_a_refusal_says_what_and_what_to_do(
    cluster: KServeCluster, host: KServeScorers, code: int, reason: str, words: str, remedy: str
) -> None:
    cluster.refuse("patch", "inferenceservices", code, reason)
    with pytest.raises(Unavailable, match=words) as refused:
        host.start(FIRST)
    assert remedy in refused.value.remedy
    assert host.start(FIRST).life is Life.STARTING


def test_an_api_that_does_not_answer_is_said_and_nothing_is_known(
    cluster: KServeCluster,
) -> None:
    host = opened(answer_s=0.3)
    host.start(FIRST)
    cluster.do(lambda: cluster.api.held.append(("list", "inferenceservices")))
    with pytest.raises(Unavailable, match="The cluster's API was to read its InferenceServices"):
        host.look(FIRST.id)
    assert host.known() == frozenset()
    host.close()


def test_a_cluster_without_kserve_is_told_apart(cluster: KServeCluster) -> None:
    host = KServeScorers(SETTINGS, Cluster(), KnownShelf(), ClusterApi("elsewhere"))
    with pytest.raises(Unavailable, match=r"doesn't know serving\.kserve\.io/v1beta1"):
        host.look(FIRST.id)
    host.close()


def test_no_cluster_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))
    host = opened()
    with pytest.raises(Unavailable, match="No cluster to read its InferenceServices") as refused:
        host.look(FIRST.id)
    assert "KUBECONFIG" in refused.value.remedy
    host.close()


def test_an_annotation_that_was_changed_is_told(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    cluster.edit(lambda body: body["metadata"]["annotations"].update({"octavo.dev/plan": "[]"}))
    with pytest.raises(Unavailable, match=r"carries no plan of Octavo's that can be read"):
        host.start(SECOND)
    assert host.known() == frozenset()


def test_a_name_that_is_still_being_deleted_is_waited_for(
    cluster: KServeCluster, host: KServeScorers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kserve_scorers, "GONE_S", 0.1)
    host.start(FIRST)
    cluster.edit(lambda body: body["metadata"].update(finalizers=["kserve"]))
    host.stop(FIRST.id)
    assert host.look(FIRST.id).life is Life.ABSENT
    with pytest.raises(Unavailable, match=r"is being deleted since 2026-11-23T08:00:00Z"):
        host.start(FIRST)


def test_everything_that_is_asked_is_in_the_role(
    cluster: KServeCluster, host: KServeScorers
) -> None:
    host.start(FIRST)
    host.start(SECOND)
    host.stop(SECOND.id)
    host.stop(FIRST.id)
    used = {*cluster.do(lambda: cluster.api.asked)}
    granted = {(verb, p) for rule in RULES for p in rule["resources"] for verb in rule["verbs"]}
    # Server-side apply makes what isn't there: the API wants `create` for that.
    assert granted - used == {("create", "inferenceservices")}
    assert kserve_api.MANAGER == "octavo"
