"""Pure decisions about whether a profile fits on what there is to run it on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from octavo_server.workspaces.profiles.domain import Profile, Toleration
from octavo_server.workspaces.profiles.findings import Fault, NodePool, Taint

GPU_TAINT = "nvidia.com/gpu"
"""Taint of GPU nodes; a profile with a GPU tolerates it without saying so."""
HARD_EFFECTS = frozenset({"NoSchedule", "NoExecute"})


def fitting(profile: Profile, pools: Iterable[NodePool]) -> tuple[str, ...]:
    """Return the names of the pools that a workspace of the profile fits on."""
    return tuple(pool.name for pool in pools if not misfits(profile, pool))


def misfits(profile: Profile, pool: NodePool) -> tuple[str, ...]:
    """Say why no workspace of the profile ever fits on an empty node of the pool."""
    return tuple(
        reason
        for reason in (
            _too_much(profile, pool),
            _gpu_missing(profile, pool),
            None if pool.machine else _kept_away(profile, pool),
        )
        if reason
    )


def faults(profile: Profile, pools: Sequence[NodePool]) -> list[Fault]:
    """Return the fault that the profile fits nowhere, and remarks on what it will not get.

    On one machine a GPU that it hasn't got is a remark: the same profiles are shipped to all.
    """
    if len(pools) == 1 and pools[0].machine:
        return _on_machine(profile, pools[0])
    if not pools or fitting(profile, pools):
        return []
    reasons = "; ".join(f"{pool.name}: {', '.join(misfits(profile, pool))}" for pool in pools)
    return [
        Fault(
            place=("resources",),
            value=_wanted(profile),
            limit="; ".join(_offered(pool) for pool in pools)[:300],
            message=f"A workspace of this profile would never start: it fits on no node pool "
            f"({reasons}).",
        )
    ]


def _on_machine(profile: Profile, machine: NodePool) -> list[Fault]:
    found = []
    more = _too_much(profile, machine)
    if more:
        found.append(
            Fault(
                place=("resources",),
                value=_wanted(profile),
                limit=_offered(machine),
                message=f"A workspace of this profile would never start: {more}.",
            )
        )
    gpu = _gpu_missing(profile, machine)
    if gpu:
        found.append(
            Fault(
                place=("resources", "gpu"),
                value=f"{profile.gpu} x {profile.gpu_type}",
                limit=_offered(machine),
                message=f"Nobody can start it on this machine: {gpu}.",
                severity="warning",
            )
        )
    return found


def _too_much(profile: Profile, pool: NodePool) -> str | None:
    where = "this machine" if pool.machine else "a node"
    lacking = []
    if profile.cpu_guarantee > pool.cpu:
        lacking.append(f"{profile.cpu_guarantee:g} CPU, {where} has {pool.cpu:g}")
    if profile.memory_guarantee_gib > pool.memory_gib:
        lacking.append(
            f"{profile.memory_guarantee_gib:g} GiB of memory, {where} has {pool.memory_gib:.4g}"
        )
    return f"it guarantees {' and '.join(lacking)}" if lacking else None


def _gpu_missing(profile: Profile, pool: NodePool) -> str | None:
    if not profile.gpu:
        return None
    where = "this machine" if pool.machine else "a node"
    if profile.gpu > pool.gpu:
        have = f"has {pool.gpu}" if pool.gpu else "has none"
        return f"it needs {profile.gpu} x {profile.gpu_type}, {where} {have}"
    if not same_gpu(profile.gpu_type, pool.gpu_type):
        return f"it needs a {profile.gpu_type}, {where} has {pool.gpu_type}"
    return None


def same_gpu(wanted: str | None, present: str | None) -> bool:
    """Whether a GPU's product name is the wanted one, or says it: NVIDIA A100-SXM4-80GB, A100."""
    if wanted is None or present is None:
        return wanted is present
    found, parts = present.casefold(), wanted.casefold().split()
    return all(part in found for part in parts)


def _kept_away(profile: Profile, pool: NodePool) -> str | None:
    missing = [
        f"{key}={value}"
        for key, value in profile.node_selector.items()
        if pool.labels.get(key) != value
    ]
    if missing:
        return f"its nodes have no label {' and '.join(missing)}"
    if (profile.capacity == "spot") != pool.spot:
        return f"its nodes are {'spot' if pool.spot else 'on-demand'}"
    hostile = [taint.key for taint in pool.taints if not _tolerated(profile, pool, taint)]
    return f"it does not tolerate the taint {' and '.join(hostile)}" if hostile else None


def _tolerated(profile: Profile, pool: NodePool, taint: Taint) -> bool:
    if taint.effect not in HARD_EFFECTS or (taint.key == GPU_TAINT and profile.gpu):
        return True
    # A spot profile tolerates the taint of its cloud's spot nodes, whatever its name is there.
    if pool.spot and ("spot" in (taint.key + taint.value).casefold() or "preempt" in taint.key):
        return True
    return any(_tolerates(one, taint) for one in profile.tolerations)


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    return (
        toleration.key == taint.key
        and toleration.effect in (None, taint.effect)
        and (toleration.operator == "Exists" or (toleration.value or "") == taint.value)
    )


def _wanted(profile: Profile) -> str:
    gpu = f", {profile.gpu} x {profile.gpu_type}" if profile.gpu else ""
    return f"{profile.cpu_guarantee:g} CPU, {profile.memory_guarantee_gib:g} GiB{gpu}"


def _offered(pool: NodePool) -> str:
    gpu = f", {pool.gpu} x {pool.gpu_type}" if pool.gpu else ", no GPU"
    return f"{pool.name}: {pool.cpu:g} CPU, {pool.memory_gib:.4g} GiB{gpu}"
