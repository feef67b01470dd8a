"""Pure decisions of a comparison: which runs may be compared, what differs between them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison.domain import ComparedField
from octavo_server.experiments.runs.service import Run

MOST_COMPARED: Final = 10


def checked_ids(run_ids: Sequence[str]) -> list[str]:
    """The different ids of `run_ids`. Raises Invalid when they are too few or too many."""
    ids = list(dict.fromkeys(run_ids))
    if not 2 <= len(ids) <= MOST_COMPARED:
        raise Invalid(
            f"run: {len(ids)} different runs were given; 2 to {MOST_COMPARED} compare.",
            "Give run= once for each run.",
        )
    return ids


def lines(runs: Sequence[Run]) -> tuple[ComparedField, ...]:
    """What a comparison shows: all that differs first, then what is the same; by name."""
    found = [
        *_lines("metric", [run.metrics for run in runs]),
        *_lines("param", [run.params for run in runs]),
        *_lines("input", [{one.name: one.digest for one in run.inputs} for run in runs]),
        *_lines("notebook", [_notebook(run) for run in runs]),
        *_lines("setting", [_settings(run) for run in runs]),
    ]
    return tuple(sorted(found, key=lambda line: not line.differs))


def _lines(
    kind: str, values: Sequence[Mapping[str, float | None] | Mapping[str, str]]
) -> Iterable[ComparedField]:
    names = sorted({name for one in values for name in one})
    for name in names:
        row = tuple(one.get(name) for one in values)
        numbers = [value for value in row if isinstance(value, int | float)]
        delta = numbers[-1] - numbers[0] if len(numbers) == len(row) > 1 else None
        yield ComparedField(
            kind=kind,
            name=name,
            values=row,
            differs=any(value != row[0] for value in row),
            delta=delta if kind == "metric" else None,
        )


def _notebook(run: Run) -> dict[str, str]:
    link = run.notebook
    if link is None:
        return {}
    parts = {"path": link.path, "version": link.digest, "cell": link.cell, "commit": link.commit}
    return {name: value for name, value in parts.items() if value}


def _settings(run: Run) -> dict[str, str]:
    parts = {
        "owner": run.owner,
        "profile": run.profile,
        "status": run.status.value,
        "feature snapshot": run.tags.get("octavo.feature_snapshot"),
    }
    return {name: value for name, value in parts.items() if value}
