"""Who reads features, gathered from the areas that know it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from octavo.records.notebooks import SubmissionState
from octavo.records.pipelines import Pipeline
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import NotFound
from octavo_server.features.publishing.domain import Reader
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.definitions.service import DefinitionsService
from octavo_server.registry.versions.service import ModelVersion, VersionsService

PAGE = 200
_QUOTED = re.compile(r"""(["'])([A-Za-z_][\w]{0,99}(?::[A-Za-z_][\w]{0,99})?)\1""")
"""What looks like a view, a service, a column or ``view:column`` between quotes."""
OPEN = (SubmissionState.QUEUED, SubmissionState.REPLAYING, SubmissionState.REVIEWABLE)


@dataclass(frozen=True, kw_only=True)
class FeatureReaderBook:
    """The areas whose things read features."""

    versions: VersionsService
    rollouts: RolloutsService
    notebooks: NotebooksService
    pipelines: DefinitionsService

    def readers(self, project: str) -> list[Reader]:
        """Return models, deployments, releases, pipelines, schedules and open submissions."""
        return [*self._models(project), *self._pipelines(project), *self._submissions(project)]

    def _models(self, project: str) -> Iterator[Reader]:
        """Give the versions that somebody can meet, and the deployments that serve them."""
        deployed = [view.deployment for view in self.rollouts.views(project)]
        served = {
            (one.model, number)
            for one in deployed
            for number in (one.stable_version, one.canary_version)
            if number is not None
        }
        inputs: dict[tuple[str, int], frozenset[str]] = {}
        for model in self.versions.models(project):
            for version in self.versions.model(project, model.name)[1]:
                key = (version.name, version.version)
                newest = model.latest is not None and version.version == model.latest.version
                if newest or version.aliases or key in served:
                    inputs[key] = _inputs(version)
                    yield Reader(
                        kind="model",
                        name=f"{version.name} version {version.version}",
                        person=version.created_by,
                        columns=inputs[key],
                    )
        for one in deployed:
            for number in (one.stable_version, one.canary_version):
                if number is not None and (one.model, number) in inputs:
                    yield Reader(
                        kind="deployment",
                        name=f"{one.name} in {one.environment}",
                        person="",
                        columns=inputs[one.model, number],
                        through=f"{one.model} version {number}",
                    )

    def _pipelines(self, project: str) -> Iterator[Reader]:
        seen: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        for pipeline in self._all(project):
            labels = []
            for used in pipeline.releases:
                labels.append(f"{used.name} release {used.number}")
                if used.digest not in seen:
                    release = self.notebooks.release(project, used.digest)
                    seen[used.digest] = names, columns = self._named(project, release.submission)
                    person = pipeline.created_by
                    yield Reader(
                        kind="release", name=labels[-1], person=person, columns=columns, names=names
                    )
            read = [seen[used.digest] for used in pipeline.releases]
            names = frozenset().union(*(one[0] for one in read))
            columns = frozenset().union(*(one[1] for one in read))
            yield from _of_pipeline(pipeline, ", ".join(dict.fromkeys(labels)), names, columns)

    def _all(self, project: str) -> Iterator[Pipeline]:
        cursor: str | None = None
        while True:
            page = self.pipelines.pipelines(project, limit=PAGE, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _submissions(self, project: str) -> Iterator[Reader]:
        for state in OPEN:
            page = self.notebooks.submissions(project, state=state, limit=PAGE, cursor=None)
            for one in page.items:
                names, columns = self._named(project, one.id)
                yield Reader(
                    kind="notebook",
                    name=f"{one.name}, offered for review",
                    person=one.submitted_by,
                    columns=columns,
                    names=names,
                )

    def _named(self, project: str, submission: str) -> tuple[frozenset[str], frozenset[str]]:
        try:
            return named_in(self.notebooks.notebook(project, submission))
        except NotFound:
            return frozenset(), frozenset()


def _of_pipeline(
    pipeline: Pipeline, label: str, names: frozenset[str], columns: frozenset[str]
) -> Iterator[Reader]:
    yield Reader(
        kind="pipeline",
        name=pipeline.name,
        person=pipeline.created_by,
        columns=columns,
        names=names,
        through=label,
    )
    for schedule in pipeline.schedules:
        yield Reader(
            kind="schedule",
            name=f"{pipeline.name} at {schedule.cron} {schedule.time_zone}",
            person=schedule.created_by,
            columns=columns,
            names=names,
            through=label,
        )


def named_in(notebook: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Return what a notebook's code names between quotes: views or services, and columns.

    A name alone can be either, so it is in both.
    """
    names, columns = set[str](), set[str]()
    for cell in json.loads(notebook).get("cells", ()):
        if cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        text = "".join(source) if isinstance(source, list) else str(source)
        for _, found in _QUOTED.findall(text):
            view, _, column = found.partition(":")
            names.add(view)
            columns.add(column or view)
    return frozenset(names), frozenset(columns)


def _inputs(version: ModelVersion) -> frozenset[str]:
    signature = version.packaging.signature or {}
    inputs = signature.get("inputs")
    given = json.loads(inputs) if isinstance(inputs, str) else inputs or ()
    return frozenset(str(one["name"]) for one in given if isinstance(one, dict) and one.get("name"))
