"""Pure decisions about proof: the chain from data to deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from octavo_server.registry.proof.domain import ChainLink, Check, LinkState, Live
from octavo_server.registry.versions.service import ModelVersion, data_node


@dataclass(frozen=True, kw_only=True)
class Known:
    """What other areas and the signatures say about a version."""

    run: str | None
    """The run's name; None: it is gone."""
    notebook: str | None
    """Where the notebook version is kept; None: it isn't."""
    release: str | None
    """The release that the run executed."""
    problems: tuple[str, ...]
    """What is wrong with the signature."""
    bills: Mapping[str, tuple[str, ...]]
    """Kind of bill -> what is wrong with its signature; a kind that isn't there wasn't signed."""
    live: Live | None = None
    """Where it is live."""


GONE = ChainLink(
    key="statement",
    label="Signature",
    state=LinkState.BROKEN,
    detail="It is live, and the registry has it no more.",
)
"""The chain of a version that was removed while it is live."""


def chain(version: ModelVersion, known: Known) -> tuple[ChainLink, ...]:
    """The chain of a version, from data on."""
    links = [
        _data(version),
        _features(version),
        _run(version, known),
        _notebook(version, known),
        _environment(version),
        _statement(version, known),
        _bills(known),
    ]
    if known.live is not None:
        links.append(_approval(known.live))
    return tuple(links)


def is_complete(links: Sequence[ChainLink]) -> bool:
    """Whether no link is missing or broken."""
    return all(one.state is LinkState.COMPLETE for one in links)


def checks(version: ModelVersion, known: Known) -> tuple[Check, ...]:
    """What was checked, line by line."""
    signature = known.problems[0] if known.problems else f"By key {version.key_id[:16]}."
    found = [
        Check(
            key="signature",
            label="Signed statement",
            ok=not known.problems,
            detail=signature,
        )
    ]
    for kind, label in (("environment", "SBOM of its environment"), ("model", "ML-BOM")):
        problems = known.bills.get(kind, ("It isn't signed yet; that takes some seconds.",))
        detail = problems[0] if problems else "Signed, and about these files."
        found.append(Check(key=kind, label=label, ok=not problems, detail=detail))
    return tuple(found)


def _link(key: str, label: str, found: str | None, todo: str, node: str | None = None) -> ChainLink:
    state = LinkState.COMPLETE if found else LinkState.MISSING
    return ChainLink(key=key, label=label, state=state, detail=(found or todo)[:2_000], node=node)


def _data(version: ModelVersion) -> ChainLink:
    inputs = version.origin.get("inputs") or []
    words = ", ".join(f"{one['name']} ({one['digest']})" for one in inputs[:20])
    todo = "No data set is recorded: call mlflow.log_input(...) in the training run."
    node = data_node(version.project, inputs[0]) if inputs else None
    return _link("data", "Training data", words or _snapshot(version), todo, node)


def _features(version: ModelVersion) -> ChainLink:
    node = None
    if version.feature_snapshot:
        node = f"feature_snapshot:{version.project}/{version.feature_snapshot}"
    found = _snapshot(version)
    if not found and version.origin.get("inputs"):
        found = "It reads no features of the registry; its data is named above."
    return _link("features", "Features", found, "Read features with octavo.features.", node)


def _snapshot(version: ModelVersion) -> str | None:
    if not version.feature_snapshot:
        return None
    views: Sequence[str] = (version.origin.get("features") or {}).get("views") or ()
    read = f": {', '.join(views[:20])}" if views else ""
    return f"Feature snapshot {version.feature_snapshot[:12]}{read}"


def _run(version: ModelVersion, known: Known) -> ChainLink:
    node = f"run:{version.project}/{version.run_id}"
    if known.run is None:
        detail = f"MLflow has run {version.run_id[:8]} no more."
        return ChainLink(
            key="run", label="Training run", state=LinkState.BROKEN, detail=detail, node=node
        )
    return _link("run", "Training run", known.run, "", node)


def _notebook(version: ModelVersion, known: Known) -> ChainLink:
    notebook: Mapping[str, Any] = version.origin.get("notebook") or {}
    found = known.release or known.notebook
    todo = "Train in a notebook of a workspace: it links itself."
    if notebook.get("sha256") and not found:
        todo = f"Version {notebook['sha256'][:12]} of {notebook['path'][:200]} isn't kept."
    return _link("notebook", "Notebook version", found, todo)


def _environment(version: ModelVersion) -> ChainLink:
    lines = [line.strip() for line in version.packaging.requirements]
    listed = [line for line in lines if line and not line.startswith(("#", "-"))]
    loose = [line for line in listed if "==" not in line and " @ " not in line]
    found = f"{len(listed)} packages with exact versions" if listed and not loose else None
    todo = f"{loose[0][:80]} has no exact version." if loose else "The model lists no packages."
    return _link("environment", "Environment lock", found, todo)


def _statement(version: ModelVersion, known: Known) -> ChainLink:
    if known.problems:
        return ChainLink(
            key="statement",
            label="Signature",
            state=LinkState.BROKEN,
            detail=known.problems[0][:2_000],
        )
    return _link("statement", "Signature", f"Signed by key {version.key_id[:16]}", "")


def _bills(known: Known) -> ChainLink:
    broken = [problems[0] for problems in known.bills.values() if problems]
    if broken:
        return ChainLink(
            key="bom", label="Bills of materials", state=LinkState.BROKEN, detail=broken[0][:2_000]
        )
    found = "Environment and model, both signed" if len(known.bills) == 2 else None
    return _link("bom", "Bills of materials", found, "They are made within a minute.")


def _approval(live: Live) -> ChainLink:
    todo = f"Nobody approved it for {live.environment}."
    return _link("approval", "Approval", live.approved, todo)
