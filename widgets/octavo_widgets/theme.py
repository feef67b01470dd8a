"""The dashboard's look: JupyterLab's own colours and fonts, in whichever theme Voilà is shown."""

from __future__ import annotations

from octavo_widgets.markup import Markup

INK = "#010101"
MUTED = "#020202"
GRID = "#030303"
FIRST = "#040404"
SECOND = "#050505"
TRAINING = "#060606"
ALARM = "#070707"

VARIABLES = {
    INK: "var(--jp-ui-font-color1)",
    MUTED: "var(--jp-ui-font-color2)",
    GRID: "var(--jp-border-color2)",
    FIRST: "var(--jp-brand-color1)",
    SECOND: "var(--jp-warn-color1)",
    TRAINING: "var(--octavo-training)",
    ALARM: "var(--jp-error-color1)",
}
"""Stand-ins that charts are drawn with, and the theme's colours that take their place."""

MARKS = {"ok": "●", "warning": "▲", "critical": "■", "unknown": "○"}
"""A shape for each level, so that no colour carries meaning alone."""

STYLE = Markup(
    """<style>
.octavo-monitor { --octavo-training: var(--jp-layout-color4, #9e9e9e); max-width: 1840px;
  margin: 0 auto; padding: 8px 16px 32px; color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family); font-size: 13px; line-height: 1.45;
  box-sizing: border-box; overflow: visible; }
.octavo-monitor .widget-html, .octavo-monitor .widget-html-content,
.octavo-monitor .jupyter-widgets { line-height: inherit; color: inherit; font-size: inherit; }
.octavo-monitor .widget-html, .octavo-monitor .widget-html-content { width: 100%;
  height: auto; margin: 0; overflow: visible; }
.octavo-monitor h1 { font-size: 20px; font-weight: 600; margin: 8px 0 0; }
.octavo-monitor h2 { font-size: 15px; font-weight: 600; margin: 0; }
.octavo-monitor p { margin: 2px 0; }
.octavo-quiet { color: var(--jp-ui-font-color2); }
.octavo-lights { display: grid; gap: 8px; margin: 12px 0 4px;
  grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); }
.octavo-light { border: 1px solid var(--jp-border-color2); border-left-width: 4px;
  border-radius: 3px; padding: 8px 10px; background: var(--jp-layout-color1); }
.octavo-light .octavo-topic { font-weight: 600; text-transform: capitalize; }
.octavo-ok { border-left-color: var(--jp-success-color1); }
.octavo-warning { border-left-color: var(--jp-warn-color1); }
.octavo-critical { border-left-color: var(--jp-error-color1); }
.octavo-unknown { border-left-color: var(--jp-border-color1); }
.octavo-mark-ok { color: var(--jp-success-color1); }
.octavo-mark-warning { color: var(--jp-warn-color1); }
.octavo-mark-critical { color: var(--jp-error-color1); }
.octavo-mark-unknown { color: var(--jp-ui-font-color2); }
.octavo-card { border: 1px solid var(--jp-border-color2); border-radius: 3px;
  padding: 12px 14px; background: var(--jp-layout-color1); margin: 0 0 12px; min-width: 0;
  box-sizing: border-box; }
.octavo-card svg { width: 100%; height: auto; display: block; }
.octavo-monitor .octavo-columns { display: grid; gap: 12px; width: 100%; align-items: start;
  grid-template-columns: repeat(2, minmax(0, 1fr)); overflow: visible; }
@media (max-width: 900px) { .octavo-monitor .octavo-columns { grid-template-columns: 1fr; } }
.octavo-scroll { overflow-x: auto; }
.octavo-monitor table { border-collapse: collapse; width: 100%; margin: 8px 0 0;
  font-variant-numeric: tabular-nums; border: none; font-size: 13px; }
.octavo-monitor th, .octavo-monitor td { padding: 4px 8px; text-align: right; border: none;
  border-bottom: 1px solid var(--jp-border-color3); white-space: nowrap; background: none; }
.octavo-monitor th:first-child, .octavo-monitor td:first-child { text-align: left; }
.octavo-monitor td.octavo-text, .octavo-monitor th.octavo-text { text-align: left;
  white-space: normal; }
.octavo-monitor tr { background: none; }
.octavo-monitor td.octavo-cell-critical { font-weight: 700; }
.octavo-legend { display: flex; gap: 16px; flex-wrap: wrap; margin: 4px 0; }
.octavo-swatch { display: inline-block; width: 12px; height: 12px; margin-right: 5px;
  vertical-align: -1px; border-radius: 2px; }
.octavo-monitor .octavo-alert { border-bottom: 1px solid var(--jp-border-color3);
  padding: 6px 0; gap: 8px; align-items: center; overflow: visible; }
.octavo-monitor .octavo-bar { gap: 8px; flex-wrap: wrap; align-items: center;
  overflow: visible; }
.octavo-monitor .octavo-bar .jupyter-widgets { flex-shrink: 0; }
.octavo-monitor .octavo-bar > .widget-html { width: auto; flex: 0 0 auto; }
.octavo-monitor .widget-toggle-buttons { display: flex; align-items: center; width: auto; }
.octavo-monitor .widget-toggle-buttons .widget-toggle-button { width: auto; }
.octavo-monitor .octavo-alert .widget-button:disabled { opacity: 0.6; }
.octavo-monitor .widget-label { color: var(--jp-ui-font-color1); }
.octavo-problem { border-left: 4px solid var(--jp-error-color1); }
</style>"""
)
