"""Tests against a whole running Octavo."""
