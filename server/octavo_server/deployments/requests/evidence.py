"""Pure decisions about evidence: what it says, and whether a review may rest on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import rfc8785

from octavo.records.evidence import Evidence, OpenAlert
from octavo_server.deployments.requests.evidence_store import KeptEvidence
from octavo_server.errors import Conflict

FRESH = timedelta(hours=24)
"""How long a review may rest on evidence."""
ENOUGH_ROWS = 100
"""A difference over fewer replayed rows is no measure for what the live scores do."""
NOT_NEEDED = "not_needed"
"""In place of a state: nothing is live that the version could be compared with."""


def asked_for(request_id: str, project: str, at: datetime) -> KeptEvidence:
    """Return evidence that is still to be gathered."""
    return KeptEvidence(
        request_id=request_id,
        project=project,
        state="gathering",
        message="It is being gathered: the last requests are replayed.",
        asked_at=at,
    )


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what was found, as RFC 8785 JSON."""
    return hashlib.sha256(rfc8785.dumps(dict(document))).hexdigest()


def stale_because(
    document: Mapping[str, Any],
    *,
    gathered_at: datetime,
    live: int | None,
    alerts: Sequence[OpenAlert],
    now: datetime,
) -> list[str]:
    """Return what changed since the evidence was gathered, as sentences."""
    changed: list[str] = []
    compared = document.get("champion_version")
    if compared != live:
        then = "nothing" if compared is None else f"v{compared}"
        today = "Nothing" if live is None else f"v{live}"
        changed.append(f"{today} is live now; the evidence compares with {then}.")
    if now - gathered_at > FRESH:
        hours = FRESH.total_seconds() / 3_600
        changed.append(f"It was gathered more than {hours:.0f} hours ago.")
    seen = {one["id"] for one in document.get("alerts", ())}
    changed += [f"A new alert is open: {one.message}" for one in alerts if one.id not in seen]
    return changed


def accepted_drift(
    kept: KeptEvidence | None, approved: str | None, live: int | None
) -> float | None:
    """Return how far the approved evidence says that the scores differ from those of ``live``.

    None where the evidence is another than was approved, or compared with another version, or
    replayed too few rows.
    """
    if kept is None or kept.document is None or approved is None or kept.digest != approved:
        return None
    replay = kept.document.get("replay")
    if replay is None or replay["overall"] is None or kept.document["champion_version"] != live:
        return None
    enough = replay["overall"]["rows"] >= ENOUGH_ROWS
    return replay["psi"] if enough else None


def shown(kept: KeptEvidence, changed: Sequence[str]) -> Evidence:
    """Return evidence as it goes over the wire."""
    found = {"champion_version": None, "replay": None, **(kept.document or {})}
    at = kept.gathered_at
    return Evidence.model_validate(
        {
            "consumers": [],
            "freshness": [],
            "alerts": [],
            **found,
            "state": kept.state,
            "message": kept.message,
            "gathered_at": at,
            "fresh_until": None if at is None else at + FRESH,
            "digest": kept.digest,
            "stale_because": list(changed),
        }
    )


def check_rests_on(evidence: Evidence, named: str | None) -> None:
    """Raise Conflict unless an approval may rest on the evidence that its reviewer named."""
    if named != evidence.digest:
        has, names = evidence.digest or "none yet", named or "none"
        raise Conflict(
            f"evidence_digest: the evidence has {has}, the review names {names}.",
            "Reload the request and review what its evidence says now.",
        )
    if evidence.state == "complete" and evidence.stale_because:
        raise Conflict(
            f"The evidence doesn't hold any more. {' '.join(evidence.stale_because)}",
            "Gather it again, and review what it says then.",
        )
