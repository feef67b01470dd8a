"""Which objects are models, told by their class and plain attributes; none of their code runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LIBRARIES = ("sklearn", "torch", "mlflow")
"""The libraries whose models can be logged, by the name that a kernel imports them under.

Others that follow scikit-learn's classes, such as XGBClassifier, count as its own.
"""

_CLASSES: tuple[tuple[str, str, str], ...] = (
    ("torch", "torch.nn", "Module"),
    ("mlflow", "mlflow.pyfunc", "PythonModel"),
    ("sklearn", "sklearn.base", "BaseEstimator"),
)
_VERBS = ("predict", "fit_predict", "score_samples")
"""What scikit-learn's estimators do that are more than a step before one."""
MOST_MODULES = 10_000
"""Parts of a torch module that are counted into its parameters."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A model that a variable holds."""

    library: str
    """sklearn, torch or mlflow."""
    kind: str
    """The name of its class; of a pipeline, with its last step."""
    fitted: bool | None
    """Whether it was fitted; None where its attributes don't tell."""
    training: bool = False
    """Whether a torch module is in training mode: dropout and batch norm act as when learning."""
    parameters: int | None = None
    """Learned numbers of a torch module."""
    width: int | None = None
    """How many inputs it takes; None where it doesn't say."""
    inputs: tuple[str, ...] = ()
    """Names of its inputs, where it was fitted on a frame."""


def held_in(value: object) -> Held | None:
    """Return what is known of the model that ``value`` is, or None."""
    for library, module, name in _CLASSES:
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and issubclass(type(value), known):
            return _READERS[library](value)
    return None


def _attributes(value: object) -> Mapping[str, Any]:
    """Return an object's own attributes without running any code of its class."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _kind(value: object) -> str:
    return type(value).__name__[:200]


def _estimator(value: object) -> Held | None:
    classes = type(_last(value)).__mro__
    if not any(verb in vars(one) for one in classes for verb in _VERBS):
        return None
    width, inputs = _inputs(value)
    return Held(
        library="sklearn",
        kind=" · ".join(dict.fromkeys((_kind(value), _kind(_last(value))))),
        fitted=_fitted(value),
        width=width,
        inputs=inputs,
    )


def _steps(value: object) -> list[object]:
    """Return the steps of a pipeline, none of anything else."""
    steps = _attributes(value).get("steps")
    if type(steps) is not list:
        return []
    return [one[1] for one in steps if type(one) is tuple and len(one) == 2]


def _last(value: object) -> object:
    steps = _steps(value)
    return _last(steps[-1]) if steps else value


def _fitted(value: object) -> bool:
    """Whether fitting has left something: scikit-learn ends such names with an underscore."""
    return any(
        type(name) is str and name.endswith("_") and not name.startswith("__")
        for name in _attributes(_last(value))
    )


def _inputs(value: object) -> tuple[int | None, tuple[str, ...]]:
    for one in (value, *_steps(value)):
        own = _attributes(one)
        width, names = own.get("n_features_in_"), own.get("feature_names_in_")
        if type(width) is int or names is not None:
            return width if type(width) is int else None, _texts(names)
    return None, ()


def _texts(names: Any) -> tuple[str, ...]:
    """Return names that an own array or list holds; a foreign class is not asked."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(names) is numpy.ndarray:
        names = names.tolist()
    if type(names) is not list:
        return ()
    return tuple(one for one in names if type(one) is str)


def _module(value: object) -> Held:
    learned = 0
    for part in _parts(value):
        for tensor in dict(_attributes(part).get("_parameters") or {}).values():
            learned += int(tensor.numel()) if type(tensor).__module__.startswith("torch") else 0
    training = _attributes(value).get("training") is True
    return Held(
        library="torch", kind=_kind(value), fitted=None, training=training, parameters=learned
    )


def _parts(value: object) -> Iterator[object]:
    """Return a torch module and all below it, each once."""
    seen: set[int] = set()
    left = [value]
    while left and len(seen) < MOST_MODULES:
        part = left.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        below = dict(_attributes(part).get("_modules") or {}).values()
        left += [one for one in below if one is not None]


def _python_model(value: object) -> Held:
    return Held(library="mlflow", kind=_kind(value), fitted=None)


_READERS = {"sklearn": _estimator, "torch": _module, "mlflow": _python_model}
