"""Graphs as other rooms see them: checked against their releases, and as a run keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from octavo.records.graphs import Graph, Step
from octavo.records.notebooks import Parameter, ParameterValue
from octavo.records.pipelines import UsedRelease
from octavo_server.errors import Invalid
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.graphs import rules

__all__ = ["GraphsService"]


class GraphsService:
    """What the room offers to other rooms."""

    def __init__(self, notebooks: NotebooksService) -> None:
        self._notebooks = notebooks

    def settled(self, project: str, graph: Graph) -> tuple[Graph, list[UsedRelease]]:
        """Return the graph with each release by its digest, and the releases.

        Raises Invalid, NotFound for an unknown release, ReleaseRefused for a changed one.
        """
        rules.check(graph)
        self._notebooks.accept(
            graph.parameters, {one.name: one.default for one in graph.parameters}
        )
        steps, used = [], []
        for step in graph.steps:
            found = self._notebooks.named_release(project, step.release)
            release = self._notebooks.verified_release(project, found.digest)
            rules.check_step(step, release.parameters, idempotent=release.idempotent)
            self._check_values(graph, step, release.parameters)
            steps.append(step.model_copy(update={"release": release.digest}))
            used.append(
                UsedRelease(
                    digest=release.digest,
                    name=release.name,
                    number=release.number,
                    step=step.name,
                    profile=release.profile,
                )
            )
        return graph.model_copy(update={"steps": steps}), used

    def _check_values(self, graph: Graph, step: Step, declared: tuple[Parameter, ...]) -> None:
        """Raise Invalid unless every run of the step takes its values, by the defaults."""
        given: dict[str, ParameterValue] = {one.name: one.default for one in graph.parameters}
        for item in range(rules.items_of(step)):
            try:
                self._notebooks.accept(declared, rules.values_of(step, item, given))
            except Invalid as error:
                raise Invalid(f"steps.{step.name}: {error.message}", error.remedy) from error

    def snapshot(self, graph: Graph) -> dict[str, Any]:
        """Return the graph as a run keeps it: its definition, and what each step comes after."""
        return {
            "definition": graph.model_dump(mode="json"),
            "after": {step.name: list(rules.needs_of(step)) for step in graph.steps},
        }

    def defined(self, kept: Mapping[str, Any]) -> Graph:
        """Return the graph that was kept."""
        return Graph.model_validate(kept["definition"])
