"""The graph from data to deployment."""
