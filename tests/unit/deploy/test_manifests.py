"""The manifests render, are valid by the real schemas, and give nobody more than is used."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from tests.support.cluster import running_cluster
from tests.support.kserve import VALIDATORS, refused_by_kserve
from tests.support.pods import brought_up, listening, session, spawner

from octavo.local.cluster import Cluster, read_cluster
from octavo_hub.kubernetes.configuration import PORT
from octavo_hub.kubernetes.spawner import OctavoKubeSpawner
from octavo_server.adapters.node_pools import DeclaredPools
from octavo_server.settings import load_settings

DEPLOY = Path(__file__).parents[3] / "deploy"
FOLDERS = sorted(
    file.parent
    for file in DEPLOY.rglob("kustomization.yaml")
    if "kind: Kustomization" in file.read_text()  # a component renders in an overlay alone
)
KUBECTL = str(Path(sys.executable).parent / "kubectl")
VERSIONS = ("1.30", "1.34")


def rendered(folder: Path) -> list[dict[str, Any]]:
    """Return the objects of a folder, as `kubectl apply -k` would send them."""
    done = subprocess.run(
        [KUBECTL, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.fixture(scope="module")
def base() -> list[dict[str, Any]]:
    return rendered(DEPLOY / "base")


def one(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [x for x in objects if x["kind"] == kind and x["metadata"]["name"] == name]
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(DEPLOY)))
def test_each_folder_renders_to_valid_objects(folder: Path) -> None:
    objects = rendered(folder)
    assert objects
    for found in objects:
        if found["kind"] in VALIDATORS:
            assert refused_by_kserve(found) is None
            continue
        for version in VERSIONS:
            kubernetes_validate.validate(found, version, strict=True)


def test_the_settings_are_settings_of_octavos(base: list[dict[str, Any]]) -> None:
    (found,) = [x for x in base if x["kind"] == "ConfigMap" and "OCTAVO_HOME" in x["data"]]
    cluster = read_cluster(found["data"])
    assert cluster.kubernetes_namespace == "octavo-workspaces"
    assert found["data"]["OCTAVO_SPAWNER"] == "kubernetes"
    names = {f"OCTAVO_{name.upper()}" for name in Cluster.model_fields}
    others = {"OCTAVO_HOME", "OCTAVO_BIND", "OCTAVO_PORT", "OCTAVO_SPAWNER",
              "OCTAVO_NODE_POOLS"}  # fmt: skip
    assert set(found["data"]) <= names | others


def test_the_node_pools_are_pools_of_octavos() -> None:
    schemas = DEPLOY.parent / "spawner_profiles"
    (pool,) = DeclaredPools(DEPLOY / "base" / "node-pools.yaml", schemas).pools()
    assert (pool.name, pool.cpu, pool.memory_gib, pool.nodes) == ("cpu", 15, 58, 4)


def test_the_guides_overlay_and_node_pools_work(tmp_path: Path) -> None:
    guide = (DEPLOY.parent / "docs" / "admin" / "kubernetes.md").read_text()
    overlay, pools = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    mine = tmp_path / "deploy" / "overlays" / "mine"
    shutil.copytree(DEPLOY / "base", tmp_path / "deploy" / "base")
    mine.mkdir(parents=True)
    (mine / "kustomization.yaml").write_text(overlay)
    (mine / "node-pools.yaml").write_text(pools)
    (settings,) = [
        found["data"]
        for found in rendered(mine)
        if found["kind"] == "ConfigMap" and "OCTAVO_HOME" in found["data"]
    ]
    assert settings["OCTAVO_SPAWNER"] == "kubernetes"
    assert settings["OCTAVO_KUBERNETES_STORAGE_CLASS"] == "gp3"
    schemas = DEPLOY.parent / "spawner_profiles"
    names = [pool.name for pool in DeclaredPools(mine / "node-pools.yaml", schemas).pools()]
    assert names == ["cpu", "gpu"]


def test_the_hub_has_rights_in_the_workspaces_namespace_alone(base: list[dict[str, Any]]) -> None:
    kinds = {x["kind"] for x in base}
    assert not {"ClusterRole", "ClusterRoleBinding"} & kinds
    (role,) = [x for x in base if x["kind"] == "Role"]
    (binding,) = [x for x in base if x["kind"] == "RoleBinding"]
    assert role["metadata"]["namespace"] == "octavo-workspaces"
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "hub", "namespace": "octavo"}]
    for rule in role["rules"]:
        assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
        assert not {"secrets", "pods/exec", "pods/attach", "serviceaccounts"} & {*rule["resources"]}


async def test_the_role_allows_what_the_spawner_asks_and_nothing_more(
    base: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes_asyncio.config import kube_config
    from kubespawner.clients import load_config

    rules = one(base, "Role", "hub")["rules"]
    load_config.cache_clear()
    async with running_cluster(tmp_path, rules) as (cluster, url, kubeconfig):
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
        async with listening() as port:
            ada = spawner(url, port)
            ada.session = session()
            await brought_up(ada, cluster)
            await brought_up(ada, cluster)  # its last pod is still there, and so is its home
            await ada.take_down(now=True)
        await OctavoKubeSpawner._stop_all_reflectors()
    used = {(plural, verb) for verb, plural, _ in cluster.asked}
    granted = {
        (plural, verb)
        for rule in rules
        if "" in rule["apiGroups"]
        for plural in rule["resources"]
        for verb in rule["verbs"]
    }
    assert used <= granted
    # `get` of a claim is asked only where a quota refuses to make one that is there already.
    assert granted - used == {("persistentvolumeclaims", "get")}


def test_workspaces_are_reached_by_the_platform_alone(base: list[dict[str, Any]]) -> None:
    everything = one(base, "NetworkPolicy", "nothing")["spec"]
    assert everything == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policy = one(base, "NetworkPolicy", "workspaces")["spec"]
    (entry,) = policy["ingress"]
    assert [port["port"] for port in entry["ports"]] == [PORT]
    platform = one(base, "StatefulSet", "octavo")["spec"]["template"]["metadata"]["labels"]
    (source,) = entry["from"]
    assert source["podSelector"]["matchLabels"].items() <= platform.items()


def test_workspaces_reach_nothing_private(base: list[dict[str, Any]]) -> None:
    policy = one(base, "NetworkPolicy", "workspaces")["spec"]
    blocks = [to["ipBlock"] for rule in policy["egress"] for to in rule["to"] if "ipBlock" in to]
    excepted = {block["cidr"]: set(block["except"]) for block in blocks}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= excepted[
        "0.0.0.0/0"
    ]
    assert "fc00::/7" in excepted["::/0"]


def test_the_policy_selects_the_pods_that_the_spawner_makes(base: list[dict[str, Any]]) -> None:
    selector = one(base, "NetworkPolicy", "workspaces")["spec"]["podSelector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/part-of": "octavo", "component": "singleuser-server"}


def test_the_workspaces_namespace_is_restricted(base: list[dict[str, Any]]) -> None:
    labels = one(base, "Namespace", "octavo-workspaces")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_only_root_can_read_the_hubs_own_token(base: list[dict[str, Any]]) -> None:
    pod = one(base, "StatefulSet", "octavo")["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    (volume,) = [x for x in pod["volumes"] if x["name"] == "cluster-api"]
    assert volume["projected"]["defaultMode"] == 0o400
    assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False


def images_built() -> Iterator[str]:
    for file in (DEPLOY.parent / "images").glob("*/Dockerfile"):
        found = re.search(r"-t (octavo/[\w-]+) ", file.read_text())
        if found:
            yield found[1]


def test_every_image_is_one_that_can_be_built_here(base: list[dict[str, Any]]) -> None:
    named = set(re.findall(r"image: (\S+?)(?::|$)", yaml.safe_dump(base), re.MULTILINE))
    assert named == {"octavo/platform"}
    assert named <= set(images_built())


# ---------------------------------------------------------------- deployed models on KServe


@pytest.fixture(scope="module")
def kserve() -> list[dict[str, Any]]:
    return rendered(DEPLOY / "overlays" / "kserve")


def test_the_overlay_with_kserve_is_set_so_that_octavo_starts(
    kserve: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = [x for x in kserve if x["kind"] == "ConfigMap" and "OCTAVO_HOME" in x["data"]]
    for name, value in found["data"].items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.scorers == "kserve"
    assert one(kserve, "Namespace", settings.kserve_namespace)
    assert one(kserve, "ClusterServingRuntime", settings.kserve_runtime)
    pod = one(kserve, "StatefulSet", "octavo")["spec"]["template"]["spec"]
    mounts = {x["mountPath"]: x["name"] for x in pod["containers"][0]["volumeMounts"]}
    name = mounts[str(settings.kserve_models_folder)]
    claims = {x["name"]: x["persistentVolumeClaim"] for x in pod["volumes"]
              if "persistentVolumeClaim" in x}  # fmt: skip
    assert claims[name] == {"claimName": "models"}
    written, read = (
        x["spec"]["nfs"] for x in sorted(
            (x for x in kserve if x["kind"] == "PersistentVolume"),
            key=lambda x: "readOnly" in x["spec"]["nfs"],
        )
    )  # fmt: skip
    assert (written["server"], written["path"]) == (read["server"], read["path"])


def test_the_runtime_is_the_scorers_image_and_speaks_its_options(
    kserve: list[dict[str, Any]],
) -> None:
    runtime = one(kserve, "ClusterServingRuntime", "octavo-scorer")
    (container,) = runtime["spec"]["containers"]
    assert container["image"].split(":")[0] in set(images_built())
    given = {x["name"].removeprefix("OCTAVO_SCORER_").lower() for x in container["env"]}
    assert {"model_dir", "host", "port", "metrics"} == given
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"].startswith("/v2/health/")


def test_the_platform_may_write_models_and_read_no_secret(kserve: list[dict[str, Any]]) -> None:
    role = one(kserve, "Role", "scorers")
    assert role["metadata"]["namespace"] == "octavo-models"
    verbs = {
        resource: set(rule["verbs"]) for rule in role["rules"] for resource in rule["resources"]
    }
    assert verbs["secrets"] == {"create", "delete"}
    assert verbs["pods"] == {"list"}
    binding = one(kserve, "RoleBinding", "scorers")
    account = one(kserve, "StatefulSet", "octavo")["spec"]["template"]["spec"]["serviceAccountName"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account, "namespace": "octavo"}
    ]


def test_models_are_reached_by_the_platform_and_reach_nothing(
    kserve: list[dict[str, Any]],
) -> None:
    policy = one(kserve, "NetworkPolicy", "scorers")["spec"]
    assert policy["podSelector"] == {}
    assert "egress" not in policy
    assert "Egress" in policy["policyTypes"]
    labels = one(kserve, "Namespace", "octavo-models")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


# ---------------------------------------------------------------- runs as Jobs


@pytest.fixture(scope="module")
def runs() -> list[dict[str, Any]]:
    return rendered(DEPLOY / "overlays" / "runs")


def test_the_overlay_with_runs_is_set_so_that_octavo_starts(
    runs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = [x for x in runs if x["kind"] == "ConfigMap" and "OCTAVO_HOME" in x["data"]]
    for name, value in found["data"].items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.runs == "kubernetes"
    assert one(runs, "Namespace", settings.runs_namespace)
    pod = one(runs, "StatefulSet", "octavo")["spec"]["template"]["spec"]
    mounts = {x["mountPath"]: x["name"] for x in pod["containers"][0]["volumeMounts"]}
    assert mounts[str(settings.runs_folder)] == "runs"
    claims = [x for x in runs if x["kind"] == "PersistentVolumeClaim"
              and x["metadata"]["name"] == settings.runs_claim]  # fmt: skip
    spaces = {x["metadata"]["namespace"] for x in claims}
    assert spaces == {"octavo", settings.runs_namespace}
    places = {x["spec"]["nfs"]["path"] for x in runs if x["kind"] == "PersistentVolume"}
    assert len(places) == 1, "both claims are of one shared folder"


def test_the_platform_may_make_runs_and_read_no_secret(runs: list[dict[str, Any]]) -> None:
    verbs = {
        resource: set(rule["verbs"])
        for rule in one(runs, "Role", "runs")["rules"]
        for resource in rule["resources"]
    }
    assert verbs == {"jobs": {"get", "create", "delete"}, "pods": {"list"}, "secrets": {"create"}}


def test_a_run_is_reached_by_nobody_and_a_replay_reaches_nobody(
    runs: list[dict[str, Any]],
) -> None:
    nothing = [x for x in runs if x["kind"] == "NetworkPolicy"
               and x["metadata"] | {"name": "", "labels": ""} == {
                   "name": "", "labels": "", "namespace": "octavo-runs"}]  # fmt: skip
    by_name = {x["metadata"]["name"]: x["spec"] for x in nothing}
    assert by_name["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    chosen = by_name["platform"]["podSelector"]["matchLabels"]
    assert chosen == {"octavo.dev/network": "platform"}
    labels = one(runs, "Namespace", "octavo-runs")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
