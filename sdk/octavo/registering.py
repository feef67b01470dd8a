"""Registers models from a notebook: logs, drafts, starts the registration and tells how far it is.

    import octavo

    octavo.register(model, "late", frame=train)

The model is copied, scanned, tried, converted and signed on the platform; interrupting the cell
cancels that.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any

from octavo.client import Client
from octavo.model_logging import Logged, log
from octavo.records.registration import Registration, RegistrationState
from octavo.records.registry import ItemState, ModelVersionDetail, RegistrationDraft

__all__ = ["Logged", "RegistrationFailed", "log", "register"]

RUN_ID = re.compile(r"[0-9a-f]{32}")
LOOK_S = 0.3
"""Seconds between two looks at how far a registration is."""
LIVE = frozenset({RegistrationState.QUEUED, RegistrationState.RUNNING})


class RegistrationFailed(RuntimeError):
    """The platform refused the model, or somebody cancelled; the message says why."""


def register(
    model: Any,
    name: str | None = None,
    *,
    frame: Any = None,
    target: str | None = None,
    example: Any = None,
    card: str = "",
    owner: str | None = None,
    convert: bool = True,
    project: str | None = None,
    client: Client | None = None,
    tell: Callable[[str], object] = print,
) -> ModelVersionDetail:
    """Register a model as the next version of ``name`` in the project, and return the version.

    ``model`` is a live model (scikit-learn, torch or an MLflow PythonModel), what MLflow's
    ``log_model`` returned, or the id of a run that logged a model.  A live model is logged first,
    with what ``frame`` tells, the data that it was trained on; ``target`` is its column that is no
    input.  ``name`` left out is taken from the experiment.  ``tell`` gets each line of progress.

    Raises :class:`octavo.client.ClientError` or :class:`RegistrationFailed` with what speaks
    against it.
    """
    logged = _logged(model, frame=frame, target=target, name=name, example=example)
    base = f"/projects/{project or os.environ['OCTAVO_PROJECT']}"
    with client or Client.from_environment() as connection:
        draft = _draft(connection, base, logged, name)
        _tell_missing(draft, tell)
        asked = {
            "run_id": logged.run_id,
            "model_id": logged.model_id or draft.model_id,
            "card": card,
            "owner": owner,
            "convert": convert,
        }
        path = f"{base}/models/{draft.name}/registrations"
        begun = Registration.model_validate(connection.post(path, asked))
        ended = _follow(connection, f"{base}/registrations/{begun.id}", begun, tell)
        made = connection.fetch(
            ModelVersionDetail, f"{base}/models/{ended.name}/versions/{ended.version}"
        )
    tell(f"Registered {made.version.uri}, signed by {made.version.key_id}.")
    return made


def _logged(
    model: Any, *, frame: Any, target: str | None, name: str | None, example: Any
) -> Logged:
    if isinstance(model, str) and RUN_ID.fullmatch(model):
        return Logged(run_id=model, model_id=None, experiment="")
    if hasattr(model, "model_id") and hasattr(model, "run_id"):
        return Logged(run_id=model.run_id, model_id=model.model_id, experiment="")
    return log(model, frame=frame, target=target, name=name, example=example)


def _draft(client: Client, base: str, logged: Logged, name: str | None) -> RegistrationDraft:
    asked = {"run_id": logged.run_id, "model_id": logged.model_id, "name": name}
    given = {key: value for key, value in asked.items() if value is not None}
    return client.fetch(RegistrationDraft, f"{base}/models/draft", **given)


def _tell_missing(draft: RegistrationDraft, tell: Callable[[str], object]) -> None:
    for item in draft.checklist:
        if item.state is ItemState.DONE or item.key in {"scan", "prediction"}:
            continue
        wanted = ", ".join(item.required_in)
        needed = "required" if item.state is ItemState.REQUIRED else f"wanted in {wanted}"
        if wanted or item.state is ItemState.REQUIRED:
            tell(f"Missing, {needed}: {item.label}. {item.detail}")


def _follow(
    client: Client, path: str, begun: Registration, tell: Callable[[str], object]
) -> Registration:
    """Wait for the end, telling each step once. Raises RegistrationFailed without a version."""
    found, told = begun, ""
    try:
        while found.state in LIVE:
            if found.label != told:
                tell(f"{found.label} ...")
                told = found.label
            time.sleep(LOOK_S)
            found = client.fetch(Registration, path)
    except KeyboardInterrupt:
        client.post(f"{path}/cancel", {})
        raise
    if found.state is not RegistrationState.DONE:
        raise RegistrationFailed(f"{found.message} {found.remedy}".strip())
    return found
