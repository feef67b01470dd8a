"""Pure decisions about registrations: the checklist, a model's suggested name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from octavo_server.registry.versions.service import (
    MODEL_NAME,
    ChecklistItem,
    ItemState,
    Packaging,
    Scan,
    Trial,
    TrialOutcome,
)


def unpinned(requirements: Sequence[str]) -> tuple[str, ...]:
    """Requirements that name no exact version."""
    kept = [line.strip() for line in requirements]
    return tuple(
        line
        for line in kept
        if line and not line.startswith(("#", "-")) and "==" not in line and " @ " not in line
    )


#: What a checklist looks at: key, label, and what to do when it is missing.
ITEMS: Final[Mapping[str, tuple[str, str]]] = {
    "signature": (
        "Signature",
        "Log the model with signature=infer_signature(X, y) or input_example=X.head().",
    ),
    "input_example": (
        "Input example",
        "Log the model with input_example=: it becomes the test row of every deployment.",
    ),
    "features": ("Features", "Read features with octavo.features, so that the snapshot is kept."),
    "training_data": (
        "Training data",
        "Call mlflow.log_input(mlflow.data.from_pandas(frame, name=...), 'training').",
    ),
    "metrics": ("Metrics", "Log at least one metric on data the model has not seen."),
    "notebook": (
        "Notebook version",
        "Train in a notebook of an Octavo workspace: it links itself.",
    ),
    "environment": (
        "Environment lock",
        "Log the model with exact versions in pip_requirements.",
    ),
    "owner": ("Owner", "Start the run with your own token."),
    "card": ("Model card", "Write what the model is for and where it must not be used."),
    "scan": ("Scan", "The files are scanned when the model is registered."),
    "prediction": (
        "Predicts",
        "The model is loaded and tried on its input example when it is registered.",
    ),
}


def found_of(
    facts: Mapping[str, Any],
    packaging: Packaging,
    card: str,
    scan: Scan | None = None,
    trial: Trial | None = None,
) -> dict[str, str]:
    """What there is already: item -> what was found.  Items that are missing are left out.

    `facts` holds of the run: feature_snapshot, inputs, metrics, notebook, owner.
    """
    loose = unpinned(packaging.requirements)
    pinned = len([line for line in packaging.requirements if "==" in line])
    signature = packaging.signature or {}
    found = {
        "signature": f"{len(signature.get('inputs') or [])} inputs, "
        f"{len(signature.get('outputs') or [])} outputs"
        if signature
        else "",
        "input_example": "logged with the model" if packaging.has_example else "",
        "features": f"snapshot {facts['feature_snapshot'][:12]}"
        if facts.get("feature_snapshot")
        else "",
        "training_data": ", ".join(
            f"{one['name']} {one['digest']}" for one in facts.get("inputs", [])
        ),
        "metrics": ", ".join(facts.get("metrics", [])),
        "notebook": facts.get("notebook") or "",
        "environment": f"{pinned} exact versions" if pinned and not loose else "",
        "owner": facts.get("owner") or "",
        "card": f"{len(card.split())} words" if card.strip() else "",
        "scan": scan_words(scan) if scan and not scan.alarms else "",
        "prediction": trial.detail if trial and trial.outcome is TrialOutcome.PASSED else "",
    }
    return {key: value[:500] for key, value in found.items() if value}


def scan_words(scan: Scan) -> str:
    """The scan in a sentence."""
    return f"{scan.scanned} files scanned: {scan.outcome}"


def checklist(
    found: Mapping[str, str], required: frozenset[str], open_items: Mapping[str, str]
) -> tuple[ChecklistItem, ...]:
    """The checklist; `open_items` overrides what a missing item says."""
    return tuple(
        ChecklistItem(
            key=key,
            label=label,
            state=ItemState.DONE
            if key in found
            else ItemState.REQUIRED
            if key in required
            else ItemState.TODO,
            detail=found.get(key) or open_items.get(key) or todo,
        )
        for key, (label, todo) in ITEMS.items()
    )


def missing(found: Mapping[str, str]) -> list[str]:
    """The items that are missing, sorted."""
    return sorted(ITEMS.keys() - found.keys())


def suggested_name(run_name: str, experiment: str) -> str:
    """A model's name made from the experiment's title, else from the run's."""
    for text in (experiment, run_name):
        name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
        name = name.lstrip("0123456789-")[:63].rstrip("-")
        if MODEL_NAME.fullmatch(name):
            return name
    return "model"
