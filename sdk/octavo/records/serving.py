"""Wire records of what answers requests: live figures, the dead man's handle, the request log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible, cut

Role = Literal["stable", "canary", "standby", "shadow"]
ColumnName = Annotated[str, Field(min_length=1, max_length=200), Visible]


class LivePoint(Answer):
    """Ten seconds of one version."""

    at: datetime = Field(description="Start of the ten seconds, UTC.")
    requests: int = Field(description="Requests that it was asked.")
    errors: int = Field(description="Of these, failed; a caller's own mistakes don't count.")
    latency_p50_ms: float | None = Field(description="Median latency, within 5 %.")
    latency_p99_ms: float | None = Field(description="99th percentile of latency, within 5 %.")


class LiveVersion(Answer):
    """What one version did over the window."""

    version: int = Field(description="Version of the model.")
    role: Role = Field(description="stable, canary, standby (kept warm) or shadow (copies only).")
    percent: float = Field(description="Share of requests that it gets now, in percent.")
    requests: int = Field(description="Requests in the window.")
    errors: int = Field(description="Requests that failed; callers' mistakes don't count.")
    refused: int = Field(description="Requests that the model's signature refused.")
    error_rate: float | None = Field(description="errors / requests; none without requests.")
    requests_per_second: float = Field(description="Over the last 30 seconds.")
    latency_p50_ms: float | None = Field(description="Median, milliseconds, within 5 %.")
    latency_p95_ms: float | None = Field(description="95th percentile, within 5 %.")
    latency_p99_ms: float | None = Field(description="99th percentile, within 5 %.")
    shadow_difference: float | None = Field(
        description="Mean absolute difference of its scores from the answers that callers got; "
        "only for a shadow."
    )
    points: list[LivePoint] = Field(description="The window in steps, oldest first.")


class HeldBack(Answer):
    """A canary whose share the router gives to the stable version."""

    version: int = Field(description="The canary.")
    since: datetime = Field(description="Since when, UTC.")
    reason: str = Field(description="What is too old, and by how much.")


class ShadowState(Answer):
    """How the copies of requests fare."""

    version: int = Field(description="The version that gets copies.")
    sent: int = Field(description="Copies since the service started.")
    skipped: int = Field(description="Copies not sent because too many were under way.")
    failed: int = Field(description="Copies that it did not answer.")


class LiveFigures(Answer):
    """What a deployment does now, by version; made for reading it every few seconds."""

    deployment: str = Field(description="The deployment.")
    headline: str = Field(description="One line: how many requests, how fast, what is wrong.")
    window_minutes: int = Field(description="Length of the window, minutes.")
    at: datetime = Field(description="When this was read, UTC.")
    versions: list[LiveVersion] = Field(description="By role: stable, canary, standby, shadow.")
    held_back: HeldBack | None = Field(description="The dead man's handle, where it is pulled.")
    shadow: ShadowState | None = Field(description="The shadow, where there is one.")
    dropped_log_rows: int = Field(description="Rows that the request log could not keep up with.")


class RequestLogBody(Request):
    """Says what of the requests is kept."""

    share: float = Field(ge=0, le=1, description="Share of requests whose rows are kept; 0: none.")
    redacted: list[ColumnName] = Field(
        max_length=500, description="Columns whose values are never kept, anywhere."
    )
    keep_days: int = Field(ge=1, le=400, description="Days until a kept row is removed.")
    generation: int = Field(ge=0, le=2**31, description="The generation that was read.")
    reason: Annotated[str, Field(min_length=3, max_length=2_000), Visible] = Field(
        description="Why, in one sentence."
    )


class RequestLog(Answer):
    """What of a deployment's requests is kept."""

    deployment: str = Field(description="The deployment.")
    share: float = Field(description="Share of requests whose rows are kept.")
    redacted: list[str] = Field(description="Columns whose values are never kept.")
    keep_days: int = Field(description="Days until a kept row is removed.")
    generation: int = Field(description="Counts the changes; 0: nobody changed the default.")
    changed_by: str | None = Field(description="Who changed it last.")
    changed_at: datetime | None = Field(description="When, UTC.")
    files: int = Field(description="Parquet files that are kept.")
    size_bytes: int = Field(description="Their size.")
    oldest_day: str | None = Field(description="Oldest kept day, YYYY-MM-DD, UTC.")


class LoggedRow(Answer):
    """One row that was scored."""

    request_id: str = Field(description="The request; several rows may share it.")
    at: datetime = Field(description="When it arrived, UTC.")
    version: int = Field(description="Version that answered.")
    caller: Annotated[str, Field(max_length=255), cut(255)] = Field(description="Who asked.")
    latency_ms: float = Field(description="Milliseconds until the scorer's answer.")
    inputs: Annotated[str, Field(max_length=20_000), cut(20_000)] = Field(
        description="The row as a JSON object; redacted values are null."
    )
    prediction: Annotated[str, Field(max_length=2_000), cut(2_000)] = Field(
        description="The prediction as JSON."
    )


class LoggedRowList(Answer):
    """The newest kept rows."""

    items: list[LoggedRow] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="None: it is one page.")
