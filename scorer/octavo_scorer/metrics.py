"""The scorer's counters, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)


class ScorerMetrics:
    """What one scorer counts about itself."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "octavo_scorer_requests", "Requests by outcome.", ["outcome"], registry=registry
        )
        self._rows = Counter("octavo_scorer_rows", "Rows scored.", registry=registry)
        self._seconds = Histogram(
            "octavo_scorer_seconds",
            "Seconds from the body's last byte to the prediction.",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self._batches = Histogram(
            "octavo_scorer_batch_requests",
            "Requests that were scored together.",
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        self._ends = Counter(
            "octavo_scorer_engine_ends",
            "Engines that ended or were renewed: ended, hung, memory.",
            ["reason"],
            registry=registry,
        )
        self._memory = Gauge(
            "octavo_scorer_engine_resident_bytes", "Memory of the engine.", registry=registry
        )
        self._swaps = Counter(
            "octavo_scorer_swaps", "Swaps of the model by outcome.", ["outcome"], registry=registry
        )
        self._model = Gauge(
            "octavo_scorer_model",
            "The model in memory; always 1.",
            ["model", "version", "digest", "engine"],
            registry=registry,
        )
        self._ok = self._requests.labels(outcome="ok")

    def holds(self, model: str, version: str, digest: str, engine: str) -> None:
        """Say which model is in memory now."""
        self._model.clear()
        self._model.labels(model=model, version=version, digest=digest, engine=engine).set(1)

    def scored(self, rows: int, seconds: float) -> None:
        """Count a request that was answered with predictions."""
        self._ok.inc()
        self._rows.inc(rows)
        self._seconds.observe(seconds)

    def refused(self, outcome: str) -> None:
        """Count a request that was answered with an error, by its code."""
        self._requests.labels(outcome=outcome).inc()

    def batched(self, requests: int) -> None:
        """Count requests that go to the engine together."""
        self._batches.observe(requests)

    def engine_ended(self, reason: str) -> None:
        """Count an engine that ended or was renewed."""
        self._ends.labels(reason=reason).inc()

    def engine_memory(self, resident: int) -> None:
        """Keep how much memory the engine has, in bytes."""
        self._memory.set(resident)

    def swapped(self, outcome: str) -> None:
        """Count a swap: ok or refused."""
        self._swaps.labels(outcome=outcome).inc()

    def text(self) -> bytes:
        """Return the counters as Prometheus reads them."""
        return generate_latest(self._registry)
