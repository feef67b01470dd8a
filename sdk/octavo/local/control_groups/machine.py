"""Finds the control groups that this machine offers, and whether Octavo may use them."""

from __future__ import annotations

import os
from pathlib import Path

from octavo.local.confinement import Limits
from octavo.local.control_groups import version1, version2
from octavo.local.control_groups.files import below, groups_of, words, write
from octavo.local.control_groups.group import KernelGroups
from octavo.local.control_groups.version1 import Version1
from octavo.local.control_groups.version2 import Version2

MOUNT = Path("/sys/fs/cgroup")
SERVICES = "octavo-services"
"""Where version 2 keeps the services themselves: a group with processes can't limit others."""


def kernel_groups(folder: str, mount: Path = MOUNT) -> KernelGroups | None:
    """Return the machine's control groups, None where Octavo may not make any.

    ``folder`` is the name below which one installation's groups are made: inside the group that
    Octavo itself runs in, so that whatever holds for Octavo holds for its workspaces too.
    """
    found = _version1(folder, mount) or _version2(folder, mount)
    return found if found is not None and _works(found) else None


def make_room(mount: Path = MOUNT) -> bool:
    """Under version 2, move this process to where it leaves room for limited groups beside it.

    To be called by the process that starts all others, before it does. Changes nothing under
    version 1, in the root group, or in a group that others are in too, such as a login's. Returns
    False where groups with limits can't be made.
    """
    own = below(mount, groups_of("self").get("", "/"))
    if not (mount / "cgroup.controllers").exists() or own == mount or own.name == SERVICES:
        return True
    if words(own / "cgroup.procs") != [str(os.getpid())]:
        return False
    try:
        (own / SERVICES).mkdir(exist_ok=True)
        write(own / SERVICES / "cgroup.procs", os.getpid())
        write(own / "cgroup.subtree_control", version2.HAND_DOWN)
    except OSError:
        return False
    return True


def _version1(folder: str, mount: Path) -> KernelGroups | None:
    own = groups_of("self")
    places = {
        name: below(mount / name, own.get(name, "/")) / folder
        for name in version1.CONTROLLERS
        if (mount / name / "cgroup.procs").exists()
    }
    return Version1(places) if set(version1.NEEDED) <= set(places) else None


def _version2(folder: str, mount: Path) -> KernelGroups | None:
    own = below(mount, groups_of("self").get("", "/"))
    outer = own.parent if own.name == SERVICES else own
    handed = set(words(outer / "cgroup.controllers"))
    return Version2(outer / folder) if set(version2.CONTROLLERS) <= handed else None


def _works(kernel: KernelGroups) -> bool:
    """Whether a group with limits can be made here: rights and mounts differ everywhere."""
    try:
        limits = Limits(memory_bytes=2**30, processes=9, cpus=1, cpus_guaranteed=1)
        kernel.make(f"try-{os.getpid()}", limits).remove()
    except OSError:
        kernel.remove_all()
        return False
    return True
