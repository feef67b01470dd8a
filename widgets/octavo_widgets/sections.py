"""The dashboard's parts as HTML, each with the baseline that it compares with."""

from __future__ import annotations

from collections.abc import Sequence

from octavo.records.deployments import Deployment
from octavo.records.monitoring import (
    DriftReport,
    FeatureDrift,
    Light,
    MonitorSummary,
    SchemaFinding,
    VersionSummary,
)
from octavo_widgets import charts
from octavo_widgets.markup import Markup, joined, moment, number, tag
from octavo_widgets.theme import ALARM, FIRST, INK, MARKS, MUTED, SECOND, TRAINING

WORDS = {"ok": "fine", "warning": "look", "critical": "act", "unknown": "not known"}


def heading(deployment: Deployment) -> Markup:
    """Return what is watched."""
    return joined(
        [
            tag("h1", f"{deployment.name} @{deployment.environment}"),
            tag("p", deployment.headline),
        ]
    )


def lights(found: Sequence[Light]) -> Markup:
    """Return the traffic-light sentences, worst first."""
    cards = [
        tag(
            "div",
            tag(
                "div",
                tag("span", MARKS[light.level], class_=f"octavo-mark-{light.level}"),
                " ",
                tag("span", light.topic, class_="octavo-topic"),
                tag("span", f" – {WORDS[light.level]}", class_="octavo-quiet"),  # noqa: RUF001
            ),
            tag("p", light.sentence),
            tag("p", f"Against: {light.baseline}", class_="octavo-quiet"),
            class_=f"octavo-light octavo-{light.level}",
        )
        for light in found
    ]
    return tag("div", *cards, class_="octavo-lights", role="list", aria_label="State")


def service(summary: MonitorSummary, deployment: Deployment) -> Markup:
    """Return volume and latency of each version."""
    promised = deployment.objectives
    parts: list[object] = [
        tag("h2", "Volume and latency"),
        tag(
            "p",
            f"Against what was promised: p95 at most {promised.latency_p95_ms:g} ms (dotted), "
            f"at most {promised.error_rate:.1%} failed.",
            class_="octavo-quiet",
        ),
    ]
    if not summary.series:
        parts.append(tag("p", f"No request in the last {summary.window}."))
        return _card(*parts)
    versions = [one.version for one in summary.versions]
    colours = (FIRST, SECOND, MUTED)
    entries = [(colours[place % 3], f"v{version}") for place, version in enumerate(versions)]
    parts += [
        charts.legend([*entries, (ALARM, "failed (hatched), promise (dotted)")]),
        charts.volume_and_latency(summary, promised.latency_p95_ms),
        _versions(summary.versions),
    ]
    return _card(*parts)


def scores(summary: MonitorSummary) -> Markup:
    """Return live scores beside training's."""
    found = summary.scores
    if found is None:
        return _card(tag("h2", "Scores"), tag("p", summary.baseline))
    index = "too few to judge" if found.psi is None else f"PSI {found.psi:.2f}"
    parts: list[object] = [
        tag("h2", "Scores"),
        tag(
            "p",
            f"{found.live_count:,} live scores against {found.training_count:,} of training "
            f"({summary.baseline}): {index}.",
            class_="octavo-quiet",
        ),
        charts.legend([(FIRST, f"live, last {summary.window}"), (INK, "training")]),
        charts.score_distribution(found),
    ]
    return _card(*parts)


def drift_table(report: DriftReport) -> Markup:
    """Return the PSI of each feature by month, strongest feature first."""
    parts: list[object] = [tag("h2", "Drift by feature and month")]
    if not report.features:
        return _card(*parts, tag("p", report.message))
    parts.append(
        tag(
            "p",
            "Population stability index of each month's flights against training "
            f"({report.baseline}), strongest first. ■ is over the limit, ▲ over half of it.",
            class_="octavo-quiet",
        )
    )
    rows: dict[str, dict[str, FeatureDrift]] = {}
    for one in report.features:
        rows.setdefault(one.feature, {})[one.month] = one
    head = tag("tr", *[tag("th", word, scope="col") for word in ("Input", *report.months)])
    body = [
        tag(
            "tr",
            tag("td", feature),
            *[_cell(months.get(month)) for month in report.months],
        )
        for feature, months in rows.items()
    ]
    table = tag("table", tag("thead", head), tag("tbody", *body))
    return _card(*parts, tag("div", table, class_="octavo-scroll"))


def feature(one: FeatureDrift, report: DriftReport) -> Markup:
    """Return one feature of one month beside training."""
    figures = [f"PSI {number(one.psi)}", f"Jensen-Shannon {number(one.js)}"]
    if one.ks is not None:
        figures.append(f"Kolmogorov-Smirnov {number(one.ks)}")
    return joined(
        [
            tag("p", f"{', '.join(figures)}; {one.rows:,} rows.", class_="octavo-quiet"),
            charts.legend([(FIRST, one.month), (TRAINING, f"training, {report.baseline}")]),
            charts.feature_histogram(one),
        ]
    )


def quality(report: DriftReport) -> Markup:
    """Return breaches of the schema and the inputs with the most missing values."""
    parts: list[object] = [
        tag("h2", "Data quality"),
        tag(
            "p",
            f"Against the model's signature and training ({report.baseline or 'none'}).",
            class_="octavo-quiet",
        ),
    ]
    if report.schema_findings:
        parts.append(tag("ul", *[_finding(one) for one in report.schema_findings[:50]]))
    if not report.features:
        return _card(*parts, tag("p", report.message))
    worst: dict[str, FeatureDrift] = {}
    for one in report.features:
        grew = one.null_share - one.training_null_share
        kept = worst.get(one.feature)
        if kept is None or grew > kept.null_share - kept.training_null_share:
            worst[one.feature] = one
    most = sorted(worst.values(), key=lambda one: one.training_null_share - one.null_share)[:8]
    if not any(one.null_share or one.training_null_share for one in most):
        return _card(*parts, tag("p", "No input misses a value."))
    head = tag(
        "tr",
        *[tag("th", word, scope="col") for word in ("Input", "worst month", "missing", "training")],
    )
    body = [
        tag(
            "tr",
            tag("td", one.feature),
            tag("td", one.month),
            tag("td", f"{one.null_share:.1%}"),
            tag("td", f"{one.training_null_share:.1%}"),
        )
        for one in most
    ]
    return _card(*parts, tag("table", tag("thead", head), tag("tbody", *body)))


def problem(message: str, remedy: str) -> Markup:
    """Return what went wrong and what to do."""
    return tag(
        "div",
        tag("h2", "The monitor can't show this"),
        tag("p", message),
        tag("p", remedy, class_="octavo-quiet"),
        class_="octavo-card octavo-problem",
        role="alert",
    )


def as_of(summary: MonitorSummary) -> Markup:
    """Return when this was read."""
    return tag("span", "As of ", moment(summary.until), class_="octavo-quiet")


def _card(*children: object) -> Markup:
    return tag("section", *children, class_="octavo-card")


def _cell(one: FeatureDrift | None) -> Markup:
    if one is None or one.psi is None:
        return tag("td", "–", title="not compared")  # noqa: RUF001
    mark = f"{MARKS[one.level]} " if one.level in ("warning", "critical") else ""
    shown = tag("span", mark, class_=f"octavo-mark-{one.level}")
    return tag(
        "td",
        shown,
        f"{one.psi:.2f}",
        class_=f"octavo-cell-{one.level}",
        title=f"{one.feature} in {one.month}: {WORDS[one.level]}",
    )


def _finding(one: SchemaFinding) -> Markup:
    return tag("li", tag("span", "■ ", class_="octavo-mark-critical"), one.message)


def _versions(found: Sequence[VersionSummary]) -> Markup:
    words = ("Version", "requests", "failed", "p50", "p95", "p99", "mean score")
    head = tag("tr", *[tag("th", word, scope="col") for word in words])
    body = [
        tag(
            "tr",
            tag("td", f"v{one.version}"),
            tag("td", f"{one.requests:,}"),
            tag("td", f"{one.errors:,}"),
            *[
                tag("td", number(value, 0, " ms"))
                for value in (one.latency_p50_ms, one.latency_p95_ms, one.latency_p99_ms)
            ],
            tag("td", number(one.mean_score, 3)),
        )
        for one in found
    ]
    return tag("table", tag("thead", head), tag("tbody", *body))
