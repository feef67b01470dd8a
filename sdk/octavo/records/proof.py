"""What the `registry` area says to prove a model version; times are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request, Visible, cut
from octavo.records.registry import AliasMove, ModelVersion

Name = Annotated[str, Field(max_length=500), cut(500)]
Text = Annotated[str, Field(max_length=20_000), cut(20_000)]
TAG_KEY = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"


class SigningKey(Answer):
    """A public key of this installation."""

    key_id: Name = Field(description="Its stable name.")
    algorithm: Literal["ed25519", "ecdsa-p256"] = Field(description="Kind of key.")
    use: Literal["statements", "model-signing"] = Field(
        description="statements: signs what Octavo vouches for; model-signing: exported bundles, "
        "for OpenSSF's stock tool."
    )
    public_pem: Text = Field(description="The public key, PEM.")
    active: bool = Field(description="True: signs new versions; false: only verifies old ones.")
    revoked_at: datetime | None = Field(description="When it was revoked, UTC; null: it wasn't.")
    revoked_by: Name | None = Field(description="Who revoked it.")
    revoked_reason: Text | None = Field(description="Why.")


class KeyList(Answer):
    """The public keys of this installation: save the answer, and verify bundles offline with it."""

    items: list[SigningKey] = Field(description="The keys.")
    next_cursor: Text | None = Field(default=None, description="Always null: the list is short.")


class KeyRequest(Request):
    """Makes a new signing key."""

    reason: Reason = Field(description="Why, a sentence.")


class SignRequest(Request):
    """Signs a version again whose key was revoked."""

    reason: Reason = Field(description="Why it is trusted still, a sentence.")


class RevokeRequest(Request):
    """Revokes a signing key: what it signed verifies no more."""

    reason: Reason = Field(description="Why, a sentence.")


class ProofCheck(Answer):
    """One thing that was checked just now."""

    key: Name = Field(description="Stable name: signature, statement, key, bom, model_bom.")
    label: Name = Field(description="What it is, for a person.")
    ok: bool = Field(description="True when it holds.")
    detail: Text = Field(description="What was found.")


class ChainLink(Answer):
    """One link of the chain from data to deployment."""

    key: Name = Field(
        description="data, features, run, notebook, environment, statement, bom or approval."
    )
    label: Name = Field(description="What it is, for a person.")
    state: Literal["complete", "missing", "broken"] = Field(
        description="complete: known and verified; missing: nobody recorded it; broken: what was "
        "recorded doesn't hold."
    )
    detail: Text = Field(description="What is known, or what to do.")
    node: Name | None = Field(description="Its node in the lineage graph, where it has one.")


class Attestation(Answer):
    """A further signed statement about a version."""

    kind: Literal["environment", "model"] = Field(description="Which bill of materials it is.")
    predicate_type: Name = Field(description="Kind of the signed statement.")
    sha256: Name = Field(description="SHA-256 of the document, as `bom` answers it.")
    components: int = Field(description="Components that the document lists.")
    made_at: datetime = Field(description="When it was signed, UTC.")


class VersionProof(Answer):
    """What proves a version, checked now; the bytes are checked by `verify`."""

    name: Name = Field(description="The model.")
    version: int = Field(description="The version.")
    digest: Name = Field(description="SHA-256 of the manifest of its files.")
    ok: bool = Field(description="True when every check holds.")
    complete: bool = Field(description="True when no link of the chain is missing or broken.")
    checks: list[ProofCheck] = Field(description="What was checked.")
    chain: list[ChainLink] = Field(description="The chain, from data on.")
    statement: dict[str, Any] = Field(description="The signed in-toto statement, decoded.")
    envelope: dict[str, Any] = Field(description="The DSSE envelope around it.")
    key: SigningKey | None = Field(description="The key that signed it; null: none of ours.")
    attestations: list[Attestation] = Field(description="Its signed bills of materials.")
    checked_at: datetime = Field(description="When it was checked, UTC.")


class AliasOn(Answer):
    """Where an alias pointed at a moment."""

    alias: Name = Field(description="The alias.")
    at: datetime = Field(description="The moment, UTC.")
    version: int | None = Field(description="The version; null: it didn't exist then.")
    move: AliasMove | None = Field(description="The move that brought it there.")
    until: datetime | None = Field(description="When it moved on; null: it is there still.")


class AliasesOn(Answer):
    """Where each alias of a model pointed at a moment."""

    at: datetime = Field(description="The moment, UTC.")
    items: list[AliasOn] = Field(description="The aliases that the model ever had, by name.")


class TagRequest(Request):
    """Sets a tag of a version."""

    value: Annotated[str, Field(max_length=1_000), Visible] = Field(description="Its value.")


class VersionTag(Answer):
    """A tag of a version."""

    key: Name = Field(description="Its name.")
    value: Text = Field(description="Its value.")
    set_by: Name = Field(description="Who set it; mlflow: somebody did with an MLflow client.")
    set_at: datetime = Field(description="When, UTC.")


class TagList(Answer):
    """The tags of a version, by name."""

    items: list[VersionTag] = Field(description="The tags.")
    next_cursor: Text | None = Field(default=None, description="Always null: the list is short.")


class ComparisonRow(Answer):
    """One thing about every compared version."""

    name: Name = Field(description="What it is.")
    values: list[Text | None] = Field(description="As text, one a version; null: it has none.")
    numbers: list[float | None] | None = Field(
        description="As numbers, one a version; null where they are none."
    )
    differs: bool = Field(description="True when not all values are the same.")


class ComparisonSection(Answer):
    """Rows of one kind."""

    key: Literal[
        "metrics", "data", "features", "parameters", "environment", "signature", "files", "card"
    ] = Field(description="Stable name.")
    label: Name = Field(description="Its heading.")
    rows: list[ComparisonRow] = Field(description="What differs first.")
    left_out: int = Field(description="Rows that aren't shown, for there are too many.")


class CardLine(Answer):
    """One line of the comparison of two cards."""

    change: Literal["same", "added", "removed"] = Field(description="What became of it.")
    text: Text = Field(description="The line.")


class VersionComparison(Answer):
    """Versions of one model side by side."""

    name: Name = Field(description="The model.")
    versions: list[ModelVersion] = Field(description="The versions, as asked for.")
    sections: list[ComparisonSection] = Field(description="What is compared.")
    card: list[CardLine] = Field(
        description="The first version's card against the second's, line by line; empty for equal "
        "ones."
    )


class VersionChain(Answer):
    """How complete the chain of one version in production is."""

    name: Name = Field(description="The model.")
    version: int = Field(description="The version.")
    deployment: Name = Field(description="The deployment that serves it.")
    environment: Name = Field(description="Where it is live.")
    complete: bool = Field(description="True when every link is there and verifies.")
    missing: list[Name] = Field(description="Labels of the links that nobody recorded.")
    broken: list[Name] = Field(description="Labels of the links that don't hold.")


class ChainFigure(Answer):
    """How many versions in production have a complete, verifying chain."""

    percent: float | None = Field(description="The share, in percent; null: nothing is live.")
    complete: int = Field(description="Versions with a complete chain.")
    production: int = Field(description="Versions that answer requests in prod.")
    versions: list[VersionChain] = Field(description="Each of them, incomplete ones first.")
    checked_at: datetime = Field(description="When it was computed, UTC.")


class LineageTarget(Answer):
    """What a click on a node opens."""

    kind: Name = Field(description="As the node's.")
    project: Name = Field(description="The project.")
    name: Name = Field(description="Name or id in the project.")
    version: int | None = Field(description="Of a model version: its number.")


class VersionNode(Answer):
    """One thing that a version was made from, or that was made from it."""

    id: Name = Field(description="kind:project/name.")
    kind: Name = Field(description="source, data, feature_view, run, release, model_version ...")
    label: Name = Field(description="The name a person knows it by.")
    detail: Text = Field(description="More about it, a short line; may be empty.")
    column: int = Field(description="Where it is drawn, from 0 (data) to 6 (deployments).")
    distance: int = Field(description="Steps from the version; negative: upstream.")
    target: LineageTarget = Field(description="What a click opens.")


class VersionEdge(Answer):
    """What led to what."""

    source: Name = Field(description="Id of the node that came first.")
    target: Name = Field(description="Id of the node made from it.")
    relation: Name = Field(description="The verb.")
    at: datetime = Field(description="When it was recorded, UTC.")


class VersionLineage(Answer):
    """The lineage graph around a version, ready to be drawn."""

    root: Name = Field(description="Id of the version's node.")
    nodes: list[VersionNode] = Field(description="By column, then by label; at most 500.")
    edges: list[VersionEdge] = Field(description="All edges between them.")
    truncated: bool = Field(description="True: there is more than is shown.")


class RegistryDifference(Answer):
    """Something that was changed in MLflow past Octavo."""

    id: int = Field(description="Its number in the project.")
    name: Name = Field(description="The model.")
    version: int | None = Field(description="The version it is about, where it is about one.")
    kind: Literal[
        "version_deleted", "version_unsigned", "alias_moved", "alias_removed", "alias_added",
        "tag_changed",
    ] = Field(description="What happened.")  # fmt: skip
    detail: Text = Field(description="What was found and what was done, a sentence.")
    repaired: bool = Field(description="True: Octavo put it right; false: a person has to.")
    found_at: datetime = Field(description="When it was found, UTC.")
    resolved_at: datetime | None = Field(description="When it was found no more; null: it is.")


class DifferenceList(Answer):
    """What was changed in MLflow past Octavo, the newest first."""

    items: list[RegistryDifference] = Field(description="The differences.")
    next_cursor: Text | None = Field(default=None, description="Always null: the list is short.")
