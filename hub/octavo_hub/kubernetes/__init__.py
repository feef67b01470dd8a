"""Workspaces as pods: what a profile becomes, what a start goes through, and why it failed."""
