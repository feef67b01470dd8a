"""Pipelines of several steps: what runs after what, and what they hand over."""
