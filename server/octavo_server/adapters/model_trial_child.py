"""Loads a model and predicts on its own input example; prints one JSON object.

Runs code of the model's author: only ever started under a lent account, without secrets.
`python -m octavo_server.adapters.model_trial_child FOLDER`.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any


def predict_on_example(folder: Path) -> str:
    """What came out, in words. Raises whatever the model raises."""
    import mlflow.pyfunc
    from mlflow.models import Model

    example = Model.load(str(folder)).load_input_example(str(folder))
    model = mlflow.pyfunc.load_model(str(folder))
    return f"{_rows(example)} in, {describe(model.predict(example))} out"


def describe(answer: Any) -> str:
    """Shape and kind of what a model answered. Raises ValueError for nothing."""
    if answer is None:
        raise ValueError("the model answered nothing")
    shape = getattr(answer, "shape", None)
    size = f"{len(answer)} rows" if hasattr(answer, "__len__") else "one value"
    words = size if shape is None or len(shape) < 2 else " x ".join(map(str, shape))
    return f"{words} ({type(answer).__name__})"


def _rows(example: Any) -> str:
    return f"{len(example)} rows" if hasattr(example, "__len__") else "one value"


def main() -> None:
    """Tries the model in the folder that the command line names."""
    # What the model's own code prints must not be taken for the answer.
    answer_to = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    try:
        said = {"ok": True, "detail": predict_on_example(Path(sys.argv[1]))}
    except Exception as error:  # noqa: BLE001 - a model may raise anything; all of it means: failed
        said = {"ok": False, "detail": f"{type(error).__name__}: {error}"[:1_500]}
    answer_to.write(json.dumps(said) + "\n")
    answer_to.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
