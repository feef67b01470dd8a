"""What is live: deployments, rollouts, scorers; the reconciler drives what runs to it."""
