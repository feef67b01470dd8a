"""How far a caller reaches: whether a request stays inside the projects that its roles name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from octavo_server.tracking import access, places, targets
from octavo_server.tracking.access import Need, Refusal, Visitor
from octavo_server.tracking.targets import Target, Unreadable

#: Pages and facts that belong to nobody.
_FREE: Final = re.compile(r"/|/static-files/.+|/(?:ajax-)?api/3\.0/mlflow/server-info")
#: Lists that are searched without saying in which project; their answers are cut down.
_LISTS: Final = re.compile(
    r"/(?:ajax-)?api/2\.0/mlflow/(experiments|registered-models|model-versions)/search"
)
_QUESTION: Final = re.compile(r"(?:/ajax-api/2\.0/mlflow)?/graphql")
#: Requests whose body is a file, or no JSON.
_FILES: Final = re.compile(
    r"/v1/.+|/(?:ajax-)?api/2\.0/(?:mlflow/upload-artifact|mlflow-artifacts/artifacts/.+)"
)
SIGNED: Final = Refusal(
    status=403,
    error_code="PERMISSION_DENIED",
    message="This model is registered and signed: its files stay as they are. Log it again.",
)


class Records(Protocol):
    """What MLflow's own records tell about experiments, runs and models."""

    def projects_of(self, target: Target) -> frozenset[str] | None:
        """The projects it belongs to, none for what is nobody's; None for what isn't there."""

    def is_registered(self, model_id: str) -> bool:
        """Whether Octavo has signed this logged model."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, as far as it is looked into."""

    method: str
    """HTTP method."""
    path: str
    """Path behind the service's prefix."""
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Its query."""
    headers: tuple[str, ...] = ()
    """The experiments that OTLP headers name."""
    body: dict[str, Any] | None = None
    """Its JSON body; None without one."""


def carries_json(method: str, path: str) -> bool:
    """Whether the body of this request must be looked at before it may pass."""
    return method in ("POST", "PATCH", "PUT", "DELETE") and _FILES.fullmatch(path) is None


def is_list(path: str) -> bool:
    """Whether the answer must be cut down to what the caller may read."""
    return _LISTS.fullmatch(path) is not None


class Reach:
    """Holds requests against what MLflow's records say of the things they name."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def examine(
        self, visitor: Visitor, needed: Need, asked: Asked
    ) -> tuple[dict[str, Any] | None, Refusal | None]:
        """Return the body to send on, and why the request may not pass, if it may not."""
        try:
            if needed is Need.READ:
                return asked.body, self._unread(visitor, asked)
            return self._written(visitor, asked)
        except Unreadable as error:
            return asked.body, access.wrong(str(error))

    def _unread(self, visitor: Visitor, asked: Asked) -> Refusal | None:
        """Return why a read is refused; what is foreign and what isn't there look the same."""
        if _FREE.fullmatch(asked.path) or is_list(asked.path):
            return None
        if not _is_placed(asked) or not (named := _named(asked)):
            return _unnamed(asked)
        for target in named:
            projects = self._records.projects_of(target)
            if projects is not None and not projects:
                return access.nobodys(target)
            if projects is None or not projects <= visitor.reads:
                return _hidden(target)
        return None

    def _written(
        self, visitor: Visitor, asked: Asked
    ) -> tuple[dict[str, Any] | None, Refusal | None]:
        path, body = asked.path, asked.body
        model = access.touches_model(asked.method, path)
        if model is not None and self._records.is_registered(model):
            return body, SIGNED
        if path.endswith("/experiments/create"):
            return access.check_experiment(visitor, body or {})
        if "/mlflow/registered-models/" in path or "/mlflow/model-versions/" in path:
            return body, self._registered(visitor, body or {})
        if not _is_placed(asked) or not (named := _named(asked)):
            return body, _unnamed(asked)
        for target in named:
            refusal = access.check_target(visitor, target, self._records.projects_of(target))
            if refusal is not None:
                return body, refusal
        if path.endswith("/runs/create"):
            return access.owned(visitor, body or {}), None
        return body, access.check_tag(visitor, body or {}) if "/experiments/" in path else None

    def _registered(self, visitor: Visitor, body: dict[str, Any]) -> Refusal | None:
        """Return why a registered model may not be made or extended so."""
        refusal = access.check_registered(visitor, body)
        if refusal is not None:
            return refusal
        source = targets.source_of(body)
        sources = [source] if source else []
        for target in (*sources, *targets.in_body("", body)):
            projects = self._records.projects_of(target)
            if not projects or not projects <= visitor.reads:
                return _hidden(target)
        return None

    def shown(self, visitor: Visitor, answer: dict[str, Any]) -> dict[str, Any]:
        """Return a list's answer with what the caller may read."""
        return {
            name: [one for one in value if _is_own(visitor, name, one)]
            if isinstance(value, list)
            else value
            for name, value in answer.items()
        }


def _is_own(visitor: Visitor, kind: str, one: Mapping[str, Any]) -> bool:
    name = str(one.get("name", ""))
    if kind == "experiments":
        project = access.project_of(name, access.tags_in(dict(one)))
    else:
        project = access.project_of_model(name)
    return project in visitor.reads


def _is_placed(asked: Asked) -> bool:
    """Whether the field by which MLflow finds what the request is about names something."""
    if _QUESTION.fullmatch(asked.path):
        return asked.body is not None
    fields = places.fields_of(asked.method, asked.path)
    if fields == (places.PATH,):
        return bool(targets.in_path(asked.path))
    if fields == (places.HEADER,):
        return bool(asked.headers) and all(asked.headers)
    if asked.body is None:
        return places.in_query(fields, asked.query)
    return places.in_body(fields, asked.body)


def _named(asked: Asked) -> list[Target]:
    """Return everything that a request names."""
    found = targets.in_path(asked.path) + targets.in_query(asked.path, asked.query)
    found += [Target(kind="experiment", id=one) for one in asked.headers]
    if asked.body is not None:
        question = _QUESTION.fullmatch(asked.path) is not None
        more = targets.in_question if question else lambda body: targets.in_body(asked.path, body)
        found += more(asked.body)
    return list(_distinct(found))


def _distinct(found: Iterable[Target]) -> Iterable[Target]:
    return dict.fromkeys(found)


def _unnamed(asked: Asked) -> Refusal:
    return Refusal(
        status=403,
        error_code="PERMISSION_DENIED",
        message=f"{asked.method} {asked.path[:200]} names no experiment, run or model, so nobody "
        "can tell whose it is. Name one, e.g. with experiment_ids.",
    )


def _hidden(target: Target) -> Refusal:
    kind = {"experiment_name": "experiment", "registered": "registered model"}.get(target.kind)
    return Refusal(
        status=404,
        error_code="RESOURCE_DOES_NOT_EXIST",
        message=f"There is no {kind or target.kind} {target.id[:100]!r} that you may read. Check "
        "it, or ask an admin of its project.",
    )
