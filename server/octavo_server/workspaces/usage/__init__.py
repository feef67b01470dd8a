"""Usage: metered hours, cost, budgets and quotas."""
