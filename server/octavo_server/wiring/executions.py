"""What executions of notebooks stand on, in the service and in the worker."""

from __future__ import annotations

import os
from dataclasses import dataclass

from octavo.local.accounts import Accounts
from octavo.local.cluster import read_cluster
from octavo_server.adapters.child_runner import ChildRunner
from octavo_server.adapters.file_blobs import FileBlobs
from octavo_server.adapters.job_api import JobApi
from octavo_server.adapters.job_manifests import paths_in_pods
from octavo_server.adapters.job_runner import JobRunner
from octavo_server.adapters.lake_inputs import LakeInputs
from octavo_server.adapters.registered_models import RegisteredModels
from octavo_server.adapters.run_environment import LocalRunEnvironment
from octavo_server.adapters.workspace_ledger import WorkspaceLedger, WorkspaceProfiles
from octavo_server.deployments.rollouts.catalog import OfferedProfiles
from octavo_server.registry.versions.service import VersionsService
from octavo_server.settings import Settings
from octavo_server.wiring.foundation import Foundation
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class RunParts:
    """The blobs, profiles, inputs, prices and the runner of executions."""

    blobs: FileBlobs
    profiles: WorkspaceProfiles
    inputs: LakeInputs
    environment: LocalRunEnvironment
    ledger: WorkspaceLedger
    runner: ChildRunner | JobRunner


def build_run_parts(
    base: Foundation, profiles: ProfilesService, usage: UsageService, versions: VersionsService
) -> RunParts:
    """Return them, on the settings' folders."""
    home, settings = base.settings.home, base.settings
    blobs = FileBlobs(home / "results")
    inputs = LakeInputs(home / "lake", home / "features", RegisteredModels(versions).pin)
    return RunParts(
        blobs=blobs,
        profiles=WorkspaceProfiles(profiles, settings.run_limit_minutes * 60.0, base.clock),
        inputs=inputs,
        environment=LocalRunEnvironment(settings.public, base.run_tokens, inputs),
        ledger=WorkspaceLedger(usage),
        runner=_runner(settings, blobs, OfferedProfiles(profiles, usage)),
    )


def _runner(
    settings: Settings, blobs: FileBlobs, profiles: OfferedProfiles
) -> ChildRunner | JobRunner:
    """Return what executes notebooks: this machine, or a cluster."""
    home = settings.home
    if settings.runs == "local":
        return ChildRunner(Accounts(home), home / "runs", blobs, warm=settings.warm_runners)
    cluster = read_cluster(os.environ)
    return JobRunner(
        settings,
        cluster,
        JobApi(settings.runs_namespace),
        profiles,
        blobs,
        paths_in_pods(home, settings.public, cluster),
    )
