"""Pipelines: named ways to run releases."""
