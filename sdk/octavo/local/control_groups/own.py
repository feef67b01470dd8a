"""What Octavo itself may use of the machine, where a container or a service limits it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from octavo.local.control_groups.files import below, groups_of, number, words

MOUNT = Path("/sys/fs/cgroup")


def memory_limit(mount: Path = MOUNT) -> int | None:
    """Return the least limit of memory on this process and what it is in, in bytes."""
    found = [number(folder / "memory.max") for folder in _version2(mount)]
    found += [number(folder / "memory.limit_in_bytes") for folder in _version1(mount, "memory")]
    return min((one for one in found if one is not None), default=None)


def cpu_limit(mount: Path = MOUNT) -> float | None:
    """Return the least limit of CPU on this process and what it is in, in cores."""
    found = [_share(words(folder / "cpu.max")) for folder in _version2(mount)]
    for folder in _version1(mount, "cpu"):
        quota = words(folder / "cpu.cfs_quota_us")
        found.append(_share([*quota, *words(folder / "cpu.cfs_period_us")]))
    return min((one for one in found if one is not None), default=None)


def _share(quota_and_period: list[str]) -> float | None:
    match quota_and_period:
        case [quota, period] if quota.isdecimal() and period.isdecimal() and int(period):
            return int(quota) / int(period)
        case _:
            return None


def _version1(mount: Path, controller: str) -> Iterator[Path]:
    return _up(mount / controller, groups_of("self").get(controller, "/"))


def _version2(mount: Path) -> Iterator[Path]:
    return _up(mount, groups_of("self").get("", "/"))


def _up(mount: Path, path: str) -> Iterator[Path]:
    """Yield a group's folder and those above it, up to the mount."""
    folder = below(mount, path)
    yield folder
    while folder != mount:
        folder = folder.parent
        yield folder
