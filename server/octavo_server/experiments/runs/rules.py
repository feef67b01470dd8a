"""Pure decisions about runs: orders, cursors, search text, what differs between runs."""

import base64
import binascii
import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from octavo_server.errors import Invalid
from octavo_server.experiments.runs.domain import Order, Position, Run

#: Columns that a list can be sorted by, besides `metrics.<name>`.
SORTABLE: Final = ("started_at", "ended_at", "name", "status", "owner")
LONGEST_METRIC: Final = 250


def title_of(project: str, name: str) -> str:
    """An experiment's name without its project's prefix."""
    return name.removeprefix(f"{project}/") or name


def order_from(text: str) -> Order:
    """The order that `order_by` asks for, e.g. `-metrics.auc`. Raises Invalid."""
    key = text.removeprefix("-")
    name = key.removeprefix("metrics.") if key.startswith("metrics.") else None
    known = 0 < len(name) <= LONGEST_METRIC if name is not None else key in SORTABLE
    if not known:
        raise Invalid(
            f"order_by: can't sort by {text[:80]!r}.",
            f"Use one of {', '.join(SORTABLE)} or metrics.<name>, with - before it to reverse.",
        )
    return Order(key=key, descending=text.startswith("-"))


def cursor_of(order: Order, position: Position) -> str:
    """The opaque text that continues a list after `position`."""
    content = [order.key, order.descending, position.value, position.run_id]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def position_from(cursor: str, order: Order) -> Position:
    """Where `cursor` continues. Raises Invalid for a foreign one, or one of another order."""
    refused = Invalid(
        f"cursor: {cursor[:60]!r} does not continue this list.",
        "Send next_cursor of the previous page with the same order_by, or leave it out.",
    )
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise refused from error
    if not isinstance(content, list) or content[:2] != [order.key, order.descending]:
        raise refused
    if len(content) != 4 or not isinstance(content[3], str):
        raise refused
    if not _fits(order, content[2]):
        raise refused
    return Position(value=content[2], run_id=content[3])


def _fits(order: Order, value: object) -> bool:
    """Whether a cursor's value can be one of the column that the list is sorted by."""
    if value is None:
        return True
    if order.metric is not None:
        return isinstance(value, float) and math.isfinite(value)
    if not isinstance(value, str):
        return False
    try:
        return not order.key.endswith("_at") or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def search_text(run: Run) -> str:
    """What the text filter looks into: name, owner, notebook, parameters, tags; lower case."""
    parts = [run.run_id, run.name, run.owner, run.status.value]
    parts += [f"{name}={value}" for name, value in sorted(run.params.items())]
    parts += [f"{name}={value}" for name, value in sorted(shown_tags(run).items())]
    return " ".join(parts).lower()[:8_000]


def shown_tags(run: Run) -> dict[str, str]:
    """The tags that people wrote or need; MLflow's own bookkeeping is left out."""
    kept = {"mlflow.note.content": "note", "mlflow.source.name": "source"}
    return {
        kept.get(name, name): value
        for name, value in run.tags.items()
        if name in kept or not name.startswith("mlflow.")
    }


def multi_step(runs: Iterable[Run]) -> list[str]:
    """Metrics that were logged at more than one step, so that a curve says something."""
    return sorted({name for run in runs for name, point in run.latest.items() if point.step > 0})
