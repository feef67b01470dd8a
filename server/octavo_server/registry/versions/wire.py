"""Turns versions into what goes over the wire."""

from __future__ import annotations

from octavo.records import registry as wire
from octavo_server.registry.versions.domain import ModelVersion


def detail(version: ModelVersion) -> wire.ModelVersionDetail:
    """Return everything about a version."""
    packaging = version.packaging
    return wire.ModelVersionDetail(
        version=wire.ModelVersion.model_validate(version),
        card=version.card,
        files=[wire.ArtifactFile.model_validate(one) for one in version.files],
        signature=dict(packaging.signature) if packaging.signature else None,
        input_example=dict(packaging.example) if packaging.example else None,
        scan=wire.ScanReport.model_validate(version.scan_report),
        prediction=wire.PredictionCheck.model_validate(version.trial),
        checklist=[wire.ChecklistItem.model_validate(one) for one in version.checklist],
        feature_snapshot=version.feature_snapshot,
        envelope=dict(version.envelope),
        owner=version.owner or version.created_by,
        conversion=wire.Conversion.model_validate(version.conversion),
        derived=[wire.DerivedModel.model_validate(one) for one in version.derived],
    )
