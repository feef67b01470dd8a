// What checking a document found, as a list whose entries lead to their place.

import { chip, h } from "./elements.js";

/**
 * Draw findings; `go(finding)`, where given, leads to the place of one.
 * @param {{severity: string, line: number | null, field: string, message: string}[]} findings
 */
export function findingsShown(findings, go = null) {
  return h(
    "ul",
    { class: "oc-findings" },
    findings.map((one) =>
      h(
        "li",
        {},
        chip(one.severity === "error" ? "fault" : "remark", one.severity === "error" ? "bad" : "warn"),
        go && (one.line || one.field)
          ? h("button", { type: "button", class: "oc-link", onclick: () => go(one) }, place(one))
          : h("span", { class: "oc-muted" }, place(one)),
        h("span", {}, one.message),
      ),
    ),
  );
}

function place(finding) {
  return (
    [finding.line ? `line ${finding.line}` : null, finding.field || null].filter(Boolean).join(", ") ||
    "the whole document"
  );
}
