"""Pipelines, schedules, runs, attempts and verdicts."""
