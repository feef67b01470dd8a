"""Registered ML models: signed versions, their checks, and aliases with a history."""
