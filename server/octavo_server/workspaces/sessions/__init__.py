"""Sessions: what may start, what waits, what runs, and what stops it."""
