"""Newest values into the online store: jobs, schedules, freshness, pushes."""
