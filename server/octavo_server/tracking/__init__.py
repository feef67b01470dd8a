"""MLflow's own tracking server behind Octavo's sign-in: a second Hub service.

`access` decides what a request needs, `gate` enforces it around the app, `browser` signs people
in for MLflow's pages, `__main__` starts the process.
"""
