"""All tables; importing this package fills :data:`octavo_server.database.tables.base.metadata`."""

import importlib
import pkgutil

from octavo_server.database.tables.base import metadata

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["metadata"]
