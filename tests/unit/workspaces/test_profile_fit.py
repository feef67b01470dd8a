"""Whether a profile ever fits, by pools and by machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.profiles import document, machine, profile

from octavo.local import resources
from octavo_server.adapters.machine import LocalMachine
from octavo_server.adapters.node_pools import DeclaredPools, MachinePool
from octavo_server.settings import SettingRefused
from octavo_server.workspaces.profiles import fit_rules, rules
from octavo_server.workspaces.profiles.domain import Profile, Toleration
from octavo_server.workspaces.profiles.findings import NodePool, Taint

SHIPPED = resources.path("spawner_profiles")


def pool(**more: Any) -> NodePool:
    plain: dict[str, Any] = {
        "name": "plain",
        "cpu": 8,
        "memory_gib": 32,
        "gpu": 0,
        "gpu_type": None,
        "labels": {},
    }
    return NodePool(**plain | more)


GPU_POOL = pool(
    name="gpu",
    gpu=2,
    gpu_type="A100",
    labels={"gpu": "a100"},
    taints=(Taint(key="nvidia.com/gpu", value="present"),),
)


@pytest.mark.parametrize(
    ("wanted", "against", "reason"),
    [
        (profile(), pool(), None),
        (profile(cpu_guarantee=9, cpu=9), pool(), "it guarantees 9 CPU, a node has 8"),
        (
            profile(memory_guarantee_gib=33, memory_gib=40),
            pool(),
            "it guarantees 33 GiB of memory, a node has 32",
        ),
        (profile(gpu=1, gpu_type="A100"), pool(), "it needs 1 x A100, a node has none"),
        (profile(gpu=3, gpu_type="A100"), GPU_POOL, "it needs 3 x A100, a node has 2"),
        (profile(gpu=1, gpu_type="H100"), GPU_POOL, "it needs a H100, a node has A100"),
        (profile(gpu=1, gpu_type="a100"), GPU_POOL, None),
        (profile(), GPU_POOL, "it does not tolerate the taint nvidia.com/gpu"),
        (profile(node_selector={"disk": "ssd"}), pool(), "its nodes have no label disk=ssd"),
        (profile(node_selector={"disk": "ssd"}), pool(labels={"disk": "ssd"}), None),
        (profile(), pool(spot=True), "its nodes are spot"),
        (profile(capacity="spot"), pool(), "its nodes are on-demand"),
        (
            profile(capacity="spot"),
            pool(spot=True, taints=(Taint(key="cloud.example/spot", value="true"),)),
            None,
        ),
        (
            profile(),
            pool(taints=(Taint(key="team", value="other"),)),
            "it does not tolerate the taint team",
        ),
        (profile(), pool(taints=(Taint(key="team", effect="PreferNoSchedule"),)), None),
        (
            profile(tolerations=(Toleration(key="team", operator="Equal", value="own"),)),
            pool(taints=(Taint(key="team", value="other"),)),
            "it does not tolerate the taint team",
        ),
        (
            profile(tolerations=(Toleration(key="team", operator="Equal", value="own"),)),
            pool(taints=(Taint(key="team", value="own"),)),
            None,
        ),
        (
            profile(tolerations=(Toleration(key="team", effect="NoExecute"),)),
            pool(taints=(Taint(key="team", value="own"),)),
            "it does not tolerate the taint team",
        ),
    ],
)
def test_each_reason_not_to_fit(wanted: Profile, against: NodePool, reason: str | None) -> None:
    assert fit_rules.misfits(wanted, against) == (() if reason is None else (reason,))


def test_what_fits_nowhere_is_one_error_with_every_pools_reason() -> None:
    wanted = profile(gpu=4, gpu_type="A100", memory_guarantee_gib=64, memory_gib=64)
    (fault,) = fit_rules.faults(wanted, [pool(), GPU_POOL])
    assert fault.severity == "error"
    assert fault.value == "0.5 CPU, 64 GiB, 4 x A100"
    assert fault.limit == "plain: 8 CPU, 32 GiB, no GPU; gpu: 8 CPU, 32 GiB, 2 x A100"
    assert "plain: it guarantees 64 GiB of memory, a node has 32" in fault.message
    assert "gpu: it guarantees 64 GiB of memory, a node has 32, it needs 4 x A100" in fault.message


def test_what_fits_somewhere_is_no_fault() -> None:
    wanted = profile(gpu=1, gpu_type="A100")
    assert fit_rules.faults(wanted, [pool(), GPU_POOL]) == []
    assert fit_rules.fitting(wanted, [pool(), GPU_POOL]) == ("gpu",)


def test_on_one_machine_a_missing_gpu_is_a_remark_and_too_much_guaranteed_an_error() -> None:
    wanted = profile(gpu=1, gpu_type="A100", cpu_guarantee=64, cpu=64)
    error, remark = fit_rules.faults(wanted, [machine()])
    assert (error.severity, remark.severity) == ("error", "warning")
    assert "would never start: it guarantees 64 CPU, this machine has 16" in error.message
    assert "it needs 1 x A100, this machine has none" in remark.message


def test_a_machine_has_no_labels_and_taints_to_mind() -> None:
    wanted = profile(node_selector={"disk": "ssd"}, capacity="spot")
    assert fit_rules.faults(wanted, [machine()]) == []


def test_a_driver_says_more_than_the_product_name() -> None:
    assert fit_rules.same_gpu("A100", "NVIDIA A100-SXM4-80GB")
    assert fit_rules.same_gpu("A100 80GB", "NVIDIA A100-SXM4-80GB")
    assert not fit_rules.same_gpu("H100", "NVIDIA A100-SXM4-80GB")


def test_a_limit_over_the_machine_is_no_fault() -> None:
    large = rules.profile_of(
        document(
            resources={
                "cpu": {"guarantee": 1, "limit": 512},
                "memory_gib": {"guarantee": 1, "limit": 2048},
                "processes": 1024,
            }
        )
    )
    assert fit_rules.faults(large, [machine()]) == []


# ---------------------------------------------------------------- where pools come from

POOLS = """\
pools:
  - name: plain
    cpu: 7.5
    memory_gib: 28
    nodes: 10
  - name: gpu
    cpu: 31
    memory_gib: 120
    gpu: {count: 4, type: A100}
    labels: {gpu: a100}
    taints: [{key: nvidia.com/gpu, value: present}]
    spot: true
    nodes: 2
"""


def test_declared_pools_are_read_and_an_edit_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "pools.yaml"
    file.write_text(POOLS)
    declared = DeclaredPools(file, SHIPPED)
    plain, gpu = declared.pools()
    assert (plain.cpu, plain.memory_gib, plain.gpu, plain.spot, plain.nodes) == (
        7.5,
        28.0,
        0,
        False,
        10,
    )
    assert gpu.taints == (Taint(key="nvidia.com/gpu", value="present", effect="NoSchedule"),)
    assert (gpu.gpu, gpu.gpu_type, gpu.labels, gpu.spot) == (4, "A100", {"gpu": "a100"}, True)
    assert declared.pools() is declared.pools()
    file.write_text(POOLS.partition("  - name: gpu")[0])
    assert [one.name for one in declared.pools()] == ["plain"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pools: []", "line 1: pools is []; it must be a list of at least 1"),
        (
            POOLS.replace("cpu: 7.5", "cpu: -1"),
            "line 3: pools.0.cpu is -1; it must be at least 0.001",
        ),
        (POOLS.replace("spot: true", "sport: true"), "line 12: pools.1.sport is no field"),
        (POOLS.replace("name: gpu", "name: plain"), "has two pools called plain"),
        ("a: &x 1", "Anchors and aliases are not allowed"),
        ("", "The document is empty"),
    ],
)
def test_a_wrong_declaration_says_file_line_field_and_limit(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "pools.yaml"
    file.write_text(text)
    with pytest.raises(SettingRefused, match=r"^OCTAVO_NODE_POOLS: ") as refused:
        DeclaredPools(file, SHIPPED).pools()
    assert said in refused.value.message
    assert str(file) in refused.value.message


def test_a_missing_declaration_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="can't be read: No such file"):
        DeclaredPools(tmp_path / "none.yaml", SHIPPED).pools()


def test_this_machine_is_the_only_pool_where_none_is_declared(tmp_path: Path) -> None:
    (only,) = MachinePool(LocalMachine(tmp_path / "none")).pools()
    assert only.machine
    assert only.cpu >= 1
    assert only.memory_gib > 0.1
    assert (only.gpu, only.gpu_type) == (0, None)
