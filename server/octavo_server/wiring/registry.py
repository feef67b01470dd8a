"""Registered models: versions, and how they come about."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.local.accounts import Accounts
from octavo_server.adapters.artifact_folder import ArtifactFolder
from octavo_server.adapters.mlflow_registry import MlflowVersionBook
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.adapters.model_workbench import AccountWorkbench
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.registry.registration.examination import Registration
from octavo_server.registry.registration.service import RegistrationService
from octavo_server.registry.versions.service import VersionsService
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The area's rooms."""

    versions: VersionsService
    registration: RegistrationService


def build_registry(
    base: Foundation, experiments: ExperimentsService, mlflow: MlflowRest
) -> Registry:
    """Return the area's rooms."""
    home = base.settings.home
    files, book = ArtifactFolder(home / "artifacts"), MlflowVersionBook(mlflow)
    workbench = AccountWorkbench(Accounts(home), home / "runs", files)
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
        steps=Registration(base.policy, files, workbench, book, base.signer),
        clock=base.clock,
    )
    return Registry(versions=versions, registration=registration)
