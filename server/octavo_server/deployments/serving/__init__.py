"""Answers scoring requests: who is asked, what is kept of it."""
