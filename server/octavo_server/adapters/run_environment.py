"""Environment variables of a run: where things are, and a token of its own that soon expires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from octavo.records.notebooks import Input
from octavo_server.adapters.lake_inputs import LakeInputs
from octavo_server.identity import RunTokens

SPARE_S = 300.0
"""Seconds that a token outlives its run's limit, for what is written at the end."""


class LocalRunEnvironment:
    """Variables for runs on this machine; no person's token is ever among them."""

    def __init__(self, public_url: str, tokens: RunTokens, inputs: LakeInputs) -> None:
        self._public_url = public_url
        self._tokens = tokens
        self._inputs = inputs

    def variables(
        self, *, execution: str, project: str, profile: str, life_s: float, inputs: Sequence[Input]
    ) -> Mapping[str, str]:
        """Return the variables; the token can act inside ``project`` for ``life_s`` seconds."""
        token = self._tokens.issue(execution, project, timedelta(seconds=life_s + SPARE_S))
        found = {
            "OCTAVO_URL": f"{self._public_url}/services/octavo",
            "OCTAVO_TOKEN": token,
            "OCTAVO_PROJECT": project,
            "OCTAVO_PROFILE": profile,
            "OCTAVO_RUN": execution,
            "OCTAVO_LAKE": str(self._inputs.lake_of(project)),
            "MLFLOW_TRACKING_URI": f"{self._public_url}/services/tracking",
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_EXPERIMENT_NAME": f"{project}/notebooks",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        for one in inputs:
            if one.kind == "features":
                folder: Path | None = self._inputs.registry_folder(project, one.digest)
                if folder is not None:
                    found["OCTAVO_FEATURES"] = str(folder)
        return found
