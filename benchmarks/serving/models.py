"""Makes the model that is served: a pipeline like the flights template's, and its ONNX form.

``python -m benchmarks.serving.models FOLDER`` writes ``FOLDER/plain`` (as MLflow logs it) and
``FOLDER/converted`` (with the ONNX form beside it, as a registration keeps it), each with its
manifest, and ``FOLDER/rows.json`` with rows to score.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CATEGORIES = {"carrier": 16, "origin": 3, "dest": 104, "tail_model": 60}
NUMBERS = 18
TRAINED_ROWS = 20_000
KEPT_ROWS = 100
SETTINGS = {"max_iter": 200, "learning_rate": 0.08, "max_leaf_nodes": 31}


def frame(rows: int, seed: int) -> pd.DataFrame:
    """Return rows like the flights project's: 4 categories and 18 numbers, some missing."""
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        name: np.asarray([f"{name[:2].upper()}{one}" for one in random.integers(0, size, rows)])
        for name, size in CATEGORIES.items()
    }
    for number in range(NUMBERS):
        values = random.normal(10, 30, rows)
        values[random.random(rows) < 0.02] = np.nan
        columns[f"number_{number}"] = values
    return pd.DataFrame(columns)


def fitted() -> Any:
    """Return the trained pipeline."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    known = frame(TRAINED_ROWS, 1)
    late = known["number_0"].fillna(0) + known["number_1"].fillna(0) * 0.5 > 15
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [("categories", one_hot, list(CATEGORIES))], remainder="passthrough"
    )
    trees = HistGradientBoostingClassifier(early_stopping=False, random_state=1, **SETTINGS)
    return Pipeline([("columns", columns), ("trees", trees)]).fit(known, late)


def convert(model: Any, folder: Path) -> None:
    """Write the ONNX form as a registration does."""
    from octavo_server.adapters.onnx_conversion import sklearn_forms
    from octavo_server.adapters.onnx_rows import ColumnKind

    kinds = [ColumnKind(name=name, type="string", required=True) for name in CATEGORIES]
    kinds += [
        ColumnKind(name=f"number_{number}", type="double", required=True)
        for number in range(NUMBERS)
    ]
    form = next(iter(sklearn_forms(model, "predict_proba", kinds)))()
    folder.mkdir()
    (folder / "model.onnx").write_bytes(form.content)
    contract = {
        "format": 1,
        "inputs": form.inputs,
        "output": {"name": form.output, "answer": "matrix", "type": "float"},
        "nulls": [f"number_{number}" for number in range(NUMBERS)],
    }
    (folder / "contract.json").write_text(json.dumps(contract), "utf-8")


def write_manifest(folder: Path) -> None:
    """Write the digests of a model's files beside its folder."""
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    folder.with_suffix(".manifest.json").write_text(json.dumps({"files": files}), "utf-8")


def main() -> None:
    """Write all into the folder that is named."""
    import mlflow.sklearn
    from mlflow.models import infer_signature

    folder = Path(sys.argv[1])
    model, known = fitted(), frame(KEPT_ROWS, 2)
    signature = infer_signature(frame(500, 3), model.predict_proba(frame(500, 3)))
    mlflow.sklearn.save_model(
        model,
        folder / "plain",
        signature=signature,
        input_example=known.dropna().head(3),
        pyfunc_predict_fn="predict_proba",
        serialization_format="pickle",
        pip_requirements=["mlflow", "scikit-learn"],
    )
    shutil.copytree(folder / "plain", folder / "converted")
    convert(model, folder / "converted" / "octavo-onnx")
    for name in ("plain", "converted"):
        write_manifest(folder / name)
    rows = json.loads(known.to_json(orient="records"))
    (folder / "rows.json").write_text(json.dumps(rows), "utf-8")


if __name__ == "__main__":
    main()
