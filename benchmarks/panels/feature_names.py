"""1,000 feature views of 10 features, named like those of a company that has many teams."""

from __future__ import annotations

from itertools import product

SUBJECTS = (
    "carrier", "route", "plane", "airport", "customer", "order", "store", "driver", "vehicle",
    "warehouse", "sensor", "session", "product", "supplier", "branch", "account", "merchant",
    "courier", "region", "device", "crew", "gate", "booking", "ticket", "baggage",
)  # fmt: skip
MEASURES = (
    "delay", "temperature", "demand", "revenue", "latency", "weather", "distance", "load",
    "failures", "returns",
)  # fmt: skip
KINDS = ("hourly", "daily", "rolling", "lifetime")
FIGURES = ("mean", "count", "share", "trend", "maximum")
SPANS = ("3h", "24h")
VIEWS = [
    f"{subject}_{measure}_{kind}" for subject, measure, kind in product(SUBJECTS, MEASURES, KINDS)
]


def columns(view: str) -> list[str]:
    """Return the ten features of a view."""
    _, measure, _ = view.split("_")
    return [f"{measure}_{figure}_{span}" for figure, span in product(FIGURES, SPANS)]


def described(view: str) -> str:
    """Return what a view holds, as a person would say it."""
    subject, measure, kind = view.split("_")
    return f"{kind.capitalize()} {measure} by {subject}, as it was known at the time."


def owner(view: str) -> str:
    """Return who answers for a view."""
    return f"team-{VIEWS.index(view) % 40:02d}@example.org"


def typed() -> list[str]:
    """Return searches as a person types them, letter by letter, errors included."""
    phrases = (
        "carrier delay", "weather mean", "temprature", "revenue store daily", "team-07",
        "bagage", "count 24h", "vehicle latency trend",
    )  # fmt: skip
    return [phrase[:end] for phrase in phrases for end in range(1, len(phrase) + 1)]
