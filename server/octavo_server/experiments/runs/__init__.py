"""Runs of MLflow: the read model, lists, details and comparisons."""
