"""The monitor of a deployment: the answer first, then volume, scores, drift, quality, alerts."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, get_args
from urllib.parse import parse_qs

import ipywidgets as widgets

from octavo.client import Client, ClientError
from octavo.records.deployments import Deployment
from octavo.records.monitoring import Alert, DriftReport, MonitorSummary, Window
from octavo_widgets import sections
from octavo_widgets.alerts import alert_list
from octavo_widgets.markup import Markup, joined, tag
from octavo_widgets.theme import STYLE

WINDOWS: tuple[str, ...] = get_args(Window)


class Monitor(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """A dashboard of one deployment at a time, read with the viewer's own token."""

    def __init__(
        self, client: Client, project: str, deployment: str | None = None, window: str = "1h"
    ) -> None:
        """Show ``deployment`` of ``project``, or the first one."""
        super().__init__()
        self._client = client
        self._home = f"/projects/{project}"
        self._heading = widgets.HTML()
        self._as_of = widgets.HTML()
        self._note = widgets.HTML()
        self._body = widgets.VBox()
        self._choice = widgets.Dropdown(description="Deployment")
        self._window = widgets.ToggleButtons(
            options=WINDOWS, value=window if window in WINDOWS else "1h", description="Window"
        )
        again = widgets.Button(description="Refresh", tooltip="Read everything again")
        bar = widgets.HBox([self._choice, self._window, again, self._as_of])
        bar.add_class("octavo-bar")
        self.add_class("octavo-monitor")
        self.children = [widgets.HTML(STYLE), self._note, self._heading, bar, self._body]
        self._list(deployment)
        self._choice.observe(lambda _: self.refresh(), "value")
        self._window.observe(lambda _: self.refresh(), "value")
        again.on_click(lambda _: self.refresh())
        self.refresh()

    @classmethod
    def from_environment(cls, query: str | None = None) -> Monitor:
        """Connect as the viewer; ``query`` is the page's query string (Voilà's QUERY_STRING).

        It may name ``project``, ``deployment`` and ``window``. Raises octavo.client.ClientError
        outside of a workspace.
        """
        given = parse_qs(os.environ.get("QUERY_STRING", "") if query is None else query)

        def first(name: str) -> str | None:
            return given.get(name, [""])[0] or None

        project = first("project") or os.environ.get("OCTAVO_PROJECT", "")
        client = Client.from_environment()
        return cls(client, project, first("deployment"), first("window") or "1h")

    def refresh(self) -> None:
        """Read everything again and show it."""
        name = self._choice.value
        if name is None:
            return
        try:
            deployment = self._client.fetch(Deployment, f"{self._home}/deployments/{name}")
            summary = self._client.fetch(
                MonitorSummary, f"{self._home}/monitoring/{name}", window=self._window.value
            )
            report = self._client.fetch(DriftReport, f"{self._home}/monitoring/{name}/drift")
            query: dict[str, Any] = {"deployment": name, "only_open": True}
            found = self._client.get(f"{self._home}/monitoring/alerts", **query)["items"]
        except ClientError as error:
            self._show_problem(error)
            return
        alerts = [Alert.model_validate(one) for one in found]
        self._heading.value = sections.heading(deployment)
        self._as_of.value = sections.as_of(summary)
        self._body.children = self._parts(deployment, summary, report, alerts)

    def _parts(
        self,
        deployment: Deployment,
        summary: MonitorSummary,
        report: DriftReport,
        alerts: list[Alert],
    ) -> list[widgets.Widget]:
        columns = widgets.VBox(
            [
                widgets.HTML(sections.service(summary, deployment)),
                widgets.HTML(sections.scores(summary)),
            ]
        )
        columns.add_class("octavo-columns")
        lower = widgets.VBox([_feature_view(report), widgets.HTML(sections.quality(report))])
        lower.add_class("octavo-columns")
        return [
            widgets.HTML(sections.lights(summary.lights)),
            columns,
            widgets.HTML(sections.drift_table(report)),
            lower,
            alert_list(alerts, self._acknowledge),
        ]

    def _acknowledge(self, alert: Alert, note: str) -> None:
        try:
            self._client.post(
                f"{self._home}/monitoring/alerts/{alert.id}/acknowledge", {"note": note}
            )
        except ClientError as error:
            self._show_problem(error)
            return
        self.refresh()

    def _list(self, wanted: str | None) -> None:
        try:
            found = [one["name"] for one in self._client.pages(f"{self._home}/deployments")]
        except ClientError as error:
            self._show_problem(error)
            return
        if not found:
            empty = tag(
                "section",
                tag("h2", "Nothing is deployed yet"),
                tag("p", "A deployment is requested from a model in the Octavo sidebar."),
                class_="octavo-card",
            )
            self._body.children = [widgets.HTML(empty)]
            return
        # Without a value of its own the widget would choose none.
        self._choice.options = found
        self._choice.value = wanted if wanted in found else found[0]
        if wanted is not None and wanted not in found:
            self._note.value = tag("p", f"There is no deployment {wanted!r}; this is another.")

    def _show_problem(self, error: ClientError) -> None:
        self._body.children = [widgets.HTML(sections.problem(error.message, error.remedy))]


def _feature_view(report: DriftReport) -> widgets.Widget:
    """Return the histogram of one feature and month, with a choice of both."""
    title = widgets.HTML(tag("h2", "One input beside training"))
    if not report.features:
        box = widgets.VBox([title, widgets.HTML(tag("p", report.message))])
        box.add_class("octavo-card")
        return box
    found = {(one.feature, one.month): one for one in report.features}
    names = list(dict.fromkeys(one.feature for one in report.features))
    strongest = max(
        (one for one in report.features if one.feature == names[0]), key=lambda one: one.psi or 0.0
    )
    feature = widgets.Dropdown(options=names, description="Input", value=names[0])
    month = widgets.Dropdown(options=report.months, description="Month", value=strongest.month)
    shown = widgets.HTML()

    def show(_change: object = None) -> None:
        one = found.get((feature.value, month.value))
        nothing: Callable[[], Markup] = lambda: joined(  # noqa: E731
            [tag("p", f"{feature.value} was not compared in {month.value}.")]
        )
        shown.value = nothing() if one is None else sections.feature(one, report)

    feature.observe(show, "value")
    month.observe(show, "value")
    show()
    choice = widgets.HBox([feature, month])
    choice.add_class("octavo-bar")
    box = widgets.VBox([title, choice, shown])
    box.add_class("octavo-card")
    return box
