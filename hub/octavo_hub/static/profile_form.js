// The form of a profile's document: built from the table of fields, kept in step with the document.

import { h } from "./elements.js";
import { at, changed, normal } from "./paths.js";
import { SECTIONS } from "./profile_fields.js";
import { inputOf } from "./profile_inputs.js";

/** The form half of the editor. */
export class ProfileForm {
  /** @param {HTMLElement} place @param {(document: object) => void} onChange @param {boolean} isNew */
  constructor(place, onChange, isNew) {
    this.place = place;
    this.onChange = onChange;
    this.isNew = isNew;
    this.document = {};
    this.opened = new Set();
  }

  /** Whether nothing was shown yet. */
  get empty() {
    return !this.place.childElementCount;
  }

  /** Show a document; null: it can't be read, so the form waits for the YAML to be mended. */
  show(document) {
    this.place.classList.toggle("oc-waiting", document === null);
    this.place.toggleAttribute("inert", document === null);
    if (document === null) return;
    this.document = document;
    this.place.replaceChildren(...SECTIONS.map((section) => this.section(section)));
  }

  /** Mark the fields that findings are about, and unmark all others. */
  mark(findings) {
    for (const slot of this.place.querySelectorAll("[data-fault]")) slot.textContent = "";
    for (const input of this.place.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    for (const finding of findings) this.markOne(finding);
  }

  /** Put the focus on the field of a finding; false when it has none. */
  focus(path) {
    const field = this.fieldOf(path);
    field?.closest("details")?.setAttribute("open", "");
    const input = field?.querySelector("input, select, textarea, button");
    input?.focus();
    return Boolean(input);
  }

  fieldOf(path) {
    let wanted = normal(path);
    while (wanted) {
      const found = this.place.querySelector(`[data-field="${CSS.escape(wanted)}"]`);
      if (found) return found;
      wanted = wanted.split(".").slice(0, -1).join(".");
    }
    return null;
  }

  markOne(finding) {
    const field = finding.field ? this.fieldOf(finding.field) : null;
    if (!field) return;
    const slot = field.querySelector("[data-fault]");
    slot.textContent = [slot.textContent, finding.message].filter(Boolean).join(" ");
    if (finding.severity === "error")
      field.querySelector("[aria-describedby]")?.setAttribute("aria-invalid", "true");
  }

  section({ title, fields, folded }) {
    const inner = h(
      "div",
      { class: "oc-fields" },
      fields.map((field) => this.field(field, field.path)),
    );
    if (!folded) return h("fieldset", { class: "oc-section" }, h("legend", {}, title), inner);
    const filled = fields.some((field) => {
      const value = at(this.document, field.path);
      return value && Object.keys(value).length;
    });
    return h(
      "details",
      {
        class: "oc-section",
        open: this.opened.has(title) || filled,
        ontoggle: (event) => {
          if (event.target.open) this.opened.add(title);
          else this.opened.delete(title);
        },
      },
      h("summary", {}, title),
      inner,
    );
  }

  field(field, path) {
    return field.kind === "rows" ? this.rows(field, path) : this.single(field, path);
  }

  single(field, path) {
    const id = `field-${path.replaceAll(".", "-")}`;
    const disabled = (field.fixed && !this.isNew) || Boolean(field.needs && !at(this.document, field.needs));
    const input = inputOf(field, at(this.document, path), (value) => this.set(path, value), { id, disabled });
    input.setAttribute("aria-describedby", `${id}-fault${field.hint ? ` ${id}-hint` : ""}`);
    return h(
      "div",
      { class: `oc-field oc-kind-${field.kind}`, "data-field": path },
      h("label", { for: id }, field.title),
      input,
      field.hint ? h("p", { id: `${id}-hint`, class: "oc-hint" }, field.hint) : null,
      h("p", { id: `${id}-fault`, class: "oc-fault", "data-fault": true }),
    );
  }

  rows(field, path) {
    const found = at(this.document, path);
    const items = Array.isArray(found) ? found : [];
    const add = h(
      "button",
      { type: "button", class: "oc-button", onclick: () => this.add(field, path, items.length) },
      `Add a ${field.title}`,
    );
    return h(
      "div",
      { class: "oc-repeated", "data-field": path },
      items.map((_, index) => this.row(field, path, index)),
      add,
      h("p", { class: "oc-fault", "data-fault": true }),
    );
  }

  row(field, path, index) {
    return h(
      "div",
      {
        class: "oc-repeat",
        role: "group",
        "aria-label": `${field.title} ${index + 1}`,
        "data-field": `${path}.${index}`,
      },
      field.fields.map((inner) => this.single(inner, `${path}.${index}.${inner.path}`)),
      h(
        "button",
        {
          type: "button",
          class: "oc-button",
          "aria-label": `Remove ${field.title} ${index + 1}`,
          onclick: () => this.remove(path, index),
        },
        "Remove",
      ),
      h("p", { class: "oc-fault", "data-fault": true }),
    );
  }

  set(path, value) {
    this.document = changed(this.document, path, value);
    if (path === "resources.gpu.count") this.gpus(value);
    this.onChange(this.document);
  }

  gpus(count) {
    // A type is there only with a count above 0: both go together, so they can't contradict.
    const type = this.place.querySelector("#field-resources-gpu-type");
    if (count === undefined) {
      this.document = changed(this.document, "resources.gpu", undefined);
      type.value = "";
    }
    type.disabled = count === undefined;
  }

  add(field, path, count) {
    this.document = changed(this.document, `${path}.${count}`, field.fresh());
    this.again(() => this.focus(`${path}.${count}`));
  }

  remove(path, index) {
    this.document = changed(this.document, `${path}.${index}`, undefined);
    if (!at(this.document, path)?.length) this.document = changed(this.document, path, undefined);
    this.again(() => this.focus(path));
  }

  again(then) {
    this.show(this.document);
    then();
    this.onChange(this.document);
  }
}
