"""``python -m octavo_hub -f hub/jupyterhub_config.py``: JupyterHub without what it doesn't use."""

from __future__ import annotations

import os
import sys

from octavo.local.errors import SettingWrong
from octavo.local.imports import skip_iri_grammar
from octavo_hub.preflight import check_settings

if __name__ == "__main__":
    try:
        check_settings(os.environ)
    except SettingWrong as wrong:
        sys.exit(str(wrong))
    skip_iri_grammar()
    from octavo_hub.application import OctavoHub

    OctavoHub.launch_instance()
