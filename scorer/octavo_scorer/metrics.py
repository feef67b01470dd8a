"""The scorer's counters, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class ScorerMetrics:
    """What one scorer counts about itself."""

    def __init__(self, model: str, version: str, digest: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "octavo_scorer_requests", "Requests by outcome.", ["outcome"], registry=self._registry
        )
        self._rows = Counter("octavo_scorer_rows", "Rows scored.", registry=self._registry)
        self._seconds = Histogram(
            "octavo_scorer_seconds",
            "Seconds from the body's last byte to the prediction.",
            buckets=LATENCY_BUCKETS_S,
            registry=self._registry,
        )
        info = Gauge(
            "octavo_scorer_model",
            "The model in memory; always 1.",
            ["model", "version", "digest"],
            registry=self._registry,
        )
        info.labels(model=model, version=version, digest=digest).set(1)

    def answered(self, outcome: str, rows: int, seconds: float) -> None:
        """Count one request; ``outcome`` is ``ok`` or an error's code."""
        self._requests.labels(outcome=outcome).inc()
        self._rows.inc(rows)
        self._seconds.observe(seconds)

    def text(self) -> bytes:
        """Return the counters as Prometheus reads them."""
        return generate_latest(self._registry)
