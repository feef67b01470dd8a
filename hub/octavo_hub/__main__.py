"""``python -m octavo_hub -f hub/jupyterhub_config.py``: JupyterHub without what it doesn't use."""

from __future__ import annotations

from octavo.local.imports import skip_iri_grammar

if __name__ == "__main__":
    skip_iri_grammar()
    from octavo_hub.application import OctavoHub

    OctavoHub.launch_instance()
