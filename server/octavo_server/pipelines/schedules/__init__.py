"""Schedules: cron lines in time zones, and the ticks that they make runs of."""
