"""What proves models: keys, bills of materials, bundles, the chain, and what follows MLflow."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.adapters.bundle_folder import BundleFiles
from octavo_server.adapters.chain_facts import AreaFacts
from octavo_server.adapters.cyclonedx_bills import CycloneDxBills
from octavo_server.adapters.mlflow_registry import MlflowVersionBook
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.adapters.openlineage_sinks import build_sinks
from octavo_server.adapters.signing_keys import ModelSigningKey
from octavo_server.lineage.emitter import Emitter
from octavo_server.notebooks.service import NotebooksService
from octavo_server.periodic import PeriodicTask
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.registry.proof.attesting import Attesting
from octavo_server.registry.proof.keys import KeysService
from octavo_server.registry.proof.service import ProofService
from octavo_server.registry.versions.reconciliation import Reconciliation
from octavo_server.registry.versions.service import VersionsService
from octavo_server.wiring.deployments import Deployments
from octavo_server.wiring.discovery import Experiments
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Proofs:
    """The room, and what the worker does for it."""

    base: Foundation
    service: ProofService
    attesting: Attesting
    reconciliation: Reconciliation


def build_proof(
    base: Foundation,
    versions: VersionsService,
    experiments: Experiments,
    pipelines: RunsService,
    notebooks: NotebooksService,
    deployments: Deployments,
    mlflow: MlflowRest,
) -> Proofs:
    """Return the room."""
    settings = base.settings
    models = ModelSigningKey(settings.state / "model-signing.key")
    attesting = Attesting(
        base.database, base.audit, versions, base.signer, CycloneDxBills(), base.clock
    )
    facts = AreaFacts(
        experiments=experiments.runs,
        cells=experiments.cells,
        pipelines=pipelines,
        notebooks=notebooks,
        rollouts=deployments.rollouts,
        requests=deployments.requests,
    )
    service = ProofService(
        versions=versions,
        attesting=attesting,
        keys=base.signer,
        key_list=KeysService(base.database, base.audit, base.signer, models),
        models=models,
        facts=facts,
        folder=BundleFiles(settings.home / "bundles"),
        lineage=base.lineage,
        clock=base.clock,
    )
    return Proofs(
        base=base,
        service=service,
        attesting=attesting,
        reconciliation=Reconciliation(
            base.database, base.audit, MlflowVersionBook(mlflow), base.clock
        ),
    )


def proof_tasks(proofs: Proofs) -> list[PeriodicTask]:
    """Return what the worker does again and again for proof."""
    settings = proofs.base.settings
    sinks = build_sinks(
        settings.openlineage_file, settings.openlineage_url, settings.openlineage_token_file
    )
    emitter = Emitter(proofs.base.database, sinks, proofs.base.clock)
    return [
        PeriodicTask(name="lineage events", period_s=5.0, call=emitter.step),
        PeriodicTask(name="model bills", period_s=5.0, call=proofs.attesting.step),
        PeriodicTask(name="model registry", period_s=30.0, call=proofs.reconciliation.step),
    ]
