"""Pure decisions about runs: orders, columns, places in a list, what is shown of a run."""

import base64
import binascii
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from octavo_server.errors import Invalid
from octavo_server.experiments.runs.domain import Baseline, Row, Run
from octavo_server.experiments.runs.filters.reader import FIELDS, field_of, read_filter
from octavo_server.experiments.runs.filters.syntax import All, Field, Filter, Words
from octavo_server.experiments.runs.filters.tokens import FilterError, Token, tokens

Kept = TypeVar("Kept")
MOST_COLUMNS: Final = 200
#: Metrics that a row shows where no column is asked for.
MOST_METRICS: Final = 200
LONGEST_SHOWN: Final = 8_000
#: Farthest place that a cursor may name.
FARTHEST: Final = 2**53


def title_of(project: str, name: str) -> str:
    """An experiment's name without its project's prefix."""
    return name.removeprefix(f"{project}/") or name


def tree_of(text: str, words: str = "") -> Filter:
    """The filter that a text is, and that all of `words` occur. Raises Invalid with the place."""
    try:
        tree = read_filter(text)
    except FilterError as error:
        raise Invalid(
            f"filter, character {error.position + 1}: {error.message}{_end(error.message)}",
            f"There may stand: {', '.join(error.expected)}."[:500]
            if error.expected
            else "Shorten the filter.",
        ) from error
    found = tuple(Words(text=word) for word in words.split()[:20])
    return All(parts=(tree, *found)) if found else tree


def _end(sentence: str) -> str:
    return "" if sentence.endswith("?") else "."


COST: Final = "cost"
"""Column that every row has without being asked: it is worked out when a run is shown, so that
nothing can be filtered, sorted or grouped by it."""


def field_from(text: str, what: str) -> Field:
    """The field that `order_by`, `by` or `columns` names. Raises Invalid."""
    found = None
    if len(text) <= 1_100:
        try:
            pieces = tokens(text)
            found = field_of(pieces[0]) if len(pieces) == 2 else None
        except FilterError:
            found = None
        if found is None:  # a name with spaces needs no quotes where nothing else can stand
            found = field_of(Token(kind="word", text=text, start=0, end=len(text)))
    if found is None:
        raise Invalid(
            f"{what}: there is no field {text[:80]!r}.",
            f"Use one of {', '.join(FIELDS)}.",
        )
    return found


def order_from(text: str) -> tuple[Field, bool]:
    """The field that `order_by` asks for, e.g. `-metrics.auc`, and whether it is reversed."""
    return field_from(text.removeprefix("-"), "order_by"), text.startswith("-")


def columns_from(texts: Sequence[str]) -> tuple[Field, ...]:
    """The fields of `columns`, given one by one or separated by commas. Raises Invalid."""
    found: dict[Field, None] = {}
    for text in texts:
        for part in _split(text):
            if part != COST:
                found[field_from(part, "columns")] = None
    if len(found) > MOST_COLUMNS:
        raise Invalid(
            f"columns: {len(found)} columns were asked for; at most {MOST_COLUMNS} are shown.",
            "Ask for fewer columns.",
        )
    return tuple(found)


def _split(text: str) -> list[str]:
    """The parts between the commas that stand outside of quotes."""
    parts, start, quote = [], 0, ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and text[place - 1] != "\\" else quote
        elif sign in "\"'`":
            quote = sign
        elif sign == ",":
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def cursor_of(offset: int, run_id: str) -> str:
    """The opaque text that continues a list after a run."""
    return base64.urlsafe_b64encode(json.dumps([offset, run_id]).encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[int, str]:
    """Where `cursor` continues: a place, and the run before it. Raises Invalid."""
    refused = Invalid(
        f"cursor: {cursor[:60]!r} does not continue this list.",
        "Send next_cursor of the previous page, or leave it out.",
    )
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise refused from error
    if not isinstance(content, list) or [type(part) for part in content] != [int, str]:
        raise refused
    if not 0 <= content[0] <= FARTHEST:
        raise refused
    return content[0], content[1]


def row_of(run: Run, columns: Sequence[Field], baseline: Baseline | None) -> Row:
    """A run as a line: what of it the columns show; without columns its metrics."""
    metrics: Mapping[str, float | None] = run.metrics
    if columns:
        metrics = _picked(metrics, columns, "metric")
    elif len(metrics) > MOST_METRICS:
        metrics = {name: metrics[name] for name in sorted(metrics)[:MOST_METRICS]}
    return Row(
        run=run,
        metrics=metrics,
        params=_cut(_picked(run.params, columns, "param")),
        tags=_cut(_picked(run.tags, columns, "tag")),
        deltas=_deltas(metrics, baseline) if baseline else {},
        baseline=baseline is not None and baseline.run_id == run.run_id,
    )


def _picked(values: Mapping[str, Kept], columns: Iterable[Field], kind: str) -> dict[str, Kept]:
    return {
        one.name: values[one.name] for one in columns if one.kind == kind and one.name in values
    }


def _cut(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:LONGEST_SHOWN] for name, value in values.items()}


def _deltas(metrics: Mapping[str, float | None], baseline: Baseline) -> dict[str, float]:
    found = {}
    for name, value in metrics.items():
        other = baseline.metrics.get(name)
        if value is not None and other is not None and math.isfinite(value - other):
            found[name] = value - other
    return found


def shown_tags(run: Run) -> dict[str, str]:
    """The tags that people wrote or need; MLflow's own bookkeeping is left out."""
    kept = {"mlflow.note.content": "note", "mlflow.source.name": "source"}
    return {
        kept.get(name, name): value
        for name, value in run.tags.items()
        if name in kept or not name.startswith("mlflow.")
    }


def metrics_with(run: Run, search: str) -> list[str]:
    """Names of the run's metrics in which all words of ``search`` occur, sorted."""
    words = search.lower().split()
    return sorted(name for name in run.latest if all(word in name.lower() for word in words))


def stepped(runs: Iterable[Run]) -> set[str]:
    """Metrics that were logged at a later step than the first, so that a curve says something."""
    return {name for run in runs for name, point in run.latest.items() if point.step > 0}
