"""Widgets for notebooks and Voilà dashboards.

They read the platform through :class:`octavo.client.Client` with the viewer's own token, so that a
viewer sees what they may see. Everything that came from data is escaped before it becomes HTML.
"""

from octavo_widgets.monitor import Monitor

__all__ = ["Monitor"]
