"""Registered models: versions, and how they come about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from octavo.local.accounts import Accounts
from octavo_server.adapters.artifact_folder import ArtifactFolder
from octavo_server.adapters.mlflow_registry import MlflowVersionBook
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.adapters.model_files import VersionFiles
from octavo_server.adapters.model_intake import ModelIntake
from octavo_server.adapters.model_store import ModelFolder
from octavo_server.adapters.model_workbench import AccountWorkbench
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.periodic import PeriodicTask
from octavo_server.registry.registration.examination import Registration
from octavo_server.registry.registration.jobs import RegistrationJobs
from octavo_server.registry.registration.leftovers import LeftoverService
from octavo_server.registry.registration.service import RegistrationService
from octavo_server.registry.versions.service import VersionsService
from octavo_server.settings import Settings
from octavo_server.wiring.foundation import Foundation

if TYPE_CHECKING:
    from octavo_server.adapters.model_bucket import ModelBucket

DAY_S: Final = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The area's rooms."""

    versions: VersionsService
    registration: RegistrationService
    jobs: RegistrationJobs
    leftovers: LeftoverService
    workbench: AccountWorkbench


def build_registry(
    base: Foundation, experiments: ExperimentsService, mlflow: MlflowRest
) -> Registry:
    """Return the area's rooms."""
    home = base.settings.home
    artifacts, book = ArtifactFolder(home / "artifacts"), MlflowVersionBook(mlflow)
    store = build_model_store(base.settings)
    files = VersionFiles(artifacts, store)
    intake = ModelIntake(home / "models" / "incoming", int(base.settings.model_size_gib * 2**30))
    workbench = AccountWorkbench(Accounts(home), home / "runs", artifacts, intake)
    versions = VersionsService(
        database=base.database,
        audit=base.audit,
        policy=base.policy,
        files=files,
        book=book,
        attestor=base.signer,
        clock=base.clock,
    )
    registration = RegistrationService(
        audit=base.audit,
        policy=base.policy,
        lineage=base.lineage,
        experiments=experiments,
        versions=versions,
        book=book,
        steps=Registration(base.policy, files, workbench, store, book, base.signer),
        clock=base.clock,
    )
    jobs = RegistrationJobs(
        database=base.database, audit=base.audit, registration=registration, clock=base.clock
    )
    leftovers = LeftoverService(
        audit=base.audit,
        versions=versions,
        shelves=store,
        clock=base.clock,
        days=base.settings.model_leftovers_days,
    )
    return Registry(
        versions=versions,
        registration=registration,
        jobs=jobs,
        leftovers=leftovers,
        workbench=workbench,
    )


def build_model_store(settings: Settings) -> ModelFolder | ModelBucket:
    """Return the store of registered models that the settings name."""
    if settings.model_store:
        from octavo_server.adapters.model_bucket import ModelBucket  # boto3 is an extra

        return ModelBucket(settings.model_store, settings.model_store_endpoint)
    return ModelFolder(settings.home / "models")


def registry_tasks(registry: Registry) -> list[PeriodicTask]:
    """Return what the worker does again and again for models."""
    return [
        PeriodicTask(name="lost registrations", period_s=15.0, call=registry.jobs.end_lost),
        PeriodicTask(name="lost copies", period_s=DAY_S, call=registry.workbench.sweep),
        PeriodicTask(name="model leftovers", period_s=DAY_S, call=registry.leftovers.sweep),
    ]
