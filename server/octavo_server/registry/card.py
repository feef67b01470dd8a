"""The draft of a model card, made from what is known about the run."""

from octavo_server.experiments.runs.service import Run
from octavo_server.registry.domain import Packaging


def draft(name: str, run: Run, packaging: Packaging) -> str:
    """A model card to start from, Markdown; open points are questions to the author."""
    parts = [
        f"# {name}",
        f"Trained by {run.owner} in run *{run.name}* of experiment *{run.experiment}*.",
        "## What it is for\n\nWhat decision does it support, and where must it not be used?",
        "## Training data\n\n" + _inputs(run),
        "## Results\n\n" + _metrics(run),
        "## Inputs and outputs\n\n" + _columns(packaging),
        "## Limits\n\nFor whom or what is it less accurate? What would make it wrong?",
    ]
    return "\n\n".join(parts) + "\n"


def _inputs(run: Run) -> str:
    lines = [f"- {one.name} (digest `{one.digest}`{_for(one.context)})" for one in run.inputs]
    snapshot = run.tags.get("octavo.feature_snapshot")
    if snapshot:
        lines.append(f"- Feature snapshot `{snapshot[:12]}`")
    return "\n".join(lines) or "Which data, which period, what was left out?"


def _for(context: str | None) -> str:
    return f", {context}" if context else ""


def _metrics(run: Run) -> str:
    rows = [f"| {_cell(name)} | {value:.6g} |" for name, value in _numbers(run)]
    if not rows:
        return "No metric was logged."
    return "\n".join(["| metric | value |", "| --- | ---: |", *rows])


def _numbers(run: Run) -> list[tuple[str, float]]:
    return sorted((name, value) for name, value in run.metrics.items() if value is not None)


def _columns(packaging: Packaging) -> str:
    if packaging.signature is None:
        return "The model has no signature."
    lines = []
    for side in ("inputs", "outputs"):
        columns = packaging.signature.get(side) or []
        names = ", ".join(f"`{_cell(str(one.get('name') or one.get('type')))}`" for one in columns)
        lines.append(f"- {side}: {names or 'none'}")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:100]
