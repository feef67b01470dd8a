"""This machine as the hub uses it: what is shared by all workspaces on it."""

from __future__ import annotations

import functools
import threading
from pathlib import Path

from tornado.log import app_log

from octavo.local.accounts import EVALUATION_MODE, Accounts
from octavo.local.control_groups import KernelGroups, kernel_groups
from octavo.local.enforcement import describe, write_down
from octavo.local.gpus import GpuUse
from octavo.local.measuring import ProcessTable
from octavo.local.own_view import can_hide
from octavo_hub.local.records import Records
from octavo_hub.local.watch import Watch

_FINDING_OUT = threading.Lock()


class Host:
    """The machine's accounts, control groups, process table and GPUs, found out once."""

    def __init__(self, octavo_home: Path, groups: KernelGroups | None) -> None:
        """Take the state folder, and the control groups where the machine has any for Octavo."""
        self.home = octavo_home
        self.accounts = Accounts(octavo_home)
        self.groups = groups
        self.table = ProcessTable()
        self.gpu_use = GpuUse()
        self.watch = Watch()
        self.records = Records(octavo_home / "state" / "workspaces")
        self.log_folder = octavo_home / "logs" / "workspaces"

    @property
    def installation(self) -> str:
        """Mark of this installation in names outside its state folder."""
        return self.accounts.installation


def host_of(octavo_home: Path) -> Host:
    """Return the one host of this hub, and say which mechanisms are in force on it.

    The first starts after the hub's own may ask from many threads at once: one of them finds out.
    """
    with _FINDING_OUT:
        return _find_out(octavo_home)


@functools.cache
def _find_out(octavo_home: Path) -> Host:
    accounts = Accounts(octavo_home)
    groups = kernel_groups(accounts.installation) if accounts.isolated else None
    sentences = describe(
        isolated=accounts.isolated,
        groups=groups.name if groups else None,
        hides=can_hide(),
    )
    for sentence in sentences:
        # JupyterHub makes tornado's log its own, so this lands in the hub's.
        (app_log.warning if sentence == EVALUATION_MODE else app_log.info)("%s", sentence)
    write_down(octavo_home / "state", sentences)
    return Host(octavo_home, groups)
