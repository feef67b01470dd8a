"""The one settings object: from OCTAVO_* environment variables, unknown ones refused."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict

from octavo.local.cluster import SPAWNER_HELP, Cluster, SpawnerName
from octavo.local.sign_in import SignIn
from octavo_server.errors import OctavoError
from octavo_server.job_settings import JobSettings
from octavo_server.kserve_settings import KServeSettings

PREFIX = "OCTAVO_"


class SettingRefused(OctavoError):
    """A setting is unknown or has a value it can't have."""

    code = "setting_refused"


class Settings(KServeSettings, JobSettings):
    """Everything that can be set; each field is the variable OCTAVO_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: Path = Field(description="Folder of all state. No default: `octavo up` sets it.")
    bind: str = Field(
        "127.0.0.1", description="Address that the proxy listens on. Default: this machine only."
    )
    service_bind: str = Field(
        "127.0.0.1",
        description="Address that the service and MLflow listen on, behind the proxy. "
        "Default: this machine only; set it where they run apart from the proxy.",
    )
    port: int = Field(
        8000,
        ge=1,
        le=65000,
        description="Public TCP port; the next four are used inside.",
    )
    public_url: str = Field(
        "",
        description="Address people open, without a slash at its end. Unset: http://127.0.0.1:<port>.",
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL of the platform's database. Unset: SQLite in <home>/state."
    )
    worker_database_url: str = Field(
        "",
        description="SQLAlchemy URL of the executor's database. Unset: SQLite in <home>/state.",
    )
    tracking_database_url: str = Field(
        "", description="SQLAlchemy URL of MLflow's database. Unset: SQLite in <home>/state."
    )
    hub_api_url: str = Field(
        "", description="Address of the Hub's API. Unset: http://127.0.0.1:<port + 1>/hub/api."
    )
    server_url: str = Field(
        "",
        description="The platform service, for services. Unset: http://127.0.0.1:<port + 2>.",
    )
    tracking_url: str = Field(
        "",
        description="Address at which services reach MLflow. Unset: http://127.0.0.1:<port + 3>.",
    )
    run_limit_minutes: int = Field(
        360,
        ge=1,
        le=10080,
        description="Minutes after which a run or a replay is ended. Default: 6 hours.",
    )
    run_places: int = Field(
        2,
        ge=1,
        le=256,
        description="Runs and replays that one worker executes at a time. Default: 2.",
    )
    approval_days: int = Field(
        365,
        ge=1,
        le=3_650,
        description="Days for which the approval of a notebook counts; after that its release "
        "doesn't run until it is reviewed again. Default: 365.",
    )
    warm_runners: int = Field(
        2,
        ge=0,
        le=64,
        description="Kernels that wait ready on this machine, each used once; about 100 MiB each. "
        "0: each run starts its own, which takes a second or two. Default: 2.",
    )
    authenticator: str = Field(
        "demo",
        description="Who signs people in: demo, oidc, azure, okta, google or github; or another "
        "authenticator that JupyterHub knows by name. Default: demo.",
    )
    hub_config: Path | None = Field(
        None, description="A further JupyterHub configuration file, read last. Unset: none."
    )
    spawner: SpawnerName = Field("local", description=SPAWNER_HELP)
    subdomains: bool = Field(
        False,
        description="Serve each workspace on a host name of its own below OCTAVO_PUBLIC_URL's. "
        "Needs a name for *.<host> that leads here too. Default: off.",
    )
    shared_eur_per_hour: float = Field(
        0.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="What the platform itself costs, in euro an hour; the cost report shows it as "
        "shared. Default: 0.",
    )
    stop_grace_minutes: int = Field(
        15,
        ge=0,
        le=1440,
        description="Minutes between a quota or a budget's hard stop that is reached and the stop "
        "of the workspaces it is about. Default: 15.",
    )
    quota_resolver: Literal["min", "max", "sum"] = Field(
        "max",
        description="How the quotas of several groups of one person count together: min, max or "
        "sum. Default: max.",
    )
    quota_unknown: Literal["closed", "open"] = Field(
        "closed",
        description="What happens to starts while the books of quotas can't be read: closed "
        "refuses them, open lets them through. Default: closed.",
    )
    materialization_profile: str = Field(
        "cpu-small",
        max_length=63,
        description="Profile at whose price materialisations of features are booked on their "
        "project. Default: cpu-small.",
    )
    images: str = Field(
        "",
        description="Image repositories that profiles may name, with commas between; * stands for "
        "one part between slashes, ** for several. Example: registry.example/octavo/*. "
        "Unset: profiles name no image.",
    )
    node_pools: Path | None = Field(
        None,
        description="YAML file of the nodes that workspaces run on; a profile that fits on none is "
        "refused. Unset: this machine.",
    )
    concurrent_starts: int = Field(
        10,
        ge=1,
        le=1000,
        description="Most workspaces that are starting at the same time; further starts wait in a "
        "queue. Default: 10.",
    )
    platform_away_minutes: int = Field(
        60,
        ge=1,
        le=10080,
        description="Minutes that workspaces run on while the platform service doesn't answer, "
        "where OCTAVO_QUOTA_UNKNOWN is closed; then they are stopped. Default: 60.",
    )
    probe_seconds: float = Field(
        30.0,
        ge=1,
        le=60,
        description="Seconds between two reports of a workspace about what runs in it; one counts "
        "for 90 seconds. Default: 30.",
    )
    reserve_cpus: float = Field(
        0.0,
        ge=0,
        le=1024,
        allow_inf_nan=False,
        description="CPU cores of this machine that no workspace is promised, kept for Octavo "
        "itself. Default: 0.",
    )
    reserve_memory_gib: float = Field(
        2.0,
        ge=0,
        le=65536,
        allow_inf_nan=False,
        description="Memory of this machine, in GiB, that no workspace is promised, kept for "
        "Octavo itself. Default: 2.",
    )
    home_size_gib: float | None = Field(
        None,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="Size of a person's home on this machine, in GiB; above it a workspace opens "
        "as a rescue, to make room. Unset: no limit but the disk's.",
    )
    notebook_versions_gib: float = Field(
        10.0,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="What the notebook versions that made runs may fill in each project, in GiB; "
        "at it no more are stored, and runs go on without. Default: 10.",
    )
    model_store: str = Field(
        "",
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]{0,200})?)?$",
        description="Where the files of registered models are kept: s3://bucket/prefix; "
        "credentials come from where boto3 looks for them. Unset: the folder <home>/models.",
    )
    model_store_endpoint: str = Field(
        "",
        description="Address of the S3 service, for another one than Amazon's. Unset: Amazon's.",
    )
    model_size_gib: float = Field(
        50.0,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        description="Most that the files of one model version may have together, in GiB; larger "
        "models are refused when they are registered. Default: 50.",
    )
    model_leftovers_days: int = Field(
        0,
        ge=0,
        le=3_650,
        description="After how many days the worker removes, once a day, what the store of models "
        "holds and no version refers to. Unset, or 0: never by itself; `octavo models leftovers` "
        "lists it.",
    )
    indexed_runs: int = Field(
        1_000_000,
        ge=1,
        le=1_000_000_000,
        description="How many runs the platform service holds in memory for the lists of runs, of "
        "all projects together; over it the project that was looked at longest ago is let go, and "
        "read again when somebody looks. Default: 1,000,000.",
    )
    openlineage_file: Path | None = Field(
        None,
        description="File that OpenLineage events are appended to, one JSON object a line. "
        "Unset: none.",
    )
    openlineage_url: str = Field(
        "",
        description="Address that OpenLineage events are sent to by POST, such as "
        "https://lineage.example/api/v1/lineage. Unset: none are sent.",
    )
    openlineage_token_file: Path | None = Field(
        None,
        description="File with the bearer token for OCTAVO_OPENLINEAGE_URL. Unset: no token is "
        "sent.",
    )
    platform_admin_group: str = Field(
        "admins", description="Hub group whose members are platform admins."
    )
    platform_reviewer_group: str = Field(
        "reviewers", description="Hub group whose members review changes of policies and profiles."
    )

    @property
    def image_patterns(self) -> tuple[str, ...]:
        """The repositories that profiles may name."""
        return tuple(one.strip() for one in self.images.split(",") if one.strip())

    @property
    def state(self) -> Path:
        """The services' private folder."""
        return self.home / "state"

    @property
    def platform_database(self) -> str:
        """The platform database's URL."""
        return self.database_url or f"sqlite:///{self.state / 'platform.sqlite'}"

    @property
    def worker_database(self) -> str:
        """The durable executor's database URL."""
        return self.worker_database_url or f"sqlite:///{self.state / 'worker.sqlite'}"

    @property
    def tracking_database(self) -> str:
        """MLflow's database URL."""
        return self.tracking_database_url or f"sqlite:///{self.state / 'mlflow.sqlite'}"

    @property
    def public(self) -> str:
        """The address people open."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def hub_api(self) -> str:
        """The Hub's API."""
        return self.hub_api_url.rstrip("/") or f"http://127.0.0.1:{self.port + 1}/hub/api"

    @property
    def server(self) -> str:
        """The platform service, from inside."""
        return self.server_url.rstrip("/") or f"http://127.0.0.1:{self.port + 2}"

    @property
    def tracking(self) -> str:
        """MLflow, from inside."""
        return self.tracking_url.rstrip("/") or f"http://127.0.0.1:{self.port + 3}"

    def service_token(self, service: str) -> str:
        """Return the Hub token of one of Octavo's services. Raises SettingRefused if missing."""
        path = self.state / "tokens" / service
        if not path.exists():
            raise SettingRefused(f"The token file {path} is missing.", "Run `octavo up` once.")
        return path.read_text().strip()


def load_settings(**given: Any) -> Settings:
    """Return the settings of this process.

    Raises :class:`SettingRefused` naming the variable that is unknown or has a wrong value.
    """
    owners = (Settings, SignIn, Cluster)
    known = {PREFIX + name.upper() for owner in owners for name in owner.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise SettingRefused(
                f"{name} is no setting of Octavo's.",
                f"{hint}Unset it, or see docs/reference/settings.md.",
            )
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingRefused(
            f"{name}: {first['msg']}; got {first.get('input')!r}.",
            f"Correct {name} and start again.",
        ) from error
    if settings.spawner == "kubernetes" and settings.node_pools is None:
        raise SettingRefused(
            "OCTAVO_SPAWNER is kubernetes, but OCTAVO_NODE_POOLS isn't set: without the cluster's "
            "nodes nobody can tell what fits and who must wait.",
            "Name a file with them in OCTAVO_NODE_POOLS; docs/admin/kubernetes.md shows one.",
        )
    check_kserve(settings)
    check_jobs(settings)
    return settings


def check_kserve(settings: KServeSettings) -> None:
    """Raise SettingRefused where scorers are to run on a cluster that can't have their files."""
    if settings.scorers != "kserve":
        return
    if not settings.kserve_models:
        raise SettingRefused(
            "OCTAVO_SCORERS is kserve, but OCTAVO_KSERVE_MODELS isn't set: pods have nowhere to "
            "find the files of models.",
            "Name a claim, pvc://<claim>/<folder>, or a bucket, s3://<bucket>/<prefix>.",
        )
    if settings.kserve_models.startswith("pvc://") and settings.kserve_models_folder is None:
        raise SettingRefused(
            f"OCTAVO_KSERVE_MODELS is {settings.kserve_models}, but OCTAVO_KSERVE_MODELS_FOLDER "
            "isn't set: the worker can't put files there.",
            "Mount the claim where the worker runs, and name that folder.",
        )


def check_jobs(settings: JobSettings) -> None:
    """Raise SettingRefused where runs are to be Jobs of a cluster that lack something."""
    if settings.runs != "kubernetes":
        return
    needed = {
        "OCTAVO_RUNS_IMAGE": (settings.runs_image, "Name the runner's image by its digest."),
        "OCTAVO_RUNS_CLAIM": (settings.runs_claim, "Name the claim that deploy/runs makes."),
        "OCTAVO_RUNS_FOLDER": (
            settings.runs_folder,
            "Mount that claim where the worker runs, and name the folder.",
        ),
    }
    for name, (value, remedy) in needed.items():
        if not value:
            raise SettingRefused(f"OCTAVO_RUNS is kubernetes, but {name} isn't set.", remedy)
