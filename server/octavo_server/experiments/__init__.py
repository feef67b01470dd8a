"""Runs of MLflow as Octavo shows them: a fast read model, comparison, live events."""
