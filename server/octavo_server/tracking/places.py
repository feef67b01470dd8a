"""By which field MLflow finds what a request is about, route by route.

A request passes only when that very field names something: an own id in another field, which MLflow
doesn't look at, opens nothing. What isn't listed is placed by nothing and refused.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

#: The path itself names it.
PATH: Final = "(path)"
#: An OTLP header names it.
HEADER: Final = "(header)"

_API: Final = r"/(?:ajax-)?api/[23]\.0/mlflow/"
_RUN: Final = ("run_id", "run_uuid")
_EXPERIMENT: Final = ("experiment_id",)
_EXPERIMENTS: Final = ("experiment_ids",)
_WHOLE_PATH: Final = (PATH,)

#: The first matching line decides; methods, path, the fields of which one must be there.
_PLACES: Final[tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...]] = tuple(
    (methods, re.compile(pattern), fields)
    for methods, pattern, fields in (
        ("GET", r"/get-artifact", _RUN),
        ("GET", r"/model-versions/get-artifact", ("name",)),
        ("GET", r"/(?:ajax-)?api/2\.0/mlflow-artifacts/artifacts", ("path",)),
        ("*", r"/(?:ajax-)?api/2\.0/mlflow-artifacts/.+/.+", _WHOLE_PATH),
        ("POST", r"/v1/(?:traces|metrics)", (HEADER,)),
        ("*", _API + r"(?:registered-models|model-versions)/.+", ("name",)),
        ("GET", _API + r"experiments/get-by-name", ("experiment_name",)),
        ("POST", _API + r"experiments/search-datasets", _EXPERIMENTS),
        ("*", _API + r"experiments/.+", _EXPERIMENT),
        ("POST", _API + r"runs/create", _EXPERIMENT),
        ("POST", _API + r"runs/search", _EXPERIMENTS),
        ("*", _API + r"(?:runs|artifacts)/.+", _RUN),
        ("GET", _API + r"metrics/get-history-bulk-interval", ("run_ids",)),
        ("GET", _API + r"metrics/get-history-bulk", ("run_id",)),
        ("GET", _API + r"metrics/get-history", _RUN),
        ("POST", _API + r"upload-artifact", ("run_uuid",)),
        ("POST", _API + r"logged-models/search", _EXPERIMENTS),
        ("*", _API + r"logged-models/.+", _WHOLE_PATH),
        ("POST", _API + r"logged-models", _EXPERIMENT),
        ("GET", _API + r"get-trace-artifact", ("request_id",)),
        ("GET", _API + r"traces", _EXPERIMENTS),
        ("POST", _API + r"traces", ("experiment_id", "trace")),
        ("POST", _API + r"traces/search", ("locations",)),
        ("POST", _API + r"traces/(?:metrics|calculate-filter-correlation)", _EXPERIMENTS),
        ("*", _API + r"traces/batchGet(?:Infos)?", ("trace_ids",)),
        ("GET", _API + r"traces/get", ("trace_id",)),
        ("POST", _API + r"traces/delete-traces", _EXPERIMENT),
        ("POST", _API + r"traces/link-to-run", ("run_id",)),
        ("POST", _API + r"traces/link-prompts", ("trace_id",)),
        ("*", _API + r"traces/.+", _WHOLE_PATH),
        ("*", _API + r"datasets/(?:create|search)", _EXPERIMENTS),
        ("*", _API + r"datasets/.+", _WHOLE_PATH),
    )
)
_CAPITAL: Final = re.compile(r"([A-Z])")


def snake(name: str) -> str:
    """Return a field's name as MLflow's parser knows it: it takes camelCase too."""
    return _CAPITAL.sub(r"_\1", name).lower()


def fields_of(method: str, path: str) -> tuple[str, ...]:
    """Return the fields of which one must name something; none for a route that isn't listed."""
    asked = "GET" if method == "HEAD" else method
    for methods, pattern, fields in _PLACES:
        if methods in ("*", asked) and pattern.fullmatch(path):
            return fields
    return ()


def in_query(fields: Sequence[str], query: Mapping[str, Sequence[str]]) -> bool:
    """Whether a query names something in one of the fields, and nothing empty beside it."""
    given = [value for name in fields for value in query.get(name, ())]
    return bool(given) and all(given)


def in_body(fields: Sequence[str], body: Mapping[str, Any]) -> bool:
    """Whether a body names something in one of the fields, and nothing empty beside it."""
    plain = {snake(name): value for name, value in body.items()}
    given = [plain[name] for name in fields if name in plain]
    return bool(given) and all(_names(one) for one in given)


def _names(value: Any) -> bool:
    """Whether a field's value names something wherever it could."""
    if isinstance(value, list):
        return bool(value) and all(_names(one) for one in value)
    if isinstance(value, dict):  # a place of traces, or a whole trace
        return _experiment_within(value)
    return value not in (None, "", 0, False)


def _experiment_within(value: Mapping[str, Any]) -> bool:
    return any(
        _experiment_within(one) if isinstance(one, dict) else snake(name) == "experiment_id" and one
        for name, one in value.items()
    )
