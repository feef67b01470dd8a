"""What a profile becomes as a pod, and what no profile may make of one."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubernetes_asyncio.client import ApiClient
from kubespawner.objects import make_pod
from tests.support.pods import DIGEST, IMAGE, cluster_settings, profile, resources, session

from octavo.records.profiles import ProfileImage, Toleration, Volume
from octavo_hub.kubernetes.environment import ProfileRefused, literal, pod_environment
from octavo_hub.kubernetes.pods import label_value, marks_of, traits_of
from octavo_hub.kubernetes.volumes import folders_of

GPU = resources(cpu=8.0, cpu_guarantee=2.0, memory_gib=64.0, memory_guarantee_gib=8.0, gpu=2,
                gpu_type="NVIDIA-A100-SXM4-80GB")  # fmt: skip


def traits(cluster: Any = None, **more: Any) -> dict[str, Any]:
    settings_ = cluster or cluster_settings()
    return traits_of(session(profile=profile(**more)), settings_, "home-ada")


async def manifest(**more: Any) -> dict[str, Any]:
    """Return the pod as KubeSpawner makes it of the traits, in the API's own shape."""
    given = traits(**more)
    names = {
        "extra_labels": "labels", "extra_annotations": "annotations",
    }  # fmt: skip
    arguments = {names.get(key, key): value for key, value in given.items()}
    pod = make_pod(name="jupyter-ada", cmd=["python"], port=8888, env={}, **arguments)
    async with ApiClient() as client:
        body: dict[str, Any] = client.sanitize_for_serialization(pod)
    return body


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"resources": GPU, "capacity": "spot"},
        {
            "node_selector": {"pool": "big"},
            "tolerations": [Toleration(key="dedicated", operator="Equal", value="ml", effect=None)],
            "volumes": [
                Volume(name="corpus", mount="/data/corpus", claim="corpus", size_gib=None,
                       read_only=True),
                Volume(name="scratch", mount="/scratch", claim=None, size_gib=100.0,
                       read_only=False),
            ],
            "labels": {"team": "risk & fraud", "cost-centre": "4711"},
        },
    ],
)  # fmt: skip
async def test_each_pod_is_valid_by_the_real_schema(more: dict[str, Any]) -> None:
    kubernetes_validate.validate(await manifest(**more), "1.34", strict=True)


async def test_guarantees_are_requests_and_limits_are_limits() -> None:
    container = (await manifest(resources=GPU))["spec"]["containers"][0]
    assert container["resources"]["requests"] == {
        "cpu": 2.0, "memory": 8 * 1024**3, "nvidia.com/gpu": "2", "ephemeral-storage": "1Gi",
    }  # fmt: skip
    assert container["resources"]["limits"] == {
        "cpu": 8.0, "memory": 64 * 1024**3, "nvidia.com/gpu": "2", "ephemeral-storage": "10Gi",
    }  # fmt: skip


async def test_the_pod_has_no_rights_and_cannot_gain_any() -> None:
    spec = (await manifest())["spec"]
    context = spec["containers"][0]["securityContext"]
    assert context == {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "runAsNonRoot": True,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in spec
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()
    assert not any("hostPath" in volume for volume in spec["volumes"])
    assert spec["restartPolicy"] == "Never"


def test_the_image_is_the_chosen_one_by_digest() -> None:
    other = IMAGE.replace("workspace-cpu", "workspace-r")
    images = [
        ProfileImage(name="standard", title="Standard", image=IMAGE),
        ProfileImage(name="r", title="R", image=other),
    ]
    settings_ = cluster_settings()
    first = traits_of(session(profile=profile(images=images)), settings_, "home-ada")
    chosen = traits_of(session(profile=profile(images=images), image="r"), settings_, "home-ada")
    assert (first["image"], chosen["image"]) == (IMAGE, other)


def test_an_image_that_the_profile_lacks_is_refused() -> None:
    with pytest.raises(ProfileRefused, match=r"no image .evil.; it has standard\. Choose one of"):
        traits_of(session(image="evil"), cluster_settings(), "home-ada")


@pytest.mark.parametrize(
    "image", ["octavo/workspace-cpu:latest", "octavo/w@sha256:12", "a b@" + DIGEST]
)
def test_an_image_without_a_digest_is_refused(image: str) -> None:
    with pytest.raises(ProfileRefused, match="isn't given by digest"):
        traits(images=[ProfileImage(name="standard", title="S", image=image)])


def test_a_profile_without_image_takes_the_clusters_or_is_refused() -> None:
    with pytest.raises(ProfileRefused, match="OCTAVO_KUBERNETES_IMAGE isn't set"):
        traits(images=[])
    assert traits(cluster_settings(kubernetes_image=IMAGE), images=[])["image"] == IMAGE


def test_labels_say_what_it_is_booked_on_and_annotations_say_it_exactly() -> None:
    someone = "Zoë.O'Neil@example.org"
    marks = marks_of(
        session(person="Zoe@example.org", profile=profile(labels={"team": "risk & fraud"}))
    )
    assert marks.labels["octavo.dev/session"] == "s-01"
    assert marks.labels["octavo.dev/project"] == "flights"
    assert marks.labels["octavo.dev/profile-version"] == "3"
    assert marks.labels["octavo.dev/team"].startswith("risk-fraud")
    assert marks.labels["octavo.dev/person"].startswith("zoe-example-org")
    assert marks.annotations["octavo.dev/person"] == "Zoe@example.org"
    assert len(label_value(someone * 9)) <= 63


def test_a_chargeback_label_cannot_take_the_place_of_the_platforms_own() -> None:
    marks = marks_of(session(profile=profile(labels={"session": "another", "person": "bob"})))
    assert marks.labels["octavo.dev/session"] == "s-01"
    assert marks.labels["octavo.dev/person"] == "ada"


# ---------------------------------------------------------------- where it runs


def affinity(given: dict[str, Any]) -> list[dict[str, Any]]:
    (term,) = given["node_affinity_required"]
    expressions: list[dict[str, Any]] = term["matchExpressions"]
    return expressions


def test_spot_profiles_run_on_spot_nodes_alone_and_others_never() -> None:
    spot = traits(capacity="spot")
    assert affinity(spot) == [{"key": "octavo.dev/capacity", "operator": "In", "values": ["spot"]}]
    keys = {toleration["key"] for toleration in spot["tolerations"]}
    assert {"octavo.dev/capacity", "cloud.google.com/gke-spot"} <= keys
    other = traits()
    assert affinity(other) == [
        {"key": "octavo.dev/capacity", "operator": "NotIn", "values": ["spot"]}
    ]
    assert other["tolerations"] == []


def test_the_label_of_spot_nodes_is_a_setting() -> None:
    settings_ = cluster_settings(kubernetes_spot_label="karpenter.sh/capacity-type=spot")
    assert affinity(traits(settings_, capacity="spot"))[0]["key"] == "karpenter.sh/capacity-type"


def test_gpus_are_counted_and_chosen_by_the_clusters_names() -> None:
    settings_ = cluster_settings(
        kubernetes_gpu_resource="amd.com/gpu", kubernetes_gpu_label="example.org/gpu"
    )
    given = traits(settings_, resources=GPU)
    assert given["extra_resource_limits"]["amd.com/gpu"] == "2"
    assert affinity(given)[1] == {
        "key": "example.org/gpu", "operator": "In", "values": ["NVIDIA-A100-SXM4-80GB"],
    }  # fmt: skip
    assert {"key": "amd.com/gpu", "operator": "Exists"} in given["tolerations"]


def test_a_gpu_type_that_no_node_can_carry_is_refused() -> None:
    with pytest.raises(ProfileRefused, match="'A100 80GB', which no label of a node can hold"):
        traits(resources=GPU.model_copy(update={"gpu_type": "A100 80GB"}))


def test_a_profiles_own_choice_of_gpu_nodes_goes_first() -> None:
    selector = {"nvidia.com/gpu.product": "NVIDIA-A100-PCIE-40GB"}
    given = traits(resources=GPU, node_selector=selector)
    assert given["node_selector"] == selector
    assert len(affinity(given)) == 1


def test_a_toleration_of_everything_is_refused() -> None:
    everything = Toleration(key="", operator="Exists", value=None, effect=None)
    with pytest.raises(ProfileRefused, match="tolerates every taint"):
        traits(tolerations=[everything])


@pytest.mark.parametrize(
    "wrong",
    [
        {"cpu_guarantee": 4.0},
        {"memory_guarantee_gib": 9.0},
        {"cpu_guarantee": 0.0},
        {"memory_guarantee_gib": -1.0},
    ],
)
def test_a_guarantee_above_its_limit_or_below_zero_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ProfileRefused, match="guarantees more than its limit"):
        traits(resources=resources(**wrong))


# ---------------------------------------------------------------- what it can read and write


def test_the_home_is_the_persons_claim_and_the_lake_the_projects_part() -> None:
    given = traits(cluster_settings(kubernetes_lake_claim="lake"))
    assert given["volumes"][0] == {
        "name": "home", "persistentVolumeClaim": {"claimName": "home-ada"},
    }  # fmt: skip
    lake = [mount for mount in given["volume_mounts"] if mount["name"] == "octavo-lake"]
    assert [(mount["subPath"], mount["readOnly"]) for mount in lake] == [
        ("lake/flights", True),
        ("features/flights", True),
    ]
    assert folders_of(cluster_settings()) == {}


@pytest.mark.parametrize(
    "mount",
    ["/", "/home", "/home/octavo", "/etc", "/etc/ssl", "/opt", "/opt/octavo/lib", "/usr/bin",
     "/dev/shm", "/srv", "/tmp", "/home/octavo/shared", "/srv/octavo/lake", "/proc",
     "data", "/data/../etc", "/data//x", "/data/",
     "/data/{0}", "/data:rw", "", "/var/run/secrets/kubernetes.io/serviceaccount"],
)  # fmt: skip
def test_a_volume_cannot_hide_the_system_the_home_or_the_platform(mount: str) -> None:
    volume = Volume(name="x", mount=mount, claim="c", size_gib=None, read_only=False)
    with pytest.raises(ProfileRefused, match="needs a folder of its own"):
        traits(volumes=[volume])


@pytest.mark.parametrize("mount", ["/data", "/data/corpus", "/scratch", "/srv/corpus"])
def test_a_volume_has_a_folder_of_its_own(mount: str) -> None:
    volume = Volume(name="x", mount=mount, claim="c", size_gib=None, read_only=False)
    assert traits(volumes=[volume])["volume_mounts"][-1]["mountPath"] == mount


def test_a_volume_without_claim_or_size_is_refused() -> None:
    volume = Volume(name="x", mount="/data", claim=None, size_gib=None, read_only=False)
    with pytest.raises(ProfileRefused, match="neither a claim nor a size"):
        traits(volumes=[volume])


def test_a_profile_cannot_mount_a_persons_home() -> None:
    volume = Volume(name="x", mount="/data/x", claim="home-bob", size_gib=None, read_only=True)
    with pytest.raises(ProfileRefused, match="'home-bob', a person's home"):
        traits(volumes=[volume])


# ---------------------------------------------------------------- environment


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "ld_preload", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP", "PATH", "HOME",
     "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL", "JUPYTER_CONFIG_DIR", "OCTAVO_TOKEN",
     "OCTAVO_SESSION", "MLFLOW_TRACKING_URI", "BASH_ENV", "NVIDIA_VISIBLE_DEVICES",
     "KUBERNETES_SERVICE_HOST"],
)  # fmt: skip
def test_variables_of_the_platform_are_refused_again(name: str) -> None:
    given = session(profile=profile(environment={name: "x"}))
    with pytest.raises(ProfileRefused, match=f"sets {name}, which only the platform may set"):
        pod_environment(given, "http://inside", "token", {})


def test_a_name_or_value_out_of_shape_is_refused() -> None:
    for environment, text in (({"A B": "x"}, "no name of a variable"), ({"A": "\0"}, "zero byte")):
        given = session(profile=profile(environment=environment))
        with pytest.raises(ProfileRefused, match=text):
            pod_environment(given, "http://inside", "token", {})


def test_a_profiles_variables_are_taken_as_they_are() -> None:
    value = "{unescaped_username.__class__} $(JUPYTERHUB_API_TOKEN) {}"
    given = session(profile=profile(environment={"MODEL": value}))
    made = pod_environment(given, "http://inside", "token", {})
    assert made["MODEL"].format() == "{unescaped_username.__class__} $$(JUPYTERHUB_API_TOKEN) {}"
    assert made["OCTAVO_URL"] == "http://inside/services/octavo"


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_no_value_is_expanded_by_the_spawner(value: str) -> None:
    assert literal(value).format(person="ada") == value.replace("$(", "$$(")
