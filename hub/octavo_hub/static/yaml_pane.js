// The YAML half of the editor: a plain text field, which the Tab key leaves, with numbered lines that
// carry their findings.

import { h } from "./elements.js";

/** A text field with line numbers. */
export class YamlPane {
  /** @param {HTMLElement} place @param {(text: string) => void} onChange */
  constructor(place, onChange) {
    this.gutter = h("ol", { class: "oc-gutter", "aria-hidden": "true" });
    this.area = h("textarea", {
      id: "yaml",
      class: "oc-yaml",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "off",
      "aria-label": "The document as YAML",
      "aria-describedby": "yaml-state",
      oninput: () => {
        this.number();
        onChange(this.area.value);
      },
      onscroll: () => {
        this.gutter.scrollTop = this.area.scrollTop;
      },
    });
    this.findings = [];
    place.replaceChildren(this.gutter, this.area);
  }

  /** The text as it stands. */
  get text() {
    return this.area.value;
  }

  /** Show another text; the cursor stays where it was. */
  show(text) {
    if (text === this.area.value) return;
    const at = this.area.selectionStart;
    this.area.value = text;
    this.area.setSelectionRange(at, at);
    this.number();
  }

  /** Mark the lines that findings are about. */
  mark(findings) {
    this.findings = findings.filter((one) => one.line);
    this.area.toggleAttribute(
      "aria-invalid",
      findings.some((one) => one.severity === "error"),
    );
    this.number();
  }

  /** Put the cursor on a line. */
  focus(line) {
    const lines = this.area.value.split("\n");
    const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(begin, begin + (lines[line - 1] || "").length);
    const height = this.area.scrollHeight / lines.length;
    this.area.scrollTop = Math.max(0, (line - 5) * height);
  }

  number() {
    const faults = new Map(this.findings.map((one) => [one.line, one]));
    const count = this.area.value.split("\n").length;
    this.gutter.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const fault = faults.get(index + 1);
        const tone = fault ? (fault.severity === "error" ? "oc-line-bad" : "oc-line-warn") : null;
        return h("li", { class: tone, title: fault?.message ?? null }, String(index + 1));
      }),
    );
    this.gutter.scrollTop = this.area.scrollTop;
  }
}
