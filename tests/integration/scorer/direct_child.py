"""Says what models get with and without MLflow's check of frames; a child of `test_direct`."""

from __future__ import annotations

import json
import sys
from typing import Any

from mlflow.models import Model, ModelSignature
from mlflow.pyfunc import PyFuncModel
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

from octavo_scorer.engines.direct import direct
from octavo_scorer.engines.tables import SAMPLES, plain_frame, same_frames, sampled
from octavo_scorer.frames import Rows

TYPES = {f"{kind} {number}": kind for number in range(2) for kind in SAMPLES}
PARAMS = ParamSchema([ParamSpec("depth", DataType.long, 3)])


class Keeps:
    """A model that keeps what it is given."""

    def predict(self, frame: Any) -> list[int]:
        """Answer one number a row."""
        self.given = frame
        return [1] * len(frame)


def loaded(types: dict[str, str], params: ParamSchema | None = None) -> PyFuncModel:
    """Return a model with a signature."""
    schema = Schema([ColSpec(DataType[kind], name) for name, kind in types.items()])
    said = ModelSignature(inputs=schema, params=params)  # type: ignore[arg-type]  # None is default
    about = Model(signature=said)
    about.add_flavor("python_function", loader_module="nowhere")
    return PyFuncModel(about, Keeps())


def main() -> None:
    """Print what was found."""
    model, columns = loaded(TYPES), sampled(TYPES)
    model.predict(plain_frame(TYPES, columns))
    checked = model._model_impl.given
    asked = direct(model, TYPES)
    answer = asked and asked.predict(Rows(columns=columns, tensor=None, size=2))
    own = model._model_impl.given
    gap = {**columns, "long 0": [1, None]}
    found = {
        "answer": answer,
        "another_frame": own is not checked,
        "same": same_frames(checked, own),
        "takes_gap": asked and asked.takes(Rows(columns=gap, tensor=None, size=2)),
        "still_checks": model.metadata.signature is not None,
        "with_params": direct(loaded(TYPES, PARAMS), TYPES) is not None,
        "with_times": direct(loaded({"at": "datetime"}), {"at": "datetime"}) is not None,
        "other_types": direct(loaded({"a": "long"}), {"a": "double"}) is not None,
        "no_columns": direct(model, {}) is not None,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
