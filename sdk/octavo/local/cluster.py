"""The settings of workspaces that run as pods, shared by the hub and the platform service.

The hub starts pods by them; the platform service knows their names, so that a misspelt one is
refused at start. Labels are written ``key=value``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from octavo.local.errors import SettingWrong

PREFIX = "OCTAVO_"
KEY = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
)
VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
DNS_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
DNS_NAME = r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$"

SpawnerName = Literal["local", "kubernetes"]
SPAWNER_HELP = (
    "Where workspaces run: local (processes on this machine) or kubernetes (pods of a cluster). "
    "Default: local."
)


def _label(text: str) -> str:
    key, equals, value = text.partition("=")
    if not equals or not KEY.fullmatch(key) or not VALUE.fullmatch(value):
        raise ValueError("a label is written key=value, as Kubernetes allows it")
    return text


def _key(text: str) -> str:
    if not KEY.fullmatch(text):
        raise ValueError("this isn't a name that Kubernetes allows for a label or resource")
    return text


Label = Annotated[str, AfterValidator(_label)]
LabelKey = Annotated[str, AfterValidator(_key)]


class Cluster(BaseModel):
    """What the hub must know of the cluster; each field is the variable OCTAVO_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kubernetes_namespace: str = Field(
        "octavo-workspaces",
        pattern=DNS_LABEL,
        description="Namespace that workspaces run in. Default: octavo-workspaces.",
    )
    kubernetes_inside_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Address under which workspaces reach Octavo, without a slash at its end. "
        "Unset: OCTAVO_PUBLIC_URL.",
    )
    kubernetes_image: str = Field(
        "",
        max_length=512,
        description="Image of workspaces whose profile names none, by digest "
        "(registry/name@sha256:...). Unset: such profiles can't be started.",
    )
    kubernetes_pull_secret: str = Field(
        "",
        pattern=DNS_NAME,
        description="Secret in the namespace with the registry's credentials. Unset: none.",
    )
    kubernetes_gpu_resource: LabelKey = Field(
        "nvidia.com/gpu",
        description="Resource that the cluster counts GPUs by. Default: nvidia.com/gpu.",
    )
    kubernetes_gpu_label: LabelKey = Field(
        "nvidia.com/gpu.product",
        description="Label of nodes that holds their GPU's product name, as profiles give it. "
        "Default: nvidia.com/gpu.product.",
    )
    kubernetes_spot_label: Label = Field(
        "octavo.dev/capacity=spot",
        description="Label of the nodes that may be taken away, key=value. Spot profiles run only "
        "on them, all others never. Default: octavo.dev/capacity=spot.",
    )
    kubernetes_home_gib: int = Field(
        20,
        ge=1,
        le=65_536,
        description="Size of a person's home when it is made, in GiB. Default: 20.",
    )
    kubernetes_storage_class: str = Field(
        "",
        pattern=DNS_NAME,
        description="Storage class of homes. Unset: the cluster's default.",
    )
    kubernetes_home_access: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"] = Field(
        "ReadWriteOnce",
        description="Access mode of homes. Default: ReadWriteOnce.",
    )
    kubernetes_lake_claim: str = Field(
        "",
        pattern=DNS_NAME,
        description="Volume claim with the folders lake and features; each workspace sees its "
        "project's part, read-only. Unset: workspaces see neither.",
    )
    kubernetes_scratch_gib: int = Field(
        10,
        ge=1,
        le=16_384,
        description="Disk space that a workspace may use outside its home, in GiB. Default: 10.",
    )
    kubernetes_user: int = Field(
        1000,
        ge=1,
        le=2_147_483_647,
        description="Numeric user and group that workspaces run as. Default: 1000, the images'.",
    )
    kubernetes_start_seconds: int = Field(
        900,
        ge=30,
        le=7_200,
        description="Seconds after which a start that isn't ready is given up; machines that are "
        "added take minutes. Default: 900.",
    )

    @property
    def spot(self) -> tuple[str, str]:
        """Key and value of the label of spot nodes."""
        key, _, value = self.kubernetes_spot_label.partition("=")
        return key, value


def read_cluster(environment: Mapping[str, str]) -> Cluster:
    """Return the settings in an environment. Raises SettingWrong naming the wrong variable."""
    given = {
        name: environment[PREFIX + name.upper()]
        for name in Cluster.model_fields
        if PREFIX + name.upper() in environment
    }
    try:
        return Cluster.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingWrong(
            f"{name}: {first['msg']}; got {first.get('input')!r:.100}.",
            f"Correct {name} and start again.",
        ) from error
