"""Builds the area `pipelines`: runs, their schedules, and the pipelines that both are of."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.adapters.pipeline_yaml import PipelineYaml
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.definitions.editing import Editing
from octavo_server.pipelines.definitions.service import DefinitionsService
from octavo_server.pipelines.graphs.service import GraphsService
from octavo_server.pipelines.runs.hand_offs import HandOffs
from octavo_server.pipelines.runs.ports import Workspaces
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.pipelines.schedules.backfills import BackfillsService
from octavo_server.pipelines.schedules.service import ScheduleBook, SchedulesService
from octavo_server.pipelines.schedules.triggers import TriggerBook, TriggersService
from octavo_server.wiring.executions import RunParts
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Pipelines:
    """The area's services."""

    definitions: DefinitionsService
    editing: Editing
    graphs: GraphsService
    schedules: SchedulesService
    trigger_book: TriggerBook
    triggers: TriggersService
    backfills: BackfillsService
    runs: RunsService
    hand_offs: HandOffs


def build_pipelines(
    base: Foundation, parts: RunParts, notebooks: NotebooksService, desks: Workspaces
) -> Pipelines:
    """Return the area's services."""
    runs = RunsService(
        base.database,
        base.audit,
        base.lineage,
        parts.blobs,
        parts.ledger,
        base.signer,
        base.clock,
    )
    book = ScheduleBook(base.database, base.clock)
    graphs, triggers = GraphsService(notebooks), TriggerBook(parts.inputs)
    definitions = DefinitionsService(
        base.database,
        base.audit,
        base.policy,
        base.lineage,
        notebooks,
        runs,
        book,
        graphs,
        base.clock,
    )
    return Pipelines(
        definitions=definitions,
        editing=Editing(
            base.database,
            base.audit,
            base.lineage,
            notebooks,
            graphs,
            definitions,
            book,
            triggers,
            PipelineYaml(),
            base.clock,
        ),
        graphs=graphs,
        trigger_book=triggers,
        triggers=TriggersService(base.database, base.audit, triggers, definitions),
        backfills=BackfillsService(base.database, base.audit, definitions, runs, base.clock),
        schedules=SchedulesService(base.database, base.audit, book, definitions, base.clock),
        runs=runs,
        hand_offs=HandOffs(
            base.audit, base.policy, notebooks, runs, desks, parts.blobs, parts.ledger
        ),
    )
