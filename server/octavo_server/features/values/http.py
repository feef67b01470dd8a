"""Routes of feature values."""

from fastapi import APIRouter

from octavo.records.feature_previews import (
    CodeFrame,
    CodeRequest,
    FeatureCode,
    PreviewAnswer,
    PreviewRequest,
)
from octavo.records.features import OnlineAnswer, OnlineRequest, OnlineRow
from octavo_server.features.values.service import LiveFrame, OwnKeys, OwnRows, ValuesService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller


def routes(features: ValuesService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("features")
    base = "/projects/{project}/features"

    @router.post(f"{base}/online")
    def read_online_features(
        project: str, body: OnlineRequest, caller: Caller = guard.needs("features.online")
    ) -> OnlineAnswer:
        """Read the newest known values of features; changes nothing."""
        answers = features.online(caller, project, body.features, body.entities)
        rows = [
            OnlineRow.model_validate({"entity": entity, "cells": cells})
            for entity, cells in zip(body.entities, answers, strict=True)
        ]
        return OnlineAnswer(rows=rows, snapshot=features.snapshot(project))

    @router.post(f"{base}/preview")
    def preview_features(
        project: str, body: PreviewRequest, caller: Caller = guard.needs("features.online")
    ) -> PreviewAnswer:
        """Join own rows as of each row's time, each null with its reason; keeps nothing."""
        keys = {key.name: OwnKeys(kind=key.kind, values=key.values) for key in body.keys}
        rows = OwnRows(keys=keys, times=body.times)
        return PreviewAnswer.model_validate(features.preview(caller, project, body.features, rows))

    @router.post(f"{base}/code")
    def write_feature_code(
        project: str, body: CodeRequest, caller: Caller = guard.needs("features.read")
    ) -> FeatureCode:
        """Write the Python that reads a view, a service or picked columns; changes nothing."""
        frame = _frame(body.frame)
        online = body.how == "online"
        code, keys = features.code(project, body.features, body.service, frame, online=online)
        return FeatureCode(code=code, keys=keys)

    return router


def _frame(given: CodeFrame | None) -> LiveFrame | None:
    return LiveFrame(**given.model_dump()) if given else None
