"""The draft of a model card, made from what is known about the run.

A run may log without limit: what would make the card longer than a registration takes is left out,
and the card says how much that is.
"""

from collections.abc import Sequence

from octavo_server.experiments.runs.service import Run
from octavo_server.registry.versions.service import Packaging

INPUTS_ROOM = 5_000
METRICS_ROOM = 7_000
COLUMNS_ROOM = 2_500
"""Characters for the data sets, the metrics, and the columns of either side; the rest of a card
is names, of 500 characters at most each, and the text below."""
PURPOSE = "What decision does it support, and where must it not be used?"
DATA = "Which data, which period, what was left out?"
LIMITS = "For whom or what is it less accurate? What would make it wrong?"
"""What a draft asks the author, for nothing that is known of the run tells it."""


def draft(name: str, run: Run, packaging: Packaging) -> str:
    """A model card to start from, Markdown; open points are questions to the author."""
    parts = [
        f"# {name}",
        f"Trained by {run.owner} in run *{run.name}* of experiment *{run.experiment}*.",
        "## What it is for\n\n" + PURPOSE,
        "## Training data\n\n" + _inputs(run),
        "## Results\n\n" + _metrics(run),
        "## Inputs and outputs\n\n" + _columns(packaging),
        "## Limits\n\n" + LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def words(card: str) -> str:
    """How much a card says, and how many of its draft's questions it still asks; "" for none."""
    said = len(card.split())
    asked = sum(question in card for question in (PURPOSE, DATA, LIMITS))
    if not said:
        return ""
    noun = "question" if asked == 1 else "questions"
    return f"{said} words" + (f", {asked} {noun} of the draft unanswered" if asked else "")


def _inputs(run: Run) -> str:
    lines = [f"- {one.name} (digest `{one.digest}`{_for(one.context)})" for one in run.inputs]
    snapshot = run.tags.get("octavo.feature_snapshot")
    if snapshot:
        lines.append(f"- Feature snapshot `{snapshot[:12]}`")
    shown, left_out = _within(INPUTS_ROOM, lines)
    return "\n".join(shown) + _rest(left_out, "data sets") or DATA


def _for(context: str | None) -> str:
    return f", {context}" if context else ""


def _metrics(run: Run) -> str:
    rows = [f"| {_cell(name)} | {value:.6g} |" for name, value in _numbers(run)]
    if not rows:
        return "No metric was logged."
    shown, left_out = _within(METRICS_ROOM, rows)
    table = "\n".join(["| metric | value |", "| --- | ---: |", *shown])
    return table + _rest(left_out, "metrics")


def _numbers(run: Run) -> list[tuple[str, float]]:
    return sorted((name, value) for name, value in run.metrics.items() if value is not None)


def _columns(packaging: Packaging) -> str:
    if packaging.signature is None:
        return "The model has no signature."
    lines = []
    for side in ("inputs", "outputs"):
        columns = packaging.signature.get(side) or []
        names = [f"`{_cell(str(one.get('name') or one.get('type')))}`" for one in columns]
        shown, left_out = _within(COLUMNS_ROOM, names)
        more = f" and {left_out:,} more, which the model's signature has" if left_out else ""
        lines.append(f"- {side}: {', '.join(shown) or 'none'}{more}")
    return "\n".join(lines)


def _within(room: int, lines: Sequence[str]) -> tuple[list[str], int]:
    """Return the first lines that fit into ``room`` characters, and how many are left out."""
    shown: list[str] = []
    for line in lines:
        room -= len(line) + 2  # what joins them
        if room < 0:
            break
        shown.append(line)
    return shown, len(lines) - len(shown)


def _rest(left_out: int, what: str) -> str:
    return f"\n\n{left_out:,} more {what} are left out here; the run has all." if left_out else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:100]
