"""Open alerts, each with a button that takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from octavo.records.monitoring import Alert
from octavo_widgets.markup import Markup, joined, moment, tag
from octavo_widgets.theme import MARKS

Acknowledge = Callable[[Alert, str], None]
AGAINST = "Open now, the worst first, against the deployment's limits and promises."
LEAST_NOTE = 3


def alert_list(found: Sequence[Alert], acknowledge: Acknowledge) -> widgets.VBox:
    """Return the open alerts, the worst first; ``acknowledge`` gets the alert and a note."""
    head = joined(
        [
            tag("h2", "Alerts"),
            tag(
                "p",
                "Open now, newest first, against the deployment's limits.",
                class_="octavo-quiet",
            ),
        ]
    )
    rows: list[widgets.Widget] = [widgets.HTML(head)]
    if not found:
        rows.append(widgets.HTML(tag("p", "No open alert.")))
    rows += [_row(alert, acknowledge) for alert in sorted(found, key=_worst)]
    box = widgets.VBox(rows)
    box.add_class("octavo-card")
    return box


def _worst(alert: Alert) -> tuple[bool, bool, float]:
    """Order: nobody has it, critical, far over its limit."""
    over = (alert.value or 0.0) / alert.limit if alert.limit else float("inf")
    return alert.acknowledged_by is not None, alert.level != "critical", -over


def _row(alert: Alert, acknowledge: Acknowledge) -> widgets.Widget:
    words = widgets.HTML(_sentence(alert), layout=widgets.Layout(flex="1 1 320px"))
    if alert.acknowledged_by is not None:
        row = widgets.HBox([words])
    else:
        note = widgets.Text(
            placeholder="What you found or will do",
            tooltip="Note for the trail",
            layout=widgets.Layout(width="220px"),
        )
        button = widgets.Button(description="Acknowledge", tooltip=f"Take: {alert.message}"[:200])
        button.disabled = True

        def typed(_change: object) -> None:
            button.disabled = len(note.value.strip()) < LEAST_NOTE

        def clicked(_button: widgets.Button) -> None:
            button.disabled = True
            acknowledge(alert, note.value.strip())

        note.observe(typed, "value")
        button.on_click(clicked)
        row = widgets.HBox([words, note, button])
    row.add_class("octavo-alert")
    return row


def _sentence(alert: Alert) -> Markup:
    taken: object = ""
    if alert.acknowledged_by is not None and alert.acknowledged_at is not None:
        taken = tag(
            "span",
            f" Taken by {alert.acknowledged_by}, ",
            moment(alert.acknowledged_at),
            f": {alert.acknowledgement}",
            class_="octavo-quiet",
        )
    return tag(
        "div",
        tag("span", f"{MARKS[alert.level]} ", class_=f"octavo-mark-{alert.level}"),
        tag("b", alert.rule),
        f" {alert.message} ",
        tag("span", "Since ", moment(alert.opened_at), ".", class_="octavo-quiet"),
        taken,
    )
