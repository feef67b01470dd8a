"""Serving measured beside `mlflow models serve`: see `__main__`."""
