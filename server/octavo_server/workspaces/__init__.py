"""Workspaces: spawner profiles and their versions, sessions, usage, budget left and cost."""
