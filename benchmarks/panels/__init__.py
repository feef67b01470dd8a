"""Benchmarks of the panels for features and experiments."""
