"""Wire records of edge: devices that hold a deployment's model, and what they tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from octavo.records.base import Answer, Reason, Request, Visible, cut

MOST_REPORTS = 50
"""Reports of one request."""
DEVICE = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
DeviceName = Annotated[str, Field(pattern=DEVICE, max_length=63)]
Millis = Annotated[float, Field(ge=0, le=3_600_000)]
Count = Annotated[int, Field(ge=0, le=2**40)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]
Words = Annotated[str, Field(max_length=500), Visible]


class EdgeReport(Request):
    """What a device did between two moments; its numbers count once, however often it is sent."""

    sequence: int = Field(ge=1, le=2**53, description="Number of the report on the device, from 1.")
    since: datetime = Field(description="Start of the window.")
    until: datetime = Field(description="End of the window.")
    version: int | None = Field(
        None, ge=1, le=1_000_000, description="Version that it holds; none: it holds none."
    )
    digest: Digest | None = Field(None, description="Name of the bundle that it holds.")
    generation: int | None = Field(
        None, ge=0, le=2**53, description="Generation of the bundle that it holds."
    )
    requests: Count = Field(0, description="Predictions asked in the window.")
    errors: Count = Field(0, description="Of these, failed.")
    dropped: Count = Field(0, description="Reports that were lost because the spool was full.")
    latency_p50_ms: Millis | None = Field(None, description="Median of a prediction's time.")
    latency_p95_ms: Millis | None = Field(None, description="95th percentile.")
    latency_p99_ms: Millis | None = Field(None, description="99th percentile.")
    last_error: Words | None = Field(None, description="The newest failed prediction, in words.")
    refusal: Words | None = Field(
        None, description="Why the newest pull was refused; none: it was not."
    )

    @model_validator(mode="after")
    def _in_order(self) -> EdgeReport:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("since and until name no zone; write them with an offset")
        if self.until < self.since:
            raise ValueError("until is before since")
        if self.errors > self.requests:
            raise ValueError("errors are more than requests")
        return self


class EdgeReportBody(Request):
    """What a device tells."""

    device: DeviceName = Field(description="Name of the device, unique in the deployment.")
    installation: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", max_length=32)] = Field(
        description="Random name of the device's folder: reports are numbered within it."
    )
    client: Annotated[str, Field(max_length=40), Visible] = Field(
        "", description="The client and its version."
    )
    reports: list[EdgeReport] = Field(
        min_length=1, max_length=MOST_REPORTS, description="Reports, the oldest first."
    )


class EdgeAccepted(Answer):
    """What became of reports."""

    sequence: int = Field(description="Number of the newest report that counts.")
    counted: int = Field(description="Reports of this request that were new.")
    version: int | None = Field(description="Version that the device should hold.")


class EdgeDevice(Answer):
    """A device with what it told last."""

    device: Annotated[str, Field(max_length=63), cut(63)] = Field(description="Its name.")
    consumer: Annotated[str, Field(max_length=63), cut(63)] = Field(
        description="Whose token it has."
    )
    client: Annotated[str, Field(max_length=40), cut(40)] = Field(description="Its client.")
    version: int | None = Field(description="Version that it holds.")
    standing: Literal["current", "behind", "ahead", "empty"] = Field(
        description="How that stands to the live version."
    )
    silent: bool = Field(description="True when it has told nothing for over an hour.")
    requests: int = Field(description="Predictions since it is known.")
    errors: int = Field(description="Of these, failed.")
    dropped: int = Field(description="Reports that it lost.")
    latency_p50_ms: float | None = Field(description="Median of the newest report.")
    latency_p95_ms: float | None = Field(description="95th percentile of the newest report.")
    latency_p99_ms: float | None = Field(description="99th percentile of the newest report.")
    last_error: Annotated[str, Field(max_length=500), cut(500)] | None = Field(
        description="Its newest failed prediction."
    )
    refusal: Annotated[str, Field(max_length=500), cut(500)] | None = Field(
        description="Why its newest pull was refused."
    )
    first_seen_at: datetime = Field(description="When it reported first.")
    last_seen_at: datetime = Field(description="When it reported last.")


class EdgeDeviceList(Answer):
    """The devices of a deployment, those that need a look first."""

    items: list[EdgeDevice] = Field(description="Devices.")
    next_cursor: None = Field(None, description="None: all are listed.")
    live_version: int | None = Field(description="Version that devices should hold.")
    pullable: bool = Field(description="True when the live version has a form for devices.")
    why_not: Annotated[str, Field(max_length=1000), cut(1000)] | None = Field(
        description="Why it has none, and what to do."
    )


class RemoveDeviceBody(Request):
    """Forgets a device."""

    reason: Reason = Field(description="Why, in one sentence.")
