"""The environment variables of a pod, with those that a profile may never set refused."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from octavo.records.workspaces import Session
from octavo.reserved import is_reserved_variable
from octavo_hub.failure import Failure
from octavo_hub.kubernetes.rules import OTHER_PROFILE
from octavo_hub.workspace import ACTIVITY_EVERY_S, THREAD_COUNTS

HOME = "/home/octavo"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
LONGEST_VALUE = 32_768


class ProfileRefused(Exception):
    """A profile asks for something that no workspace may have; both texts are meant for people."""

    def __init__(self, sentence: str, action: str = OTHER_PROFILE) -> None:
        super().__init__(f"{sentence} {action}")
        self.failure = Failure(kind="bad_profile", sentence=sentence, action=action)


def checked_variables(profile: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return a profile's own variables. Raises ProfileRefused for one that it may not set."""
    for name, value in given.items():
        if not NAME.fullmatch(name):
            raise ProfileRefused(
                f"Profile {profile} sets {name!r:.80}, which is no name of a variable."
            )
        # Checked when the profile was published, and here again: these names would let it run code
        # before JupyterLab's own, or speak to the hub in a person's name.
        if is_reserved_variable(name):
            raise ProfileRefused(f"Profile {profile} sets {name}, which only the platform may set.")
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise ProfileRefused(
                f"Profile {profile} sets {name} to a value of {len(value)} characters; "
                f"at most {LONGEST_VALUE} without a zero byte are allowed."
            )
    return {name: literal(value) for name, value in given.items()}


def literal(value: str) -> str:
    """Return a value that neither the spawner's templates nor the kubelet will expand.

    KubeSpawner reads ``{...}`` in it as a field of its own, the kubelet ``$(...)`` as a variable.
    """
    return value.replace("{", "{{").replace("}", "}}").replace("$(", "$$(")


def pod_environment(
    session: Session, inside_url: str, token: str, folders: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of a workspace, beside those that JupyterHub sets itself.

    ``folders`` are the places of the lake and the features in the pod, where it has them.
    """
    profile = session.profile
    threads = str(max(1, math.ceil(profile.resources.cpu)))
    own = {
        **dict.fromkeys(THREAD_COUNTS, threads),
        # An empty list hides GPUs that the profile doesn't pay for from every library.
        **({} if profile.resources.gpu else {"NVIDIA_VISIBLE_DEVICES": "void"}),
        "HOME": HOME,
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(ACTIVITY_EVERY_S),
        "OCTAVO_URL": f"{inside_url}/services/octavo",
        "OCTAVO_TOKEN": token,
        "OCTAVO_PROJECT": session.project,
        "OCTAVO_PROFILE": profile.id,
        "OCTAVO_SESSION": session.id,
        "OCTAVO_PRICE_EUR_PER_HOUR": str(profile.price_eur_per_hour),
        "OCTAVO_TEMPLATE": session.template or "",
        "MLFLOW_TRACKING_URI": f"{inside_url}/services/tracking",
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_EXPERIMENT_NAME": f"{session.project}/notebooks",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **folders,
    }
    return {
        **checked_variables(profile.id, profile.environment),
        **{name: literal(value) for name, value in own.items()},
    }
