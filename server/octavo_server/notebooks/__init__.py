"""Submissions, lint, clean-room replay, review and releases of notebooks."""
