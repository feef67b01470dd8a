"""Who asks deployments from outside: consumers, their tokens, limits and query patterns."""
