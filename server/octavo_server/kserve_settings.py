"""The settings of scorers that run on a cluster, behind KServe's InferenceServices."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

DNS_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
DNS_NAME = r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$"
MODELS = (
    r"^(pvc://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(/[A-Za-z0-9_.-]{1,63}){0,4}"
    r"|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.-]{1,63}){0,4})?$"
)


class KServeSettings(BaseSettings):
    """Where scorers run, and how KServe runs them."""

    scorers: Literal["local", "kserve"] = Field(
        "local",
        description="Where deployed models run: local (processes beside the worker) or kserve "
        "(pods of a cluster, as KServe's InferenceServices). Default: local.",
    )
    kserve_namespace: str = Field(
        "octavo-models",
        pattern=DNS_LABEL,
        description="Namespace of the InferenceServices; one installation of Octavo has it alone. "
        "Default: octavo-models.",
    )
    kserve_runtime: str = Field(
        "octavo-scorer",
        pattern=DNS_LABEL,
        description="ClusterServingRuntime with the scorer's image. Default: octavo-scorer.",
    )
    kserve_models: str = Field(
        "",
        pattern=MODELS,
        description="Where pods find the files of models: pvc://<claim>/<folder> of the namespace, "
        "or s3://<bucket>/<prefix>. No default: needed where OCTAVO_SCORERS is kserve.",
    )
    kserve_models_folder: Path | None = Field(
        None,
        description="Folder at which the worker sees the place of OCTAVO_KSERVE_MODELS, where that "
        "is a claim; needed then. Unset: none.",
    )
    kserve_service_account: str = Field(
        "",
        pattern=DNS_NAME,
        description="Service account of the pods; KServe takes credentials for S3 from its "
        "secrets. Unset: the namespace's default.",
    )
    kserve_min_replicas: int = Field(
        1, ge=1, le=1_000, description="Fewest pods of a deployment's stable version. Default: 1."
    )
    kserve_max_replicas: int = Field(
        4, ge=1, le=1_000, description="Most pods of a deployment's stable version. Default: 4."
    )
    kserve_concurrency: int = Field(
        4,
        ge=1,
        le=1_000,
        description="Requests that one pod should answer at a time; above it pods are added, where "
        "OCTAVO_KSERVE_PROMETHEUS is set. Default: 4.",
    )
    kserve_prometheus: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Prometheus that has the scorers' metrics, as KEDA reaches it: pods are added "
        "by requests at a time and by the promised 95th percentile. Unset: by CPU.",
    )
    kserve_start_seconds: int = Field(
        900,
        ge=30,
        le=7_200,
        description="Seconds after which a pod that isn't ready is given up and started again; "
        "machines that are added take minutes. Default: 900.",
    )
