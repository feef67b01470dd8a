"""The Jupyter Server half of the lab extension."""
