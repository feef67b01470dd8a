"""The settings of runs that are Jobs of a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

DNS_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
DNS_NAME = r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$"
BY_DIGEST = r"^([a-z0-9][A-Za-z0-9._:/-]{0,400}@sha256:[0-9a-f]{64})?$"


class JobSettings(BaseSettings):
    """Where notebooks are executed, and what the cluster's Jobs need."""

    runs: Literal["local", "kubernetes"] = Field(
        "local",
        description="Where runs and replays are executed: local (processes beside the worker) or "
        "kubernetes (Jobs of a cluster). Default: local.",
    )
    runs_namespace: str = Field(
        "octavo-runs",
        pattern=DNS_LABEL,
        description="Namespace of the Jobs; one installation of Octavo has it alone. "
        "Default: octavo-runs.",
    )
    runs_image: str = Field(
        "",
        pattern=BY_DIGEST,
        description="Image that runs and kernels are started from, by digest "
        "(registry/name@sha256:...). No default: needed where OCTAVO_RUNS is kubernetes.",
    )
    runs_claim: str = Field(
        "",
        pattern=DNS_NAME,
        description="Volume claim of the namespace with a folder for each run. No default: needed "
        "where OCTAVO_RUNS is kubernetes.",
    )
    runs_folder: Path | None = Field(
        None,
        description="Folder at which the worker sees the claim of OCTAVO_RUNS_CLAIM. No default: "
        "needed where OCTAVO_RUNS is kubernetes.",
    )
    runs_start_seconds: int = Field(
        900,
        ge=30,
        le=7_200,
        description="Seconds after which a run whose pod has not started is given up; machines "
        "that are added take minutes. Default: 900.",
    )
