"""Runs, their attempts and their evidence."""
