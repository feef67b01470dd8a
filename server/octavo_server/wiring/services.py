"""All services, and what the worker does again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from octavo.local import resources
from octavo_server.adapters.feature_readers import FeatureReaderBook
from octavo_server.adapters.hub_groups import HubGroups, UnknownGroups
from octavo_server.adapters.installed_packages import InstalledPackages
from octavo_server.adapters.lake_profiler import LakeTables
from octavo_server.adapters.machine import LocalMachine
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.adapters.nbdime_differ import NbdimeDiffer
from octavo_server.adapters.node_pools import DeclaredPools, MachinePool, UnknownPools
from octavo_server.adapters.profile_files import ProfileFolder, ProfileFormat
from octavo_server.adapters.profile_users import ProfileUserBook
from octavo_server.adapters.release_files import ReleaseFolders
from octavo_server.adapters.run_artifacts import TrackingArtifacts
from octavo_server.adapters.workspace_desks import WorkspaceDesks
from octavo_server.deployments.batches.service import BatchesService
from octavo_server.deployments.edge.service import EdgeService
from octavo_server.deployments.requests.gathering import Gatherer
from octavo_server.deployments.requests.reviews import ReviewsService
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.monitoring.service import MonitoringService
from octavo_server.monitoring.watcher import Watcher
from octavo_server.notebooks.linting.service import LintService
from octavo_server.notebooks.releases import Releases
from octavo_server.notebooks.service import NotebooksService
from octavo_server.periodic import PeriodicTask
from octavo_server.pipelines.definitions.service import DefinitionsService
from octavo_server.projects.service import ProjectsService
from octavo_server.settings import Settings
from octavo_server.templates.service import TemplatesService
from octavo_server.templates.store import TemplateFolder
from octavo_server.wiring.batches import build_batches
from octavo_server.wiring.deployments import Deployments, build_deployments, deployment_tasks
from octavo_server.wiring.discovery import (
    Experiments,
    Features,
    build_experiments,
    build_features,
)
from octavo_server.wiring.edge import build_edge
from octavo_server.wiring.evidence import build_reviewing
from octavo_server.wiring.executions import RunParts, build_run_parts
from octavo_server.wiring.foundation import Foundation, build_foundation
from octavo_server.wiring.materialization import materialization_tasks
from octavo_server.wiring.pipelines import Pipelines, build_pipelines
from octavo_server.wiring.proof import Proofs, build_proof, proof_tasks
from octavo_server.wiring.registry import Registry, build_registry, registry_tasks
from octavo_server.wiring.serving import Serving, build_serving
from octavo_server.workspaces.profiles.catalog import CatalogService
from octavo_server.workspaces.profiles.changes import ChangesService
from octavo_server.workspaces.profiles.checking import DocumentChecker
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions.domain import Admission
from octavo_server.workspaces.sessions.service import SessionsService
from octavo_server.workspaces.usage.domain import Terms
from octavo_server.workspaces.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class Services(Foundation):
    """Every area's service."""

    projects: ProjectsService
    templates: TemplatesService
    profiles: ProfilesService
    profile_changes: ChangesService
    catalog: CatalogService
    usage: UsageService
    sessions: SessionsService
    experiments: Experiments
    registry: Registry
    features: Features
    runs: RunParts
    linting: LintService
    notebooks: NotebooksService
    pipelines: Pipelines
    deployments: Deployments
    serving: Serving
    reviews: ReviewsService
    gatherer: Gatherer
    monitoring: MonitoringService
    proofs: Proofs
    edge: EdgeService
    batches: BatchesService


def build_services(settings: Settings) -> Services:
    """Return all services on the settings' database and keys.

    Raises DatabaseVersionRefused when the database is not exactly what this code writes.
    """
    base = build_foundation(settings)
    templates = TemplateFolder(resources.path("notebook_templates"))
    projects = _projects(base, templates)
    mlflow = MlflowRest(settings.tracking, lambda: settings.service_token("octavo"))
    checker = _checker(settings, projects)
    profiles = _profiles(base, checker)
    usage = _usage_books(base, projects, profiles)
    experiments = build_experiments(base, mlflow, profiles)
    registry = build_registry(base, experiments.runs, mlflow)
    runs = build_run_parts(base, profiles, usage, registry.versions)
    linting = _linting(base)
    notebooks = _notebooks(base, runs, linting)
    deployments = build_deployments(base, profiles, usage, registry)
    monitoring = _monitoring(base, deployments)
    sessions = _sessions(base, projects, profiles, usage)
    sessions.queue.others_gpus = deployments.rollouts.lent_gpus
    pipelines = build_pipelines(base, runs, notebooks, WorkspaceDesks(profiles, usage, sessions))
    proofs = _proofs(base, registry, experiments, pipelines, notebooks, deployments, mlflow)
    users = _profile_users(projects, sessions, pipelines.definitions, deployments.rollouts, usage)
    features = _features(base, runs, registry, deployments, notebooks, pipelines, monitoring)
    fresh = features.materialization.freshness
    reviewing = build_reviewing(base, deployments, monitoring, fresh, registry.versions)
    return Services(
        **vars(base),
        projects=projects,
        templates=TemplatesService(templates, projects),
        profiles=profiles,
        **_profile_changes(base, profiles, checker, users),
        usage=usage,
        sessions=sessions,
        experiments=experiments,
        registry=registry,
        features=features,
        **vars(reviewing),
        runs=runs,
        linting=linting,
        notebooks=notebooks,
        pipelines=pipelines,
        deployments=deployments,
        serving=build_serving(base, deployments, registry.versions, features.values),
        monitoring=monitoring,
        proofs=proofs,
        batches=build_batches(base, deployments.catalog, runs.ledger, runs.profiles),
        edge=build_edge(base, registry.versions, deployments.rollouts, proofs.service),
    )


def _profile_changes(
    base: Foundation, profiles: ProfilesService, checker: DocumentChecker, users: ProfileUserBook
) -> dict[str, Any]:
    """Return the services of changes of profiles and of their catalog, by their fields' names."""
    changes = ChangesService(base.database, base.audit, base.policy, checker)
    catalog = CatalogService(base.database, profiles, changes, checker, users, base.clock)
    return {"profile_changes": changes, "catalog": catalog}


def _linting(base: Foundation) -> LintService:
    lake = str(base.settings.home / "lake")
    return LintService(base.database, base.audit, base.policy, InstalledPackages(), lake)


def _proofs(
    base: Foundation,
    registry: Registry,
    experiments: Experiments,
    pipelines: Pipelines,
    notebooks: NotebooksService,
    deployments: Deployments,
    mlflow: MlflowRest,
) -> Proofs:
    return build_proof(
        base, registry.versions, experiments, pipelines.runs, notebooks, deployments, mlflow
    )


def _features(
    base: Foundation,
    runs: RunParts,
    registry: Registry,
    deployments: Deployments,
    notebooks: NotebooksService,
    pipelines: Pipelines,
    monitoring: MonitoringService,
) -> Features:
    """Return the services of features, which versions of models ask about their views."""
    readers = FeatureReaderBook(
        versions=registry.versions,
        rollouts=deployments.rollouts,
        notebooks=notebooks,
        pipelines=pipelines.definitions,
    )
    features = build_features(base, runs.ledger, runs.profiles, monitoring, readers)
    registry.versions.view_version = features.catalog.version_in
    return features


def _profile_users(
    projects: ProjectsService,
    sessions: SessionsService,
    pipelines: DefinitionsService,
    rollouts: RolloutsService,
    usage: UsageService,
) -> ProfileUserBook:
    return ProfileUserBook(
        projects=projects,
        sessions=sessions,
        pipelines=pipelines,
        rollouts=rollouts,
        usage=usage,
    )


def _profiles(base: Foundation, checker: DocumentChecker) -> ProfilesService:
    folder = ProfileFolder(resources.path("spawner_profiles"))
    return ProfilesService(base.database, base.audit, folder, checker)


def _monitoring(base: Foundation, deployments: Deployments) -> MonitoringService:
    return MonitoringService(
        base.database, base.audit, deployments.rollouts, deployments.serving, base.clock
    )


def _projects(base: Foundation, templates: TemplateFolder) -> ProjectsService:
    return ProjectsService(
        base.database,
        base.audit,
        templates,
        admin_group=base.settings.platform_admin_group,
        reviewer_group=base.settings.platform_reviewer_group,
    )


def _machine(settings: Settings) -> LocalMachine:
    return LocalMachine(
        reserve_cpus=settings.reserve_cpus, reserve_memory_gib=settings.reserve_memory_gib
    )


def _checker(settings: Settings, projects: ProjectsService) -> DocumentChecker:
    groups = HubGroups(settings.hub_api, lambda: settings.service_token("octavo"), projects.groups)
    pools = _pools(settings)
    pools.pools()  # what can't be read is said at once, and not at the first document
    return DocumentChecker(_profile_format(), groups, pools, settings.image_patterns)


def build_offline_checker(settings: Settings) -> DocumentChecker:
    """Return a checker of profile files for a machine on which no workspace runs."""
    pools = _declared_pools(settings) or UnknownPools()
    return DocumentChecker(_profile_format(), UnknownGroups(), pools, settings.image_patterns)


def _profile_format() -> ProfileFormat:
    return ProfileFormat(resources.path("spawner_profiles"))


def _pools(settings: Settings) -> DeclaredPools | MachinePool:
    return _declared_pools(settings) or MachinePool(_machine(settings))


def _declared_pools(settings: Settings) -> DeclaredPools | None:
    file = settings.node_pools
    return DeclaredPools(file, resources.path("spawner_profiles")) if file else None


def _usage_books(
    base: Foundation, projects: ProjectsService, profiles: ProfilesService
) -> UsageService:
    settings = base.settings
    terms = Terms(
        shared_micro_eur_per_hour=round(settings.shared_eur_per_hour * 1_000_000),
        grace=timedelta(minutes=settings.stop_grace_minutes),
        resolver=settings.quota_resolver,
        when_unknown=settings.quota_unknown,
    )
    return UsageService(base.database, base.audit, projects, profiles, base.clock, terms)


def _sessions(
    base: Foundation, projects: ProjectsService, profiles: ProfilesService, usage: UsageService
) -> SessionsService:
    return SessionsService(
        base.database,
        base.audit,
        base.policy,
        projects,
        profiles,
        usage,
        _machine(base.settings),
        _pools(base.settings),
        base.clock,
        Admission(concurrent_starts=base.settings.concurrent_starts),
    )


def _notebooks(base: Foundation, runs: RunParts, linting: LintService) -> NotebooksService:
    folders = ReleaseFolders(base.settings.home / "releases")
    return NotebooksService(
        base.database,
        base.audit,
        base.policy,
        base.lineage,
        Releases(
            folders,
            base.signer,
            runs.blobs,
            InstalledPackages(),
            base.clock,
            base.settings.approval_days,
        ),
        runs.blobs,
        runs.profiles,
        runs.inputs,
        NbdimeDiffer(),
        base.clock,
        linting,
    )


def _watcher(services: Services) -> Watcher:
    settings = services.settings
    return Watcher(
        services.database,
        services.monitoring,
        services.deployments.rollouts,
        services.deployments.serving,
        TrackingArtifacts(settings.tracking, lambda: settings.service_token("octavo")),
        LakeTables(settings.home / "lake"),
        services.clock,
        services.deployments.consumers,
    )


def periodic_tasks(services: Services) -> list[PeriodicTask]:
    """Return what the worker does again and again, besides executing runs."""
    return [
        PeriodicTask(
            name="experiments index", period_s=5.0, call=services.experiments.runs.refresh
        ),
        PeriodicTask(name="lost sessions", period_s=60.0, call=services.sessions.end_lost),
        *deployment_tasks(
            services,
            services.deployments,
            services.registry.versions,
            services.usage,
            services.sessions.queue.lent_gpus,
        ),
        PeriodicTask(name="evidence", period_s=1.0, call=services.gatherer.step),
        PeriodicTask(name="shared cost", period_s=60.0, call=services.usage.book_platform),
        PeriodicTask(name="budget alerts", period_s=60.0, call=services.usage.budgets.alert),
        PeriodicTask(name="monitors", period_s=15.0, call=_watcher(services).step),
        PeriodicTask(
            name="feature registries", period_s=30.0, call=services.features.reconciliation.step
        ),
        *materialization_tasks(services.features.materialization),
        *registry_tasks(services.registry),
        *proof_tasks(services.proofs),
        PeriodicTask(name="audit checkpoint", period_s=60.0, call=services.audit.checkpoint),
    ]
