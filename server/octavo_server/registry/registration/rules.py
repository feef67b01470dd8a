"""Pure decisions about registrations: the checklist, a model's suggested name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from octavo_server.registry.registration import card as cards
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
    "signing_key": ("Signature key", "Ask an admin to look at the platform's signing key."),
}
#: What only registering itself can settle; a draft does not hold it against the model.
SETTLED_LATER: Final = frozenset({"scan", "prediction"})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which lines of the checklist are required."""

    to_register: frozenset[str] = frozenset()
    """Lines without which nothing is registered."""
    by_environment: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Environment -> lines without which it takes no version."""

    def environments(self, key: str) -> tuple[str, ...]:
        """Return the environments that require a line."""
        return tuple(one for one, keys in self.by_environment.items() if key in keys)

    def usable(self, missing: Iterable[str]) -> dict[str, bool]:
        """Return for each environment whether nothing that it requires is missing.

        What registering itself settles doesn't count: nobody knows it yet.
        """
        lacking = frozenset(missing) - SETTLED_LATER
        return {one: not keys & lacking for one, keys in self.by_environment.items()}

    def settled(self) -> Wanted:
        """Return the same for a model that policy let through."""
        return replace(self, to_register=frozenset())


def found_of(
    facts: Mapping[str, Any],
    packaging: Packaging,
    card: str,
    scan: Scan | None = None,
    trial: Trial | None = None,
) -> dict[str, str]:
    """What there is already: item -> what was found.  Items that are missing are left out.

    `facts` holds of the run: feature_snapshot, views, inputs, metrics, notebook, owner; and key,
    the platform's signing key.
    """
    loose = unpinned(packaging.requirements)
    pinned = len([line for line in packaging.requirements if "==" in line])
    found = {
        "signature": _signature(packaging.signature),
        "input_example": "logged with the model" if packaging.has_example else "",
        "features": _features(facts),
        "training_data": ", ".join(
            f"{one['name']} {one['digest']}" for one in facts.get("inputs", [])
        ),
        "metrics": ", ".join(facts.get("metrics", [])),
        "notebook": facts.get("notebook") or "",
        "environment": f"{pinned} exact versions" if pinned and not loose else "",
        "owner": facts.get("owner") or "",
        "card": cards.words(card),
        "scan": scan_words(scan) if scan and not scan.alarms else "",
        "prediction": trial.detail if trial and trial.outcome is TrialOutcome.PASSED else "",
        "signing_key": str(facts.get("key") or "")[:12],
    }
    return {key: value[:500] for key, value in found.items() if value}


def _signature(signature: Mapping[str, Any] | None) -> str:
    if not signature:
        return ""
    counts = [(side, len(signature.get(f"{side}s") or [])) for side in ("input", "output")]
    return ", ".join(f"{count} {side}{'' if count == 1 else 's'}" for side, count in counts)


def _features(facts: Mapping[str, Any]) -> str:
    if not facts.get("feature_snapshot"):
        return ""
    views = ", ".join(facts.get("views", ()))
    return f"snapshot {facts['feature_snapshot'][:12]}" + (f": {views}" if views else "")


def scan_words(scan: Scan) -> str:
    """The scan in a sentence."""
    return f"{scan.scanned} files scanned: {scan.outcome}"


def checklist(
    found: Mapping[str, str], wanted: Wanted, open_items: Mapping[str, str]
) -> tuple[ChecklistItem, ...]:
    """The checklist; `open_items` overrides what a missing item says."""
    return tuple(
        ChecklistItem(
            key=key,
            label=label,
            state=ItemState.DONE
            if key in found
            else ItemState.REQUIRED
            if key in wanted.to_register
            else ItemState.TODO,
            detail=found.get(key) or open_items.get(key) or todo,
            required_in=wanted.environments(key),
        )
        for key, (label, todo) in ITEMS.items()
    )


def lacks(items: Iterable[ChecklistItem], environment: str) -> str:
    """Name the lines that an environment requires and that aren't done."""
    return ", ".join(
        one.label.lower()
        for one in items
        if one.state is not ItemState.DONE and environment in one.required_in
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
