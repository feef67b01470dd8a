"""Why Octavo can't start on this machine: each a sentence of what is wrong and what to do."""

from __future__ import annotations


class CannotStart(Exception):
    """Octavo can't be started or stopped here; shown to the person as it is, no traceback."""

    code = "cannot_start"

    def __init__(self, message: str, remedy: str) -> None:
        """Take what is wrong, with the value, and what to do about it."""
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


class AlreadyRunning(CannotStart):
    """Another `octavo up` holds this state folder."""

    code = "already_running"


class PortTaken(CannotStart):
    """A TCP port that Octavo needs is in use."""

    code = "port_taken"


class DiskFull(CannotStart):
    """The disk under the state folder has too little room."""

    code = "disk_full"


class ToolMissing(CannotStart):
    """A program or package of the installation is not there."""

    code = "tool_missing"


class StateRefused(CannotStart):
    """The state folder was made by another Octavo, or by something else."""

    code = "state_refused"


class SettingWrong(CannotStart):
    """A setting of the launcher has a value it can't have."""

    code = "setting_wrong"


class Unreachable(CannotStart):
    """People's own accounts could not read the installation or the state folder."""

    code = "unreachable"


class ServiceFailed(CannotStart):
    """One of the processes ended, or wasn't ready in time."""

    code = "service_failed"
