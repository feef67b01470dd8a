"""Every plan becomes an InferenceService that KServe takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.support.kserve import refused_by_kserve

from octavo.local.cluster import Cluster
from octavo_server.adapters.kserve_manifests import LARGEST_SECRET, secret_of, service_of
from octavo_server.adapters.kserve_plans import Member, Plan, plan_in
from octavo_server.adapters.kserve_scaling import busy, slow
from octavo_server.deployments.rollouts.ports import Placement, ScorerResources
from octavo_server.errors import Unavailable
from octavo_server.kserve_settings import KServeSettings

RUNTIME = Path(__file__).parents[3] / "deploy" / "kserve" / "runtime.yaml"
PROMETHEUS = "http://prometheus.monitoring.svc:9090"
MEMBER = Member(
    scorer="aaaaaaaaaaaa", version=1, digest="1" * 64, start="0123456789", storage="pvc://models/v1"
)
PLAN = Plan(
    project="flights",
    deployment="late",
    model="flights-late",
    resources=ScorerResources(cpus=1, memory_mib=2_048),
    members=(MEMBER,),
    stable=MEMBER.scorer,
    latency_p95_ms=250,
)
SETTINGS = KServeSettings(scorers="kserve", kserve_models="pvc://models")

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
placements = st.builds(
    Placement,
    node_selector=st.dictionaries(labels, labels, max_size=2),
    tolerations=st.lists(
        st.fixed_dictionaries(
            {"key": labels, "operator": st.just("Equal"), "value": labels},
            optional={"effect": st.sampled_from(["NoSchedule", "NoExecute"])},
        ),
        max_size=2,
    ).map(tuple),
    gpu_type=st.none() | st.just("NVIDIA-H100-80GB-HBM3"),
    spot=st.booleans(),
)
granted = st.builds(
    ScorerResources,
    cpus=st.floats(0.1, 64).map(lambda cpus: round(cpus, 2)),
    memory_mib=st.integers(128, 1 << 20),
    gpus=st.integers(0, 8),
    placement=placements,
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan of one to four versions; shares of the canaries sum up to at most 100."""
    ids = draw(st.lists(st.from_regex(r"[a-z2-7]{12}", fullmatch=True), min_size=1, max_size=4,
                        unique=True))  # fmt: skip
    left, members = 100, []
    for number, scorer in enumerate(sorted(ids)):
        percent = draw(st.integers(0, left))
        left -= percent
        members.append(replace(MEMBER, scorer=scorer, version=number + 1, percent=percent))
    return Plan(
        project=draw(st.text(min_size=1, max_size=63)),
        deployment=draw(st.text(min_size=1, max_size=63)),
        model=draw(st.text(min_size=1, max_size=63)),
        resources=draw(granted),
        members=tuple(members),
        stable=draw(st.none() | st.sampled_from(ids) | st.just("gone")),
        latency_p95_ms=draw(st.none() | st.floats(1, 60_000)),
    )


settings_drawn = st.builds(
    KServeSettings,
    scorers=st.just("kserve"),
    kserve_models=st.just("pvc://models"),
    kserve_min_replicas=st.integers(1, 20),
    kserve_max_replicas=st.integers(1, 20),
    kserve_prometheus=st.sampled_from(["", PROMETHEUS]),
    kserve_service_account=st.sampled_from(["", "models"]),
)


@given(plans(), settings_drawn)
def test_every_plan_is_an_inference_service_that_kserve_takes(
    plan: Plan, settings: KServeSettings
) -> None:
    service = service_of(plan, settings, Cluster())
    assert refused_by_kserve(service) is None
    assert plan_in(json.loads(json.dumps(service))) == plan


@given(plans(), settings_drawn)
def test_every_version_is_there_once_with_its_own_files_and_secret(
    plan: Plan, settings: KServeSettings
) -> None:
    spec = service_of(plan, settings, Cluster())["spec"]
    predictors = [spec["predictor"], *(one["predictor"] for one in spec.get("canary", []))]
    assert sorted(one["name"] for one in predictors) == [one.name for one in plan.members]
    secrets = {one["volumes"][0]["secret"]["secretName"] for one in predictors}
    assert len(secrets) == len(plan.members)


@given(plans())
def test_pods_are_valid_and_may_do_nothing(plan: Plan) -> None:
    """The pods as KServe makes them: the runtime's container with the version's own over it."""
    predictor = service_of(plan, SETTINGS, Cluster())["spec"]["predictor"]
    (runtime,) = yaml.safe_load(RUNTIME.read_text())["spec"]["containers"]
    model = predictor.pop("model")
    for name in ("modelFormat", "runtime", "protocolVersion", "storageUri"):
        del model[name]
    container = {**runtime, **model, "env": runtime["env"] + model["env"]}
    podded = {
        key: value
        for key, value in predictor.items()
        if key not in {"name", "labels", "minReplicas", "maxReplicas", "scaleMetric", "scaleTarget"}
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x", "labels": predictor["labels"]},
        "spec": {**podded, "containers": [container]},
    }
    kubernetes_validate.validate(pod, "1.34", strict=True)
    assert podded["automountServiceAccountToken"] is False
    assert podded["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_names_stay_the_same_and_differ_by_deployment_and_resources() -> None:
    assert PLAN.name == replace(PLAN, members=(), stable=None).name
    others = [
        replace(PLAN, deployment="late-2"),
        replace(PLAN, project="other"),
        replace(PLAN, resources=ScorerResources(cpus=2, memory_mib=2_048)),
    ]
    assert len({PLAN.name, *(one.name for one in others)}) == 4


def test_gpus_and_spot_machines_are_chosen_as_for_workspaces() -> None:
    place = Placement(gpu_type="NVIDIA-A100", spot=True, node_selector={"disk": "fast"})
    resources = ScorerResources(cpus=4, memory_mib=8_192, gpus=2, placement=place)
    service = service_of(replace(PLAN, resources=resources), SETTINGS, Cluster())
    predictor = service["spec"]["predictor"]
    assert predictor["model"]["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert {"name": "OCTAVO_SCORER_PROVIDER", "value": "cuda"} in predictor["model"]["env"]
    assert predictor["nodeSelector"] == {"disk": "fast"}
    terms = predictor["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert terms == [{"matchExpressions": [
        {"key": "octavo.dev/capacity", "operator": "In", "values": ["spot"]},
        {"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-A100"]},
    ]}]  # fmt: skip
    keys = {one["key"] for one in predictor["tolerations"]}
    assert {"nvidia.com/gpu", "octavo.dev/capacity"} <= keys


def scaled(**changes: Any) -> tuple[str, dict[str, Any]]:
    settings = SETTINGS.model_copy(update=changes)
    service = service_of(PLAN, settings, Cluster())
    annotations = service["metadata"]["annotations"]
    return annotations["serving.kserve.io/autoscalerClass"], service["spec"]["predictor"]


def test_pods_are_added_by_cpu_without_prometheus() -> None:
    name, predictor = scaled()
    assert (name, predictor["scaleMetric"], predictor["scaleTarget"]) == ("hpa", "cpu", 70)
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (1, 4)


def test_pods_are_added_by_requests_at_a_time_and_by_the_promised_latency() -> None:
    settings = SETTINGS.model_copy(update={"kserve_prometheus": PROMETHEUS})
    name, predictor = scaled(kserve_prometheus=PROMETHEUS, kserve_concurrency=8)
    at_a_time, latency = predictor["autoScaling"]["metrics"]
    assert name == "keda"
    assert "scaleMetric" not in predictor
    assert at_a_time["external"]["metric"]["query"] == busy(PLAN, MEMBER, settings)
    assert at_a_time["external"]["target"] == {"type": "Value", "value": "8"}
    assert latency["external"]["metric"]["query"] == slow(PLAN, MEMBER, settings)
    # 80 % of the promised 250 ms: pods come before the promise is broken.
    assert latency["external"]["target"]["value"] == "200.000"
    assert f'pod=~"{PLAN.name}-s{MEMBER.scorer}-predictor-.*"' in busy(PLAN, MEMBER, settings)


def test_a_fixed_number_of_pods_has_no_autoscaler() -> None:
    name, predictor = scaled(kserve_min_replicas=3, kserve_max_replicas=3)
    assert name == "none"
    assert predictor["minReplicas"] == predictor["maxReplicas"] == 3


def test_a_warm_version_without_requests_keeps_a_pod() -> None:
    warm = replace(MEMBER, scorer="bbbbbbbbbbbb", version=2)
    plan = PLAN.with_member(warm)
    (canary,) = service_of(plan, SETTINGS, Cluster())["spec"]["canary"]
    assert (canary["trafficPercent"], canary["predictor"]["minReplicas"]) == (0, 1)


def test_a_model_of_too_many_files_is_refused_with_the_limit() -> None:
    files = {f"part-{number}": "0" * 64 for number in range(20_000)}
    owner = {"metadata": {"name": "x", "uid": "y", "namespace": "z"}}
    with pytest.raises(Unavailable, match=r"v1 has 20000 files; .* Secret of 900 KiB"):
        secret_of(MEMBER, "s", files, owner)
    assert LARGEST_SECRET < 1 << 20


def test_a_plan_without_members_is_no_object() -> None:
    with pytest.raises(ValueError, match="without members"):
        service_of(replace(PLAN, members=()), SETTINGS, Cluster())
