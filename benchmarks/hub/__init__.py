"""Octavo's hub under load, beside a bare JupyterHub's."""
