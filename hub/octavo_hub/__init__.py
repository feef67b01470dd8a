"""Octavo on JupyterHub: sign-in, spawner wiring and profiles; meets the server over HTTP."""
