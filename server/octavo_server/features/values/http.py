"""Routes of feature values."""

from fastapi import APIRouter

from octavo.records.features import OnlineAnswer, OnlineRequest, OnlineRow
from octavo_server.features.values.service import ValuesService
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
        answers = features.online(project, body.features, body.entities)
        rows = [
            OnlineRow.model_validate({"entity": entity, "cells": cells})
            for entity, cells in zip(body.entities, answers, strict=True)
        ]
        return OnlineAnswer(rows=rows, snapshot=features.snapshot(project))

    return router
