"""A deployment on a cluster: KServe's objects in a real API's manner, scorers as real processes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.kserve import NAMESPACE, KServeCluster, running_kserve
from tests.support.kserve_node import Node, running_node
from tests.support.models import FolderCatalog, OneProfile
from tests.support.people import REVIEWER
from tests.support.scorers import write_sum
from tests.support.serving import NAME, PROJECT, Serving, now, open_serving

from octavo.local.cluster import Cluster
from octavo_server.adapters.kserve_api import ClusterApi
from octavo_server.adapters.kserve_scorers import KServeScorers
from octavo_server.adapters.kserve_shelf import ClaimShelf
from octavo_server.database.rows import Database
from octavo_server.deployments.requests.approvals import Approvals
from octavo_server.deployments.rollouts.domain import RolloutState, TrafficPlan
from octavo_server.deployments.rollouts.reconciler import Reconciler
from octavo_server.kserve_settings import KServeSettings

pytestmark = pytest.mark.timeout(180)

MODEL, ROW = "flights-late", {"a": 1.0, "b": 2.0}
SETTINGS = KServeSettings(scorers="kserve", kserve_models="pvc://models")
CANARY = TrafficPlan(kind="canary", percent=40)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="oct-k-"))
    (made / "claim").mkdir()
    (made / "node").mkdir()
    (made / "home").mkdir()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KServeCluster]:
    with running_kserve(folder) as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


@pytest.fixture
def node(cluster: KServeCluster, folder: Path) -> Iterator[Node]:
    with running_node(cluster, folder / "claim", folder / "node") as running:
        yield running


@pytest.fixture
def serving(folder: Path, node: Node, database: Database) -> Iterator[Serving]:
    models = {(MODEL, number): write_sum(folder / f"v{number}") for number in (1, 2)}
    found = open_serving(folder / "home", database, models)
    host = on_cluster(found, folder, node)
    yield found
    host.close()
    found.close()


def on_cluster(serving: Serving, folder: Path, node: Node) -> KServeScorers:
    """Let a worker that has just started drive the deployment on the cluster."""
    shelf = ClaimShelf("pvc://models", folder / "claim", serving.catalog)
    host = KServeScorers(SETTINGS, Cluster(), shelf, ClusterApi(NAMESPACE), node.address)
    serving.reconciler = Reconciler(
        serving.database, serving.audit, serving.lineage, host, OneProfile(),
        Approvals(serving.catalog), now,
    )  # fmt: skip
    return host


def percents(cluster: KServeCluster) -> list[int]:
    return [one["trafficPercent"] for one in cluster.service()["spec"].get("canary", [])]


def test_a_deployment_goes_live_by_canary_and_back_and_outlives_the_worker(
    serving: Serving, cluster: KServeCluster, node: Node, folder: Path
) -> None:
    serving.go_live(1)
    assert [one.version for one in serving.score_many([ROW] * 5)] == [1] * 5
    serving.go_live(2, traffic=CANARY)
    serving.until(lambda _: percents(cluster) == [40])
    assert {one.version for one in serving.score_many([ROW] * 40)} == {1, 2}
    before = node.starts()
    again = on_cluster(serving, folder, node)  # another worker: it finds what runs
    serving.until(lambda view: view.deployment.canary_version == 2)
    assert node.starts() == before
    serving.rollouts.promote(REVIEWER, PROJECT, NAME, "It is as good.")
    head = cluster.service()["spec"]["predictor"]["name"]
    serving.until(lambda _: cluster.service()["spec"]["predictor"]["name"] != head)
    assert percents(cluster) == [0]
    assert {one.version for one in serving.score_many([ROW] * 10)} == {2}
    serving.rollouts.roll_back(REVIEWER, PROJECT, NAME, "It is not.")
    assert {one.version for one in serving.score_many([ROW] * 10)} == {1}
    serving.until(lambda _: cluster.service()["spec"]["predictor"]["name"] == head)
    # Nothing was started anew by promoting and rolling back: what is left ran all the time.
    assert node.starts() <= before
    again.close()


def test_a_pod_that_dies_is_started_again_with_a_new_secret(
    serving: Serving, cluster: KServeCluster, node: Node
) -> None:
    view = serving.go_live(1)
    scorer = view.scorers[1].id
    before = node.starts()
    node.kill(scorer)
    serving.until(lambda view: view.scorers[1].restarts == 1)
    serving.until(lambda view: view.scorers[1].ready_at is not None)
    assert not node.starts() & before
    assert len(cluster.of("secrets")) == 1
    assert serving.score(ROW).version == 1


def test_files_that_are_not_what_was_signed_are_not_served(serving: Serving, node: Node) -> None:
    assert isinstance(serving.catalog, FolderCatalog)
    serving.catalog.spoil = "MLmodel"
    serving.approve(serving.ask(1))
    view = serving.until(
        lambda view: view.rollout is not None and view.rollout.state is RolloutState.FAILED
    )
    assert view.rollout is not None
    assert "never became ready: It ended with status 3: The model's files" in view.rollout.message
    assert "MLmodel has SHA-256" in view.rollout.message


def test_an_api_that_is_away_changes_nothing_that_answers(
    serving: Serving, cluster: KServeCluster, node: Node
) -> None:
    serving.go_live(1)
    before = node.starts()
    for _ in range(3):
        cluster.refuse("list", "inferenceservices", 500, "InternalError")
    serving.until(lambda _: not cluster.do(lambda: list(cluster.api.refusals)))
    view = serving.until(lambda view: view.scorers[1].ready_at is not None)
    assert view.scorers[1].restarts == 0
    assert node.starts() == before
    assert serving.score(ROW).version == 1
