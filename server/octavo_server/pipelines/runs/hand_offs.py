"""Hand-offs: a person's notebook runs on without the workspace, and nobody has approved it."""

from __future__ import annotations

from octavo.records.pipelines import HandOffRequest, PipelineRun, RunState
from octavo_server.audit.service import AuditService
from octavo_server.execution import Blobs
from octavo_server.identity import Caller, new_id
from octavo_server.ledger import Ledger
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.runs import rules
from octavo_server.pipelines.runs.domain import Run, Trigger
from octavo_server.pipelines.runs.ports import Workspaces
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.policy.service import PolicyService


class HandOffs:
    """Takes notebooks over from the workspaces they were written in."""

    def __init__(
        self,
        audit: AuditService,
        policy: PolicyService,
        notebooks: NotebooksService,
        runs: RunsService,
        workspaces: Workspaces,
        blobs: Blobs,
        ledger: Ledger,
    ) -> None:
        self._audit = audit
        self._policy = policy
        self._notebooks = notebooks
        self._runs = runs
        self._workspaces = workspaces
        self._blobs = blobs
        self._ledger = ledger

    def take(self, caller: Caller, project: str, wanted: HandOffRequest) -> PipelineRun:
        """Queue a run of the caller's notebook, from the top; the workspace isn't needed any more.

        Raises Invalid for a notebook that can't run or a profile with a GPU, NotFound for an
        unknown profile or a session that isn't the caller's open one, Forbidden, PolicyRefused.
        """
        content = self._notebooks.runnable(project, wanted.notebook)
        target = self._workspaces.target(caller, project, wanted.profile)
        rules.check_target(target)
        session = self._workspaces.open_session(caller.name)
        rules.check_session(wanted.session, session)
        with self._audit.change(
            caller, "pipelines.hand_off", "pipeline_run:new", project
        ) as change:
            left = self._ledger.budget_left_cents(project)
            facts = rules.hand_off_facts(target, left)
            self._policy.require(change, "HandOff", caller, project=project, facts=facts)
            run = Run(
                id=new_id(),
                project=project,
                pipeline="",
                release="",
                state=RunState.QUEUED,
                trigger=Trigger.HAND_OFF,
                schedule=None,
                tick=None,
                requested_by=caller.name,
                parameters={},
                profile=target.profile,
                message="It waits for a free place.",
                created_at=change.at,
                notebook=wanted.path,
                notebook_digest=self._blobs.put(content),
                session=session,
                private_to=caller.name,
            )
            self._runs.add_run(change, run)
        return self._runs.run(project, run.id)
