"""The nine steps, in the order in which people take them."""

from __future__ import annotations

from tests.acceptance.golden_path.play import Step
from tests.acceptance.golden_path.steps import (
    audit,
    deployment,
    features,
    model,
    monitor,
    pipeline,
    release,
    training,
    workspace,
)

STEPS = (
    Step(name="workspace", act=workspace.act),
    Step(name="features", act=features.act),
    Step(name="experiment", act=training.act),
    Step(name="model", act=model.act),
    Step(name="release", act=release.act),
    Step(name="pipeline", act=pipeline.act),
    Step(name="deployment", act=deployment.act),
    Step(name="monitor", act=monitor.act),
    Step(name="audit", act=audit.act),
)
