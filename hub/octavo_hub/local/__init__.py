"""Workspaces as processes of this machine, each under its person's own account."""
