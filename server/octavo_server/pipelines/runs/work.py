"""What a run executes, checked right before: its verified release, or the notebook handed off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from octavo.records.notebooks import Input
from octavo_server.execution import Blobs, Injection, Inputs, Profiles, RunProfile
from octavo_server.identity import service_caller
from octavo_server.notebooks.service import NotebooksService, VerifiedRelease
from octavo_server.pipelines.runs import rules
from octavo_server.pipelines.runs.domain import HandOffTarget, Run
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.policy.service import PolicyService


@dataclass(frozen=True, kw_only=True)
class Work:
    """One attempt's work."""

    notebook: bytes
    """What is executed."""
    parameters: Mapping[str, Injection]
    """What it is given."""
    profile: RunProfile
    """What it may use."""
    read: tuple[Input, ...]
    """What it reads, by digest, as far as that is known beforehand."""
    changed: tuple[str, ...]
    """Inputs that aren't what the release was approved with."""
    release: VerifiedRelease | None
    """The release; None for a hand-off."""


class WorkBook:
    """Finds and checks the work of runs."""

    def __init__(
        self,
        *,
        policy: PolicyService,
        notebooks: NotebooksService,
        runs: RunsService,
        profiles: Profiles,
        inputs: Inputs,
        blobs: Blobs,
    ) -> None:
        self._policy = policy
        self._notebooks = notebooks
        self._runs = runs
        self._profiles = profiles
        self._inputs = inputs
        self._blobs = blobs

    def of(self, run: Run) -> Work:
        """Return a run's work. Raises OctavoError for what may not be executed any more."""
        return self._released(run) if run.approved else self._handed_off(run)

    def may_repeat(self, run: Run) -> bool:
        """Whether a lost attempt may be tried again without asking anybody."""
        return run.approved and self._notebooks.release(run.project, run.release).idempotent

    def read_now(self, run: Run) -> list[Input]:
        """Return what a run reads, as it is now. Raises OctavoError when it is gone."""
        data = [one.name for one in run.inputs if one.kind == "data"]
        return self._inputs.pin(run.project, data, self._notebooks.models_of(run.parameters))

    def _released(self, run: Run) -> Work:
        release = self._notebooks.verified_release(run.project, run.release)
        profile = self._profiles.run_profile(run.profile)
        self._policy.require(
            None,
            "RunRelease",
            service_caller("worker", run.project),
            project=run.project,
            facts=self._runs.facts(run.project),
        )
        data = [one.name for one in release.inputs if one.kind == "data"]
        models = self._notebooks.models_of(run.parameters)
        read = self._inputs.pin(run.project, data, models)
        return Work(
            notebook=release.notebook,
            parameters=self._notebooks.injections(release, run.parameters),
            profile=profile,
            read=tuple(read),
            changed=tuple(self._notebooks.changed_inputs(release.inputs, read)),
            release=release,
        )

    def _handed_off(self, run: Run) -> Work:
        notebook = self._blobs.get(run.notebook_digest or "")
        profile = self._profiles.run_profile(run.profile)
        # Whether it is for this person, and without a GPU, was decided when they asked.
        target = HandOffTarget(profile=profile.id, pipelines=profile.pipelines)
        facts = rules.hand_off_facts(target, self._runs.budget_left_cents(run.project))
        caller = service_caller("worker", run.project)
        self._policy.require(None, "HandOff", caller, project=run.project, facts=facts)
        read = self._inputs.pin(run.project, (), ())
        return Work(
            notebook=notebook,
            parameters={},
            profile=profile,
            read=tuple(read),
            changed=(),
            release=None,
        )
