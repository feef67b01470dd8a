"""Scores logged rows with a model and times single rows; prints one JSON object.

Runs code of the model's author: only ever started under a lent account, without secrets.
`python -m octavo_server.adapters.model_replay_child FOLDER ROWS`, ROWS being a file with a JSON
list of objects.
"""

import contextlib
import json
import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

TIMED = 60
"""Rows that are scored one by one for the time they take."""
WARM = 3
"""Calls before the clock counts."""
TIMED_S = 10.0
"""Seconds after which no more are timed."""

Predict = Callable[[Sequence[Mapping[str, Any]]], list[Any]]


def replay(folder: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return scores, failures and times. Raises what loading the model raises."""
    begun = time.perf_counter()
    predict = loaded(folder)
    load_s = time.perf_counter() - begun
    predictions, failures, failure = scored(predict, rows)
    return {
        "ok": True,
        "load_s": load_s,
        "predictions": predictions,
        "failures": failures,
        "failure": failure,
        "latencies_ms": timed(predict, rows) if failures < len(rows) else [],
    }


def loaded(folder: Path) -> Predict:
    """Return the model as a function of rows."""
    import mlflow.pyfunc
    from mlflow.pyfunc.scoring_server import infer_and_parse_data

    model = mlflow.pyfunc.load_model(str(folder))
    schema = model.metadata.get_input_schema()

    def predict(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        frame = infer_and_parse_data({"dataframe_records": list(rows)}, schema)
        return plain(model.predict(frame))

    return predict


def plain(answer: Any) -> list[Any]:
    """Return predictions as JSON would have them, one a row."""
    if hasattr(answer, "to_dict") and hasattr(answer, "columns"):
        return [list(row) for row in answer.to_numpy().tolist()]
    found = answer.tolist() if hasattr(answer, "tolist") else list(answer)
    return found if isinstance(found, list) else [found]


def scored(
    predict: Predict, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Any], int, str | None]:
    """Return the predictions, None where a row failed, how many failed, and the first reason."""
    try:
        found = predict(rows)
        if len(found) == len(rows):
            return [clean(one) for one in found], 0, None
    except Exception as error:  # noqa: BLE001 - one bad row spoils a batch; each is tried alone then
        reason = f"{type(error).__name__}: {error}"
        if len(rows) == 1:
            return [None], 1, reason[:500]
    answers: list[Any] = []
    failures, first = 0, None
    for row in rows:
        try:
            answers.append(clean(predict([row])[0]))
        except Exception as error:  # noqa: BLE001 - a model may raise anything; it means: failed
            answers.append(None)
            failures += 1
            first = first or f"{type(error).__name__}: {error}"[:500]
    return answers, failures, first


def timed(predict: Predict, rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the milliseconds of calls with one row."""
    found: list[float] = []
    until = time.monotonic() + TIMED_S
    for number, row in enumerate([*rows[:WARM], *rows[:TIMED]]):
        if time.monotonic() > until:
            break
        begun = time.perf_counter()
        with contextlib.suppress(Exception):  # a row that fails is counted elsewhere
            predict([row])
            if number >= WARM:
                found.append((time.perf_counter() - begun) * 1_000)
    return found


def clean(value: Any) -> Any:
    """Return a prediction without what JSON can't say."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [clean(one) for one in value]
    return value if isinstance(value, str | int | bool | None) else str(value)


def main() -> None:
    """Replay what the command line names."""
    # What the model's own code prints must not be taken for the answer.
    answer_to = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    try:
        rows = json.loads(Path(sys.argv[2]).read_text("utf-8"))
        said = replay(Path(sys.argv[1]), rows)
    except Exception as error:  # noqa: BLE001 - a model may raise anything; all of it means: failed
        said = {"ok": False, "detail": f"{type(error).__name__}: {error}"[:1_500]}
    answer_to.write(json.dumps(said) + "\n")
    answer_to.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
