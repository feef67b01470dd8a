"""Logs a live model to MLflow with what a registration asks for.

From the frame that it was trained on come the signature, the input example, the digest of the
training data and the baseline that drift is measured against.  A frame that isn't given is looked
for among the notebook's variables: the last one with the model's feature names.  Nothing is
printed, and no variable is bound or changed.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from octavo import monitoring
from octavo.environment_facts import DECIDING

EXAMPLE_ROWS = 5
SIGNATURE_ROWS = 1_000
"""Rows of the frame that the signature is inferred from."""
BASELINE_ROWS = 100_000
"""Rows that the baseline is made of, spread evenly over the frame."""
CARRIED = frozenset(
    {*DECIDING, "cloudpickle", "joblib", "skops", "torchvision", "imbalanced-learn"}
)
"""Distributions that a model may need where it is loaded."""
KNOWN_LIBRARIES = frozenset({"numpy", "scipy", "sklearn"})
"""Libraries whose types a scikit-learn model is trusted to hold."""
ARTIFACT = re.compile(r"[^A-Za-z0-9_-]+")
SIGNATURE, EXAMPLE, DATA, BASELINE = (
    "signature",
    "input example",
    "training data",
    "baseline for drift",
)


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A model in MLflow."""

    run_id: str
    """The run that it was logged in."""
    model_id: str | None
    """The logged model; None where the run logged exactly one."""
    experiment: str
    """Name of the run's experiment; empty where it isn't known."""
    missing: tuple[str, ...] = ()
    """What could not be logged with it."""


def log(
    model: Any,
    *,
    frame: Any = None,
    target: str | Sequence[str] | None = None,
    name: str | None = None,
    run_name: str | None = None,
    example: Any = None,
) -> Logged:
    """Log a live scikit-learn, torch or MLflow model in the active run, or in a new one.

    ``frame`` is what it was trained on, ``target`` its columns that are no input, ``example`` a
    few rows of input where there is no frame.  Raises TypeError for another kind of model.
    """
    flavor = _flavor(model)
    import mlflow

    with _run(run_name) as run:
        inputs = _inputs(model, frame, target, example)
        logged, missing = _log_with(flavor, model, name or "model", inputs, example)
        missing += _log_data(frame if frame is not None else inputs, target)
        missing += _log_baseline(model, inputs)
        experiment = mlflow.get_experiment(run.info.experiment_id)
        return Logged(
            run_id=run.info.run_id,
            model_id=logged.model_id,
            experiment=experiment.name,
            missing=tuple(missing),
        )


def save(model: Any, folder: Path, *, frame: Any, target: Any, example: Any) -> Path:
    """Write a live model into ``folder`` as `log` would log it; nothing reaches a run."""
    import mlflow

    flavor = _flavor(model)
    given, _ = _given(flavor, model, _inputs(model, frame, target, example), example)
    given["pip_requirements"] = ["mlflow"]  # finding out what it needs would take a minute
    library = {"sklearn": "sklearn", "torch": "pytorch", "pyfunc": "pyfunc"}[flavor]
    getattr(mlflow, library).save_model(path=str(folder), **given)
    return folder


def fetch(address: str, folder: Path) -> Path:
    """Download the model at one of MLflow's addresses into ``folder``."""
    import mlflow.artifacts

    return Path(mlflow.artifacts.download_artifacts(address, dst_path=str(folder)))


@contextmanager
def _run(run_name: str | None) -> Iterator[Any]:
    import mlflow

    active = mlflow.active_run()
    if active is not None:
        yield active
        return
    with mlflow.start_run(run_name=run_name) as run:
        yield run


def _flavor(model: Any) -> str:
    """Return which of MLflow's flavors logs the model. Raises TypeError for none."""
    for library, base in (("sklearn", "BaseEstimator"), ("torch", "Module"), ("mlflow", "")):
        for one in type(model).__mro__:
            own = one.__module__.partition(".")[0] == library
            if own and one.__name__ in {base, "PythonModel"}:
                return "pyfunc" if library == "mlflow" else library
    raise TypeError(
        f"{type(model).__name__} is no scikit-learn, torch or MLflow model. Log it with MLflow's "
        "log_model for its library, and give register() what that returns."
    )


def _inputs(model: Any, frame: Any, target: str | Sequence[str] | None, example: Any) -> Any:
    """Return the rows that go into the model; None where nothing tells."""
    wanted = [str(one) for one in getattr(model, "feature_names_in_", ())]
    if frame is None and example is None and wanted:
        frame = _last_frame(wanted)
    if frame is None:
        return example
    if not hasattr(frame, "columns"):
        return frame
    frame = frame.to_pandas() if type(frame).__module__.startswith("polars") else frame
    if wanted:
        lacking = sorted(set(wanted) - set(map(str, frame.columns)))
        if lacking:
            raise ValueError(
                f"The frame has no column {', '.join(lacking[:5])}, which the model was fitted on. "
                "Give the frame that it was trained on."
            )
        return frame[wanted]
    dropped = [target] if isinstance(target, str) else list(target or ())
    return frame.drop(columns=[one for one in dropped if one in frame.columns])


def _last_frame(wanted: Sequence[str]) -> Any:
    """Return the notebook's last pandas frame that has all these columns, else None."""
    pandas, ipython = sys.modules.get("pandas"), sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if pandas is None or shell is None:
        return None
    names: Mapping[str, object] = shell.user_ns
    found = [
        value
        for name, value in names.items()
        if not name.startswith("_") and isinstance(value, pandas.DataFrame)
    ]
    fitting = [one for one in found if set(wanted) <= set(map(str, one.columns)) and len(one)]
    exact = [one for one in fitting if len(one.columns) == len(wanted)]
    return next(iter(reversed(exact or fitting)), None)


def _method(model: Any) -> str:
    """Return the method that a deployment answers with: probabilities where there are any."""
    return "predict_proba" if callable(getattr(model, "predict_proba", None)) else "predict"


def _log_with(
    flavor: str, model: Any, name: str, inputs: Any, example: Any
) -> tuple[Any, list[str]]:
    import mlflow

    given, missing = _given(flavor, model, inputs, example)
    given["name"] = ARTIFACT.sub("-", name)
    log_model: Callable[..., Any] = mlflow.pyfunc.log_model
    if flavor == "sklearn":
        log_model = mlflow.sklearn.log_model
    elif flavor == "torch":
        log_model = mlflow.pytorch.log_model
    with warnings.catch_warnings():
        # MLflow warns of whole numbers that might be missing one day; the checklist shows types.
        warnings.filterwarnings("ignore", message=".*integer column.*")
        logged = log_model(**given)
    return logged, missing


def _given(flavor: str, model: Any, inputs: Any, example: Any) -> tuple[dict[str, Any], list[str]]:
    """Return what MLflow is given to log or save a model, and what is missing of it."""
    told = example if example is not None else inputs
    rows = None if told is None else _first(told, EXAMPLE_ROWS)
    given: dict[str, Any] = {"input_example": rows}
    if flavor == "sklearn":
        given |= {"sk_model": model, "pyfunc_predict_fn": _method(model)}
        given["skops_trusted_types"] = trusted_types(model)
    elif flavor == "torch":
        given |= {"pytorch_model": model}
    else:
        given |= {"python_model": model}
    if flavor != "pyfunc" and inputs is not None:
        given["signature"] = _signature(flavor, model, _first(inputs, SIGNATURE_ROWS))
    return given, [] if rows is not None else [SIGNATURE, EXAMPLE]


def trusted_types(model: Any) -> list[str]:
    """Return the types that skops has to be told to trust: those of scikit-learn's own trees.

    Raises TypeError for a model that holds types of others: their author has to look at them.
    """
    from skops.io import dumps, get_untrusted_types

    wanted: list[str] = get_untrusted_types(data=dumps(model))
    foreign = [one for one in wanted if one.partition(".")[0] not in KNOWN_LIBRARIES]
    if foreign:
        raise TypeError(
            f"{type(model).__name__} holds types that are not scikit-learn's own: "
            f"{', '.join(foreign[:5])}. If you trust them, log it with mlflow.sklearn.log_model("
            f"..., skops_trusted_types={wanted[:20]!r}), and give register() what that returns."
        )
    return wanted


def requirements() -> list[str]:
    """Return the exact versions of what this process has imported and a model may need.

    MLflow would load the model in a process of its own to find out, which takes half a minute.
    """
    imported = {name.partition(".")[0] for name in sys.modules}
    owners = metadata.packages_distributions()
    found = {
        name for module in imported & owners.keys() for name in owners[module] if name in CARRIED
    }
    return [f"{name}=={metadata.version(name)}" for name in sorted(found | {"mlflow"})]


def _signature(flavor: str, model: Any, rows: Any) -> Any:
    from mlflow.models import infer_signature

    if flavor == "sklearn":
        return infer_signature(rows, getattr(model, _method(model))(rows))
    import torch

    with torch.no_grad():
        answer = model(torch.as_tensor(rows))
    return infer_signature(rows, answer.detach().cpu().numpy())


def _log_data(frame: Any, target: str | Sequence[str] | None) -> list[str]:
    """Log the digest of the training data; nothing of its content."""
    if frame is None or not hasattr(frame, "columns"):
        return [DATA]
    import mlflow
    from mlflow.data.pandas_dataset import from_pandas

    frame = frame.to_pandas() if type(frame).__module__.startswith("polars") else frame
    label = target if isinstance(target, str) and target in frame.columns else None
    data = from_pandas(frame, name=_name_of(frame), targets=label)
    mlflow.log_input(data, context="training")
    return []


def _name_of(frame: Any) -> str:
    """Return the variable that holds the frame."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    names: Mapping[str, object] = shell.user_ns if shell is not None else {}
    held = (
        name for name, value in list(names.items()) if value is frame and not name.startswith("_")
    )
    return next(held, "training")


def _log_baseline(model: Any, inputs: Any) -> list[str]:
    if inputs is None or not hasattr(inputs, "columns") or not len(inputs):
        return [BASELINE]
    import mlflow

    step = max(1, len(inputs) // BASELINE_ROWS)
    rows = inputs.iloc[::step]
    try:
        scores = _scores(model, rows)
        profile = monitoring.baseline(rows, scores=scores, window=f"{len(inputs):,} training rows")
    except monitoring.UnusableColumn:
        return [BASELINE]
    mlflow.log_dict(profile, monitoring.BASELINE_ARTIFACT)
    return []


def _scores(model: Any, rows: Any) -> Any:
    """Return the number a row that drift of predictions is measured on; None for labels."""
    method = _method(model)
    if not hasattr(model, method):
        return None
    answer = getattr(model, method)(rows)
    shape = getattr(answer, "shape", ())
    score = answer[:, -1] if len(shape) == 2 else answer
    kind = getattr(getattr(score, "dtype", None), "kind", "")
    return score if kind in "iuf" and kind else None


def _first(rows: Any, most: int) -> Any:
    return rows.head(most) if hasattr(rows, "head") else rows[:most]
