"""What a request to MLflow is about: every id that it carries, wherever it stands.

Pure decisions over path, query and body. A field counts under either spelling that MLflow's parser
takes (snake_case or camelCase) and at any depth, so that no id passes unseen.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from graphql import GraphQLError, parse
from graphql.language import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
)
from graphql.language.visitor import SKIP, Visitor, visit

from octavo_server.tracking.places import snake

#: Fields that name something, and what.
FIELDS: Final = {
    "experiment_id": "experiment",
    "experiment_ids": "experiment",
    "experiment_name": "experiment_name",
    "run_id": "run",
    "run_ids": "run",
    "run_uuid": "run",
    "source_run_id": "run",
    "model_id": "model",
    "model_ids": "model",
    "dataset_id": "dataset",
    "dataset_ids": "dataset",
    "trace_id": "trace",
    "trace_ids": "trace",
    "request_id": "trace",
    "request_ids": "trace",
}
#: What OTLP clients say in a header.
EXPERIMENT_HEADER: Final = b"x-mlflow-experiment-id"
#: The questions of MLflow's own pages that say whose records they ask for.
GRAPHQL_ROOTS: Final = frozenset(
    {
        "mlflowGetExperiment",
        "mlflowGetRun",
        "mlflowListArtifacts",
        "mlflowGetMetricHistoryBulkInterval",
        "mlflowSearchRuns",
        "mlflowSearchDatasets",
    }
)
LONGEST_QUESTION: Final = 50_000

_IN_PATH: Final = (
    (re.compile(r"/logged-models/(m-[0-9a-f]+)(?:/|$)"), "model"),
    (re.compile(r"/traces/((?:tr-)?[0-9a-f]{32})(?:/|$)"), "trace"),
    (re.compile(r"/datasets/(d-[0-9a-f]+)(?:/|$)"), "dataset"),
    (re.compile(r"/mlflow-artifacts/(?:artifacts|presigned|mpu/[a-z]+)/([^/]+)/"), "experiment"),
)
_REGISTRY: Final = re.compile(r"/(?:registered-models|model-versions)/")
_SOURCES: Final = (
    (re.compile(r"models:/(m-[0-9a-f]+)(?:/.*)?"), "model"),
    (re.compile(r"runs:/([0-9a-f]{32})/.+"), "run"),
    (re.compile(r"mlflow-artifacts:/([0-9]+)/.+"), "experiment"),
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something of MLflow's that a request names."""

    kind: str
    """experiment, experiment_name, run, model, dataset, trace or registered."""
    id: str
    """MLflow's id of it, or its name."""


class Unreadable(ValueError):
    """The request can't be told apart; the message says what to send instead."""


def in_path(path: str) -> list[Target]:
    """Return what the path names."""
    return [
        Target(kind=kind, id=match.group(1))
        for pattern, kind in _IN_PATH
        if (match := pattern.search(path))
    ]


def in_query(path: str, query: Mapping[str, Sequence[str]]) -> list[Target]:
    """Return what the query names. Raises Unreadable for a path that leads elsewhere."""
    found = [
        Target(kind=FIELDS[name], id=value)
        for name, values in query.items()
        if name in FIELDS
        for value in values
    ]
    if path.endswith("/mlflow-artifacts/artifacts"):
        found += [_folder(place) for place in query.get("path", ())]
    if _REGISTRY.search(path):
        found += [Target(kind="registered", id=name) for name in query.get("name", ())]
    return found


def in_body(path: str, body: Mapping[str, Any]) -> list[Target]:
    """Return what the body names, at any depth."""
    found = [Target(kind=kind, id=value) for kind, value in _named(body)]
    if _REGISTRY.search(path) and isinstance(name := body.get("name"), str):
        found.append(Target(kind="registered", id=name))
    return found


def source_of(body: Mapping[str, Any]) -> Target | None:
    """Return where a new model version takes its files from; None when it names no place.

    Raises Unreadable for a place that isn't in MLflow's own store.
    """
    source = body.get("source")
    if not source:
        return None
    if not _leads_up(str(source)):
        for pattern, kind in _SOURCES:
            if match := pattern.fullmatch(str(source)):
                return Target(kind=kind, id=match.group(1))
    raise Unreadable(
        f"source: {str(source)[:100]!r} is no place of a logged model. "
        "Give models:/<model id>, as log_model returns it."
    )


def in_question(body: Mapping[str, Any]) -> list[Target]:
    """Return what a GraphQL question of MLflow's pages names in its variables.

    Raises Unreadable for a question that could ask for more than its variables say.
    """
    text, variables = body.get("query"), body.get("variables") or {}
    if not isinstance(text, str) or len(text) > LONGEST_QUESTION or not isinstance(variables, dict):
        raise Unreadable("The GraphQL question is no text with variables.")
    try:
        document = parse(text, no_location=True)
    except (GraphQLError, RecursionError) as error:
        raise Unreadable("The GraphQL question can't be read.") from error
    _check_roots(document.definitions)
    visit(document, _Plain())
    for name, value in variables.items():
        if isinstance(value, dict) and not list(_named(value)):
            raise Unreadable(f"GraphQL: {name[:60]!r} names no experiment and no run.")
    return [Target(kind=kind, id=value) for kind, value in _named(variables)]


def _check_roots(definitions: Sequence[Any]) -> None:
    for operation in definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        for field in operation.selection_set.selections:
            name = field.name.value if isinstance(field, FieldNode) else "a fragment"
            if name not in GRAPHQL_ROOTS:
                raise Unreadable(f"GraphQL: {name[:60]!r} is not offered. Use the REST interface.")


class _Plain(Visitor):
    """Refuses values that stand in the question itself, where nobody looks for ids."""

    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        """Directives of MLflow's pages carry their own names only."""
        del node
        return SKIP

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        """Take an argument only as a variable."""
        if not isinstance(node.value, VariableNode):
            raise Unreadable(f"GraphQL: give {node.name.value[:60]!r} as a variable.")

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        """Refuse a variable that has a value without being sent."""
        if node.default_value is not None:
            raise Unreadable("GraphQL: send the variables; defaults are not taken.")


def _folder(place: str) -> Target:
    """Return the experiment that a folder of artifacts belongs to."""
    if _leads_up(place):
        raise Unreadable(f"path: {place[:100]!r} leads elsewhere. Give <experiment id>/<path>.")
    return Target(kind="experiment", id=place.lstrip("/").partition("/")[0])


def _leads_up(place: str) -> bool:
    """Whether a path could be read as another one, however often it is decoded."""
    decoded = unquote(unquote(unquote(place)))
    parts = decoded.replace("\\", "/").split("/")
    return "%" in decoded or any(part in (".", "..") for part in parts)


def _named(content: Any) -> Iterator[tuple[str, str]]:
    """Yield kind and id of everything that JSON content names."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for name, value in one.items():
                kind = FIELDS.get(snake(name))
                if kind is not None:
                    yield from ((kind, text) for text in _texts(value))
                if isinstance(value, dict | list):
                    waiting.append(value)
        elif isinstance(one, list):
            waiting += [each for each in one if isinstance(each, dict | list)]


def _texts(value: Any) -> list[str]:
    """Return the ids in a field, which MLflow's parser takes as text or as numbers."""
    every = value if isinstance(value, list) else [value]
    return [str(one) for one in every if isinstance(one, str | int) and one != ""]
