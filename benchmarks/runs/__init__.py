"""Runs of notebooks, measured beside papermill's command line and a kernel that runs already."""
