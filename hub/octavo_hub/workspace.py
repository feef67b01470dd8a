"""What a workspace process gets: its environment, its limits and the place it opens at."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Mapping
from pathlib import Path

from octavo.local.accounts import Account
from octavo.local.confinement import Limits
from octavo.local.gpus import lease_environment
from octavo.records.workspaces import Profile, Session
from octavo.reserved import is_reserved_variable

GIB = 1024**3
ACTIVITY_EVERY_S = 300
# Switches off what JupyterLab would fetch from the internet and ask everyone about, and starts no
# login shells: those put a PATH without `octavo` and `python` in place of the workspace's.
LAB_CONFIGURATION = Path(__file__).parent / "lab"
# Read by numerical libraries when they load; without it they start a thread for every core.
THREAD_COUNTS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
)


def limits_of(profile: Profile) -> Limits:
    """Return a profile's resources as limits of the machine."""
    resources = profile.resources
    return Limits(
        memory_bytes=int(resources.memory_gib * GIB),
        processes=resources.processes,
        cpus=resources.cpu,
        cpus_guaranteed=resources.cpu_guarantee,
    )


def forbidden_variable(given: Mapping[str, str]) -> str | None:
    """Return a variable of a profile that no profile may set; None: there is none.

    Profiles are checked when they are published, and here again, right before they are used.
    """
    return next((name for name in sorted(given) if is_reserved_variable(name)), None)


def environment(
    session: Session, account: Account, limits: Limits, public_url: str, token: str
) -> dict[str, str]:
    """Return the variables of a workspace, beside those that JupyterHub sets itself."""
    project = session.project
    home = account.home.parents[1]
    threads = str(max(1, math.ceil(limits.cpus or 1)))
    return {
        **dict.fromkeys(THREAD_COUNTS, threads),
        **session.profile.environment,
        # From here on the platform's own: nothing of a profile's comes after it.
        **account.environment(),
        **lease_environment(session.gpus),
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "JUPYTER_CONFIG_PATH": str(LAB_CONFIGURATION),
        "JUPYTER_PATH": str(LAB_CONFIGURATION / "share"),
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(ACTIVITY_EVERY_S),
        "OCTAVO_URL": f"{public_url}/services/octavo",
        "OCTAVO_TOKEN": token,
        "OCTAVO_PROJECT": project,
        "OCTAVO_PROFILE": session.profile.id,
        "OCTAVO_SESSION": session.id,
        "OCTAVO_PRICE_EUR_PER_HOUR": str(session.profile.price_eur_per_hour),
        "OCTAVO_LAKE": str(_own(home / "lake", project)),
        "OCTAVO_FEATURES": str(_own(home / "features", project)),
        "OCTAVO_DASHBOARDS": project if (account.home / project).is_dir() else "",
        "MLFLOW_TRACKING_URI": f"{public_url}/services/tracking",
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_EXPERIMENT_NAME": f"{project}/notebooks",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _own(folder: Path, project: str) -> Path:
    """Return the project's own part of a shared folder, where it has one."""
    return folder / project if (folder / project).is_dir() else folder


def arguments() -> list[str]:
    """Return the workspace's command line: Octavo's Jupyter Server half is always on."""
    chosen = ["--ServerApp.terminals_enabled=True"]
    if importlib.util.find_spec("octavo_lab") is not None:
        chosen.append("--ServerApp.jpserver_extensions=octavo_lab=True")
    return chosen


def start_url(session: Session, account: Account) -> str:
    """Return where JupyterLab opens: the project's folder, when the person has one."""
    folder = account.home / session.project
    return f"/lab/tree/{session.project}" if folder.is_dir() else "/lab"
