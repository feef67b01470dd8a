"""How many pods a stable version has: by requests at a time and latency, or by CPU.

KServe's autoscaling by concurrency is Knative's alone; in its Standard mode the same comes from
KEDA, which asks Prometheus. Canaries have a fixed number: KServe refuses to scale them.
"""

from __future__ import annotations

from typing import Any

from octavo_server.adapters.kserve_plans import Member, Plan
from octavo_server.kserve_settings import KServeSettings

CPU_PERCENT = 70
"""Used CPU of what pods asked for, above which pods are added."""
HEADROOM = 0.8
"""Share of the promised latency from which on pods are added: before the promise is broken."""
SPAN = "2m"
"""Time over which requests are looked at."""


def scaling(plan: Plan, head: Member, settings: KServeSettings) -> dict[str, Any]:
    """Return the predictor's fields about its number of pods, and the autoscaler's ``class``."""
    least = settings.kserve_min_replicas
    most = max(least, settings.kserve_max_replicas)
    bounds = {"minReplicas": least, "maxReplicas": most}
    if least == most:
        return {"class": "none", **bounds}
    if not settings.kserve_prometheus:
        return {"class": "hpa", **bounds, "scaleMetric": "cpu", "scaleTarget": CPU_PERCENT}
    metrics = [_external(settings, busy(plan, head, settings), str(settings.kserve_concurrency))]
    if plan.latency_p95_ms is not None:
        limit = f"{plan.latency_p95_ms * HEADROOM:.3f}"
        metrics.append(_external(settings, slow(plan, head, settings), limit))
    return {"class": "keda", **bounds, "autoScaling": {"metrics": metrics}}


def busy(plan: Plan, head: Member, settings: KServeSettings) -> str:
    """Return the query for requests at a time: the seconds spent on requests in each second."""
    pods = _pods(plan, head, settings)
    return f"sum(rate(octavo_scorer_seconds_sum{{{pods}}}[{SPAN}])) or vector(0)"


def slow(plan: Plan, head: Member, settings: KServeSettings) -> str:
    """Return the query for the 95th percentile in milliseconds, times the number of pods.

    KEDA divides by the number of pods; what is promised holds for each, whatever their number.
    Without requests there is no percentile: the comparison drops it, and 0 stands in.
    """
    pods = _pods(plan, head, settings)
    buckets = f"sum by (le) (rate(octavo_scorer_seconds_bucket{{{pods}}}[{SPAN}]))"
    number = f"count(octavo_scorer_seconds_count{{{pods}}})"
    return f"(1000 * histogram_quantile(0.95, {buckets}) * scalar({number}) > 0) or vector(0)"


def _pods(plan: Plan, head: Member, settings: KServeSettings) -> str:
    pods = f"{plan.name}-{head.name}-predictor-.*"
    return f'namespace="{settings.kserve_namespace}",pod=~"{pods}"'


def _external(settings: KServeSettings, query: str, threshold: str) -> dict[str, Any]:
    return {
        "type": "External",
        "external": {
            "metric": {
                "backend": "prometheus",
                "serverAddress": settings.kserve_prometheus,
                "query": query,
            },
            "target": {"type": "Value", "value": threshold},
        },
    }
