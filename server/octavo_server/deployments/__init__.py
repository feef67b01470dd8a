"""Requests, approvals, rollouts, desired state and the router of deployed models."""
