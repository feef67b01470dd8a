"""Widgets for notebooks and Voilà dashboards."""
