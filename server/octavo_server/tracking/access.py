"""What each route of MLflow needs: pure decisions over method, path and body.

Deny by default: a route that is not listed is not offered, so that a newer MLflow can't open a
door (its gateway, assistant, job and MCP routes run code or hold secrets and stay shut).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from octavo_server.tracking.targets import Target


class Need(StrEnum):
    """What a caller must hold for a route."""

    OPEN = "open"
    READ = "tracking.read"
    WRITE = "tracking.write"
    GOVERN = "tracking.govern"
    SHUT = "shut"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who calls the tracking server, with what the caller's roles allow."""

    name: str
    """The person's name, or `run:<id>`, or a service's name."""
    reads: frozenset[str]
    """Projects whose runs the caller may read."""
    writes: frozenset[str]
    """Projects in which the caller may log runs and models."""
    governs: bool = False
    """True for Octavo's own service account: aliases, deletions."""
    looks_only: bool = False
    """True for a browser session: MLflow's pages show, they change nothing."""

    def may(self, need: Need) -> bool:
        """Whether the caller holds `need` in at least one project."""
        if need is Need.OPEN or self.governs:
            return need is not Need.SHUT
        if need is Need.READ:
            return bool(self.reads)
        return need is Need.WRITE and bool(self.writes) and not self.looks_only


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request is not let through, in MLflow's words."""

    status: int
    """HTTP status."""
    error_code: str
    """One of MLflow's error codes."""
    message: str
    """What was refused and what to do."""


_GET, _POST, _PATCH, _PUT, _DELETE = "GET", "POST", "PATCH", "PUT", "DELETE"
_SECTIONS: Final = (
    "experiments|runs|artifacts|metrics|registered-models|model-versions|logged-models|traces"
    "|datasets|server-info|get-trace-artifact|upload-artifact"
)
_MLFLOW: Final = r"/(?:ajax-)?api/[234]\.0/mlflow/"
_FILES: Final = r"/(?:ajax-)?api/2\.0/mlflow-artifacts/"

#: The first matching line decides.  The path is matched whole, after percent-decoding.
_ROUTES: Final[tuple[tuple[frozenset[str], re.Pattern[str], Need], ...]] = tuple(
    (frozenset(methods), re.compile(pattern), need)
    for methods, pattern, need in (
        ({_GET}, r"/health|/version", Need.OPEN),
        ({_GET}, r"/", Need.READ),
        ({_GET}, r"/static-files/.+", Need.READ),
        ({_GET}, r"/get-artifact|/model-versions/get-artifact", Need.READ),
        ({_GET, _POST}, r"(?:/ajax-api/2\.0/mlflow)?/graphql|/graphql", Need.READ),
        ({_GET}, r"/octavo/(?:changes|metric-history|runs)", Need.GOVERN),
        # Only Octavo's service moves what production loads.
        ({_POST, _DELETE}, _MLFLOW + r"registered-models/alias", Need.GOVERN),
        ({_POST}, _MLFLOW + r"registered-models/rename", Need.GOVERN),
        ({_DELETE}, _MLFLOW + r"(?:registered-models|model-versions)/delete", Need.GOVERN),
        ({_POST}, _MLFLOW + r"model-versions/transition-stage", Need.GOVERN),
        ({_DELETE}, _MLFLOW + r"logged-models/[^/]+", Need.GOVERN),
        ({_DELETE}, _FILES + r"artifacts/.+", Need.GOVERN),
        ({_POST}, _MLFLOW + r"scorers/.*|" + _MLFLOW + r"workspaces.*", Need.SHUT),
        ({_PUT, _PATCH, _DELETE}, _MLFLOW + r"scorers/.*|" + _MLFLOW + r"workspaces.*", Need.SHUT),
        # Searches are reads that carry their question in a body.
        (
            {_POST},
            _MLFLOW + r"(?:experiments|runs|logged-models|traces|datasets)/search",
            Need.READ,
        ),
        ({_POST}, _MLFLOW + r"experiments/search-datasets", Need.READ),
        ({_POST}, _MLFLOW + r"registered-models/get-latest-versions", Need.READ),
        (
            {_POST},
            _MLFLOW + r"traces/(?:batchGetInfos|metrics|calculate-filter-correlation)",
            Need.READ,
        ),
        ({_POST}, _MLFLOW + r"artifacts/presigned-download-url", Need.READ),
        # It would pass by the gate, which keeps the files of registered models as they are.
        ({_POST}, _MLFLOW + r"artifacts/presigned-upload-url", Need.SHUT),
        ({_GET}, _MLFLOW + rf"(?:{_SECTIONS})(?:/.+)?", Need.READ),
        ({_GET}, _FILES + r"(?:artifacts|presigned)(?:/.+)?", Need.READ),
        ({_PUT}, _FILES + r"artifacts/.+", Need.WRITE),
        ({_POST}, _FILES + r"mpu/(?:create|complete|abort)/.+", Need.WRITE),
        ({_POST, _PATCH, _PUT, _DELETE}, _MLFLOW + rf"(?:{_SECTIONS})(?:/.+)?", Need.WRITE),
        ({_POST}, r"/v1/(?:traces|metrics)", Need.WRITE),
    )
)


def need(method: str, path: str) -> Need:
    """What a request needs; `path` is percent-decoded and starts behind the service's prefix."""
    if "//" in path or "\\" in path or any(part in (".", "..") for part in path.split("/")):
        return Need.SHUT
    asked = "GET" if method in ("HEAD", "OPTIONS") else method
    for methods, pattern, answer in _ROUTES:
        if asked in methods and pattern.fullmatch(path):
            return answer
    return Need.SHUT


#: Tag of a logged model that Octavo has signed; its files and this tag stay as they are.
REGISTERED_TAG: Final = "octavo.registered"
_MODEL_FILE: Final = re.compile(
    _FILES + r"(?:artifacts|mpu/[a-z]+)/[^/]+/models/(m-[0-9a-f]+)/artifacts/.+"
)
_MODEL_TAG: Final = re.compile(
    _MLFLOW + r"logged-models/(m-[0-9a-f]+)/tags/" + re.escape(REGISTERED_TAG)
)


def touches_model(method: str, path: str) -> str | None:
    """The logged model whose files, or whose mark of being registered, a request would change."""
    if method in ("PUT", "POST") and (match := _MODEL_FILE.fullmatch(path)):
        return match.group(1)
    match = _MODEL_TAG.fullmatch(path) if method == "DELETE" else None
    return match.group(1) if match else None


def check_target(
    visitor: Visitor, target: Target, projects: frozenset[str] | None
) -> Refusal | None:
    """Why the caller may not write to something; what isn't there is MLflow's to refuse."""
    if projects is not None and not projects:
        return nobodys(target)
    foreign = sorted((projects or frozenset()) - visitor.writes)
    if not foreign:
        return None
    return _denied(
        f"{target.kind.capitalize()} {target.id[:64]} belongs to project {foreign[0]!r}; "
        "you may not write there."
    )


def nobodys(target: Target) -> Refusal:
    """Return why something that belongs to no project, such as "Default", is out of reach."""
    return _denied(
        f"{target.kind.capitalize()} {target.id[:64]} belongs to no project. Call "
        'mlflow.set_experiment("<project>/<name>") first, or set MLFLOW_EXPERIMENT_NAME.'
    )


def _field(body: Mapping[str, Any], name: str) -> Any:
    """A field under either spelling that MLflow's parser takes (snake_case or camelCase)."""
    head, *rest = name.split("_")
    camel = head + "".join(part.capitalize() for part in rest)
    return body.get(name, body.get(camel))


def project_of(name: str, tags: Mapping[str, str] | None = None) -> str | None:
    """The project that an experiment's name (`<project>/...`) or its tag names."""
    tagged = (tags or {}).get("octavo.project")
    if tagged:
        return tagged
    head, slash, _ = name.lstrip("/").partition("/")
    return head if slash and head else None


def project_of_model(name: str) -> str | None:
    """The project that a registered model's name (`<project>.<name>`) names."""
    head, dot, rest = name.partition(".")
    return head if dot and rest and head else None


def tags_in(body: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a create request as a mapping."""
    found = _field(body, "tags")
    pairs: Iterable[Any] = found if isinstance(found, list) else ()
    return {
        str(pair["key"]): str(pair.get("value", ""))
        for pair in pairs
        if isinstance(pair, Mapping) and "key" in pair
    }


def _denied(message: str) -> Refusal:
    return Refusal(status=403, error_code="PERMISSION_DENIED", message=message)


def wrong(message: str) -> Refusal:
    """Return the refusal of a request that makes no sense."""
    return Refusal(status=400, error_code="INVALID_PARAMETER_VALUE", message=message)


def check_experiment(
    visitor: Visitor, body: dict[str, Any]
) -> tuple[dict[str, Any], Refusal | None]:
    """A create-experiment request bound to one of the caller's projects.

    A name that names no project gets the caller's only project as its tag.
    """
    if _field(body, "artifact_location"):
        return body, wrong(
            "artifact_location can't be chosen: Octavo keeps artifacts itself. Leave it out."
        )
    tags = tags_in(body)
    named = project_of(str(_field(body, "name") or ""), tags)
    if named is not None and named in visitor.writes:
        project = named
    elif named is not None:
        return body, _denied(f"You may not log to project {named!r}.")
    elif len(visitor.writes) == 1:
        project = next(iter(visitor.writes))
    else:
        return body, _denied(
            "Say which project the experiment belongs to: name it <project>/<name> with one of "
            f"{', '.join(sorted(visitor.writes))}."
        )
    pairs = [
        {"key": key, "value": value} for key, value in {**tags, "octavo.project": project}.items()
    ]
    return {**body, "tags": pairs}, None


def check_registered(visitor: Visitor, body: dict[str, Any]) -> Refusal | None:
    """Whether a registered model of this name may be made or extended by the caller."""
    name = str(_field(body, "name") or "")
    project, dot, rest = name.partition(".")
    if dot and rest and project in visitor.writes:
        return None
    return _denied(
        f"Model name {name[:80]!r}: a model's name is <project>.<name> with one of your projects "
        f"({', '.join(sorted(visitor.writes))})."
    )


def check_tag(visitor: Visitor, body: dict[str, Any]) -> Refusal | None:
    """Whether an experiment may be changed so: it can't be moved to another project."""
    name = _field(body, "new_name")
    if _field(body, "key") == "octavo.project":
        return _denied("octavo.project is set when the experiment is made and stays.")
    if name and (found := project_of(str(name))) and found not in visitor.writes:
        return _denied(f"You may not move an experiment to project {found!r}.")
    return None


def owned(visitor: Visitor, body: dict[str, Any]) -> dict[str, Any]:
    """A create-run request that names its real owner, whatever the client wrote."""
    kept = {key: value for key, value in body.items() if key not in ("user_id", "userId")}
    tags = {**tags_in(body), "mlflow.user": visitor.name}
    return {
        **kept,
        "user_id": visitor.name,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }
