"""Octavo's platform service: the governed path from notebook to production."""
