"""Spawner profiles: documents, versions, and how they change."""
