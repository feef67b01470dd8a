"""Octavo's part of JupyterHub: who signs in, what they may start, and under which account."""
