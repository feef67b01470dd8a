"""Projects, their members, environments and budgets."""
