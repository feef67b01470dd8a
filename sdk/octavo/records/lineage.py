"""Wire records of the area `lineage`."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from octavo.records.base import Answer


class LineageNode(Answer):
    """One thing in the graph."""

    id: str = Field(description="kind:project/name, such as `feature_view:flights/plane_delay`.")
    kind: str = Field(
        description="source, data, feature_view, feature_service, run, submission, release, "
        "pipeline, pipeline_run, model_version, deployment or dashboard."
    )
    label: str = Field(description="The name a person knows it by.")
    distance: int = Field(description="Steps from the node asked for; negative: upstream.")


class LineageEdge(Answer):
    """What led to what."""

    source: str = Field(description="Id of the node that came first.")
    target: str = Field(description="Id of the node made from it.")
    relation: str = Field(description="The verb: produced, used, approved, runs, serves ...")
    at: datetime = Field(description="When it was recorded (UTC).")


class LineageGraph(Answer):
    """The part of the graph around one node."""

    root: str = Field(description="Id of the node asked for.")
    nodes: list[LineageNode] = Field(description="At most 500.")
    edges: list[LineageEdge] = Field(description="All edges between these nodes.")
    truncated: bool = Field(description="True: there is more than is shown.")
