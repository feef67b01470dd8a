"""Pure decisions of a comparison: which runs may be compared, what differs between them."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison.domain import ComparedField, Kind, Values
from octavo_server.experiments.runs.service import Run

MOST_COMPARED: Final = 100
#: Values in one answer: with more runs there are fewer lines.
MOST_VALUES: Final = 20_000
#: Characters of one value; of longer ones the part that differs is shown.
LONGEST_VALUE: Final = 500
LONGEST_NAME: Final = 500
#: How a metric is written whose newest value is NaN or an infinity.
NO_NUMBER: Final = "not a finite number"

_NOTEBOOK: Final = {
    "path": "octavo.notebook.path",
    "version": "octavo.notebook.sha256",
    "commit": "octavo.git.commit",
}
_CELL: Final = {"cell": "octavo.notebook.cell", "source": "octavo.notebook.cell_sha256"}
_ENVIRONMENT: Final = {
    "profile": "octavo.profile",
    "python": "octavo.environment.python",
    "image": "octavo.image",
}
_PACKAGES: Final = "octavo.environment.packages"
_SNAPSHOT: Final = "octavo.feature_snapshot"
_FEATURES: Final = "octavo.features"
_NOTES: Final = {"mlflow.note.content": "note", "mlflow.source.name": "source"}


def checked_ids(run_ids: Sequence[str]) -> list[str]:
    """The different ids of `run_ids`. Raises Invalid when they are too few or too many."""
    ids = list(dict.fromkeys(run_ids))
    if not 2 <= len(ids) <= MOST_COMPARED:
        raise Invalid(
            f"run: {len(ids)} different runs were given; 2 to {MOST_COMPARED} compare.",
            "Give run= once for each run.",
        )
    return ids


def lines(runs: Sequence[Run]) -> list[ComparedField]:
    """All lines of a comparison: what differs first, then by kind and name."""
    tables: Mapping[Kind, Sequence[Values]] = {
        Kind.METRIC: [_metrics(run) for run in runs],
        Kind.PARAM: [run.params for run in runs],
        Kind.FEATURE: [_features(run) for run in runs],
        Kind.INPUT: [_inputs(run) for run in runs],
        Kind.NOTEBOOK: [_tagged(run, _NOTEBOOK) for run in runs],
        Kind.CELL: [_tagged(run, _CELL) for run in runs],
        Kind.ENVIRONMENT: [_environment(run) for run in runs],
        Kind.SETTING: [_settings(run) for run in runs],
        Kind.TAG: [_tags(run) for run in runs],
    }
    found = [line for kind, values in tables.items() for line in _lines(kind, values)]
    return sorted(found, key=lambda line: not line.differs)


def shown(found: Sequence[ComparedField], runs: int) -> tuple[ComparedField, ...]:
    """As many of the lines as one answer holds."""
    return tuple(found[: MOST_VALUES // max(runs, 1)])


def _lines(kind: Kind, values: Sequence[Values]) -> Iterable[ComparedField]:
    for name in sorted({name for one in values for name in one}):
        row = tuple(one.get(name) for one in values)
        numbers = [value for value in row if isinstance(value, int | float)]
        yield ComparedField(
            kind=kind,
            name=name[:LONGEST_NAME],
            values=cut(row),
            differs=any(value != row[0] for value in row),
            delta=_delta(numbers) if len(numbers) == len(row) > 1 else None,
        )


def _delta(numbers: Sequence[float]) -> float | None:
    """Last minus first; None where the largest numbers there are lie farther apart than that."""
    found = numbers[-1] - numbers[0]
    return found if math.isfinite(found) else None


def cut(values: tuple[float | str | None, ...]) -> tuple[float | str | None, ...]:
    """The same values, long texts cut to where they begin to differ."""
    texts = [value for value in values if isinstance(value, str)]
    if max(map(len, texts), default=0) <= LONGEST_VALUE:
        return values
    alike = _alike(texts)
    start = max(alike - 40, 0) if alike > LONGEST_VALUE // 2 else 0
    return tuple(_part(one, start) if isinstance(one, str) else one for one in values)


def _alike(texts: Sequence[str]) -> int:
    """How many characters the texts begin with together; 0 when they are all the same."""
    low, high = min(texts), max(texts)  # the first and the last differ earliest
    if low == high:
        return 0
    return next((at for at, char in enumerate(low) if char != high[at]), len(low))


def _part(text: str, start: int) -> str:
    end = start + LONGEST_VALUE
    return f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"


def _metrics(run: Run) -> Values:
    return {name: NO_NUMBER if value is None else value for name, value in run.metrics.items()}


def _inputs(run: Run) -> Values:
    return {
        f"{one.name} ({one.context})" if one.context else one.name: one.digest for one in run.inputs
    }


def _tagged(run: Run, names: Mapping[str, str]) -> dict[str, float | str | None]:
    return {name: run.tags[tag] for name, tag in names.items() if run.tags.get(tag)}


def _environment(run: Run) -> Values:
    found = _tagged(run, _ENVIRONMENT)
    for package in run.tags.get(_PACKAGES, "").split():
        name, _, version = package.partition("=")
        found[name] = version.lstrip("=")
    return found


def _features(run: Run) -> Values:
    """The snapshot that was read, and which columns of which views."""
    found = _tagged(run, {"snapshot": _SNAPSHOT})
    text = run.tags.get(_FEATURES, "")
    try:
        told = json.loads(_whole(json.loads(text))) if text else {}
    except (ValueError, RecursionError):
        told = {"views": dict(one.partition("@")[::2] for one in text.split())}
    views = told.get("views") if isinstance(told, dict) else None
    for name, columns in views.items() if isinstance(views, dict) else ():
        is_list = isinstance(columns, list)
        found[name] = ", ".join(sorted(map(str, columns))) if is_list else str(columns)
    services = told.get("services") if isinstance(told, dict) else None
    if isinstance(services, list) and services:
        found["services"] = ", ".join(sorted(map(str, services)))
    return found


def _whole(found: Any) -> bytes:
    """JSON without half characters, which it can spell and no answer can carry."""
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")


def _settings(run: Run) -> Values:
    found: dict[str, float | str | None] = {"owner": run.owner, "status": run.status.value}
    return {**found, **_tagged(run, {"price per hour": "octavo.price_eur_per_hour"})}


def _tags(run: Run) -> Values:
    """The tags that people wrote; bookkeeping of MLflow and of Octavo has lines of its own."""
    return {
        _NOTES.get(name, name): value
        for name, value in run.tags.items()
        if name in _NOTES or not name.startswith(("mlflow.", "octavo."))
    }
