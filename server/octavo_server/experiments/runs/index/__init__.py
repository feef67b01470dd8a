"""Runs of one project as columns in memory: what lists, filters and groups are answered from."""
