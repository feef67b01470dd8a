"""Pure decisions about graphs: whether one can run, what comes next, and what a step's run is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from octavo.records.graphs import Graph, Step
from octavo.records.notebooks import Input, Parameter, ParameterType, ParameterValue
from octavo.records.pipelines import RunState
from octavo_server.errors import Invalid
from octavo_server.pipelines.runs.service import ENDED, Handed, Run

MOST_RUNS = 500
"""Runs that one run of a graph may be made of."""
GOOD = frozenset({RunState.SUCCEEDED})
INPUTS = "../inputs"
"""Where a run finds what other steps handed over, seen from its working folder."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A run of a step that is to be made now."""

    step: Step
    """The step."""
    item: int
    """Which value of its fan-out, from 0."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """What is to be done about a graph's run."""

    due: tuple[Due, ...] = ()
    """Runs to make."""
    skipped: tuple[tuple[Step, str], ...] = ()
    """Steps that won't run, and why."""
    over: tuple[RunState, str] | None = None
    """How the whole ended, and why; None: it goes on."""


def needs_of(step: Step) -> tuple[str, ...]:
    """Return all steps that a step comes after, by whatever it says so, in order."""
    named = [
        *step.needs,
        *(source.partition(".")[0] for source in step.inputs.values()),
        *(one.step for one in step.when if one.step),
    ]
    return tuple(dict.fromkeys(named))


def items_of(step: Step) -> int:
    """Return how many runs a step is made of."""
    return len(step.fan_out.values) if step.fan_out else 1


def check(graph: Graph) -> None:
    """Raise Invalid unless the steps make one graph without circles and all they name is there."""
    named: dict[str, Step] = {}
    for step in graph.steps:
        if step.name in named:
            raise Invalid(f"steps: {step.name!r} is there twice.", "Give each step its own name.")
        named[step.name] = step
    declared = {one.name: one for one in graph.parameters}
    if len(declared) != len(graph.parameters):
        raise Invalid("parameters: a name is there twice.", "Declare each parameter once.")
    for step in graph.steps:
        _check_names(step, named, declared)
    _check_circles(named)
    runs = sum(items_of(step) for step in graph.steps)
    if runs > MOST_RUNS:
        raise Invalid(
            f"steps: one run would be made of {runs} runs; the limit is {MOST_RUNS}.",
            "Fan out over fewer values.",
        )


def _check_names(step: Step, named: Mapping[str, Step], declared: Mapping[str, Parameter]) -> None:
    where = f"steps.{step.name}"
    for need in needs_of(step):
        if need not in named:
            raise Invalid(
                f"{where}: there is no step {need!r}.", f"The steps are {', '.join(sorted(named))}."
            )
    for name, source in step.inputs.items():
        other, _, port = source.partition(".")
        if port not in named[other].outputs:
            has = ", ".join(sorted(named[other].outputs)) or "none"
            raise Invalid(
                f"{where}.inputs.{name}: {other!r} hands over no {port!r}.",
                f"Its outputs are: {has}.",
            )
    for name in [*step.uses.values(), *(one.parameter for one in step.when if one.parameter)]:
        if name not in declared:
            raise Invalid(
                f"{where}: the pipeline has no parameter {name!r}.",
                "Declare it under parameters, or use one that is there.",
            )
    _check_values(step)


def _check_values(step: Step) -> None:
    where = f"steps.{step.name}"
    given = [*step.parameters, *step.uses, *step.inputs]
    given += [step.fan_out.parameter] if step.fan_out else []
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise Invalid(
            f"{where}: {', '.join(twice)} gets its value from two places.",
            "Name each parameter once among parameters, uses, inputs and fan_out.",
        )
    for one in step.when:
        if (one.parameter is None) == (one.step is None):
            raise Invalid(
                f"{where}.when: each condition is about a parameter or about a step.",
                "Give `parameter` with `one_of`, or `step` with `ended`.",
            )
        if one.parameter is not None and not one.one_of:
            raise Invalid(
                f"{where}.when: the condition on {one.parameter!r} allows no value.",
                "List values under `one_of`.",
            )


def _check_circles(named: Mapping[str, Step]) -> None:
    left = {name: set(needs_of(step)) for name, step in named.items()}
    while left:
        free = [name for name, needs in left.items() if not needs]
        if not free:
            raise Invalid(
                f"steps: {', '.join(sorted(left))} wait for each other in a circle.",
                "Let one of them need less.",
            )
        for name in free:
            del left[name]
        for needs in left.values():
            needs.difference_update(free)


def check_step(step: Step, declared: Sequence[Parameter], *, idempotent: bool) -> None:
    """Raise Invalid unless a step fits its release."""
    types = {one.name: one.type for one in declared}
    named = [*step.parameters, *step.uses, *step.inputs]
    named += [step.fan_out.parameter] if step.fan_out else []
    for name in named:
        if name not in types:
            raise Invalid(
                f"steps.{step.name}: its release has no parameter {name!r}.",
                f"It has: {', '.join(sorted(types)) or 'none'}.",
            )
    for name in step.inputs:
        if types[name] is not ParameterType.STR:
            raise Invalid(
                f"steps.{step.name}.inputs.{name}: a path is text, and {name!r} is of type "
                f"{types[name].value}.",
                "Let the notebook take the path in a text parameter.",
            )
    if step.retry is not None and not idempotent:
        raise Invalid(
            f"steps.{step.name}.retry: its release isn't declared idempotent, so trying again may "
            "do harm.",
            "Submit the notebook as idempotent, or leave retry out.",
        )


def following(graph: Graph, given: Mapping[str, ParameterValue], children: Sequence[Run]) -> Next:
    """Return what is to be done, from the runs that were made so far."""
    of: dict[str, list[Run]] = {}
    for child in children:
        of.setdefault(child.step, []).append(child)
    due: list[Due] = []
    skipped: list[tuple[Step, str]] = []
    waits = False
    for step in graph.steps:
        made = of.get(step.name, [])
        if made:
            waits = waits or any(one.state not in ENDED for one in made)
            continue
        if not all(_is_over(graph, of, need) for need in needs_of(step)):
            waits = True
            continue
        why = _why_not(step, given, of)
        if why:
            skipped.append((step, why))
        else:
            due += [Due(step=step, item=item) for item in range(items_of(step))]
    if due or skipped or waits:
        return Next(due=tuple(due), skipped=tuple(skipped))
    return Next(over=_outcome(graph, of))


def _is_over(graph: Graph, of: Mapping[str, Sequence[Run]], name: str) -> bool:
    step = next(one for one in graph.steps if one.name == name)
    made = of.get(name, ())
    if any(one.state is RunState.SKIPPED for one in made):
        return True
    return len(made) == items_of(step) and all(one.state in ENDED for one in made)


def _why_not(
    step: Step, given: Mapping[str, ParameterValue], of: Mapping[str, Sequence[Run]]
) -> str:
    """Return why a step whose needs are over is skipped, or nothing."""
    asked_about = {one.step for one in step.when if one.step}
    for need in needs_of(step):
        if need not in asked_about and not _succeeded(of[need]):
            return f"Skipped: {need} {_ended_as(of[need])}."
    for one in step.when:
        if one.parameter is not None and given.get(one.parameter) not in one.one_of:
            return f"Skipped: {one.parameter} is {given.get(one.parameter)!r}."
        if one.step is not None and one.ended != "any":
            succeeded = _succeeded(of[one.step])
            if succeeded != (one.ended == "succeeded") or _was_skipped(of[one.step]):
                return f"Skipped: {one.step} {_ended_as(of[one.step])}."
    taken = {source.partition(".")[0] for source in step.inputs.values()}
    for name in sorted(taken):
        if not _succeeded(of[name]):
            return f"Skipped: {name}, whose file it takes, {_ended_as(of[name])}."
    return ""


def _succeeded(made: Sequence[Run]) -> bool:
    return all(one.state in GOOD for one in made)


def _was_skipped(made: Sequence[Run]) -> bool:
    return any(one.state is RunState.SKIPPED for one in made)


def _ended_as(made: Sequence[Run]) -> str:
    bad = next((one for one in made if one.state not in GOOD), None)
    return "succeeded" if bad is None else f"was {bad.state.value}"


def _outcome(graph: Graph, of: Mapping[str, Sequence[Run]]) -> tuple[RunState, str]:
    """Return how a graph ended: well unless a step failed that nothing was to follow on."""
    awaited = {one.step for step in graph.steps for one in step.when if one.ended != "succeeded"}
    bad = [
        run
        for step in graph.steps
        for run in of[step.name]
        if run.state not in GOOD | {RunState.SKIPPED} and step.name not in awaited
    ]
    if bad:
        first = bad[0]
        return RunState.FAILED, f"Step {first.step} {_word(first.state)}: {first.message}"[:1000]
    count = sum(1 for step in graph.steps if not _was_skipped(of[step.name]))
    skipped = len(graph.steps) - count
    more = f"; {skipped} skipped" if skipped else ""
    return RunState.SUCCEEDED, f"{count} of {len(graph.steps)} steps ran{more}."


def _word(state: RunState) -> str:
    return {"failed": "failed", "refused": "was refused", "cancelled": "was cancelled"}.get(
        state.value, f"is {state.value}"
    )


def values_of(
    step: Step, item: int, given: Mapping[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Return the values that a step's run is given, before its release checks them."""
    values = dict(step.parameters)
    values |= {name: given[source] for name, source in step.uses.items()}
    if step.fan_out is not None:
        values[step.fan_out.parameter] = step.fan_out.values[item]
    values |= {name: f"{INPUTS}/{name}/{_leaf(source)}" for name, source in step.inputs.items()}
    return values


def _leaf(source: str) -> str:
    return source.partition(".")[2]


def handed_to(graph: Graph, step: Step, children: Sequence[Run]) -> tuple[Handed, ...]:
    """Return the files that a step's run finds, by digest. Raises Invalid for one that isn't there.

    A step that fans out hands over a folder with one numbered folder a run.
    """
    return tuple(_handed(graph, step, children))


def _handed(graph: Graph, step: Step, children: Sequence[Run]) -> Iterator[Handed]:
    by_name = {one.name: one for one in graph.steps}
    for name, source in step.inputs.items():
        other, _, port = source.partition(".")
        output = by_name[other].outputs[port]
        many = by_name[other].fan_out is not None
        for run in sorted((one for one in children if one.step == other), key=lambda one: one.item):
            left = next((one for one in run.artifacts if one.path == output.path), None)
            if left is None:
                raise Invalid(
                    f"Step {other} left no file {output.path!r}, which it hands over as {port}.",
                    "Let its notebook write that file, or correct the output's path.",
                )
            folder = f"{name}/{port}/{run.item:04d}" if many else name
            leaf = output.path.rpartition("/")[2] if many else port
            yield Handed(
                path=f"{folder}/{leaf}", digest=left.digest, size=left.size, kind=output.kind,
                source=f"{other}.{port}",
            )  # fmt: skip


def cache_key(
    release: str,
    values: Mapping[str, ParameterValue],
    handed: Sequence[Handed],
    inputs: Sequence[Input],
) -> str:
    """Return the SHA-256 of all that a run's result depends on (RFC 8785's canonical JSON)."""
    content: dict[str, Any] = {
        "release": release,
        "parameters": dict(values),
        "handed": {one.path: one.digest for one in handed},
        "inputs": {f"{one.kind}:{one.name}": one.digest for one in inputs},
    }
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()
