// One input a kind of field. Each takes the field, its value, and what to call with a new value.

import { h } from "./elements.js";

/**
 * Make the input of a field.
 * @param {{path: string, title: string, kind: string}} field
 * @param {unknown} value what the document holds there
 * @param {(value: unknown) => void} change called with undefined to take it out
 * @param {{id: string, disabled: boolean}} more
 */
export function inputOf(field, value, change, more) {
  return (KINDS[field.kind] || text)(field, value, change, more);
}

const shown = (value) =>
  value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);

function text(field, value, change, { id, disabled }, type = "text") {
  return h("input", {
    id,
    type,
    class: "oc-input",
    value: shown(value),
    disabled,
    spellcheck: "false",
    autocomplete: "off",
    oninput: (event) => change(event.target.value || (field.optional ? undefined : "")),
  });
}

function long(field, value, change, { id }) {
  return h(
    "textarea",
    { id, rows: "2", class: "oc-input", oninput: (event) => change(event.target.value) },
    shown(value),
  );
}

function numeric(field, value, change, { id, disabled }) {
  // As text: a browser's number field hides what it can't read, and the check couldn't name it.
  return h("input", {
    id,
    type: "text",
    inputmode: "decimal",
    class: "oc-input oc-number",
    value: shown(value),
    disabled,
    autocomplete: "off",
    oninput: (event) => change(asNumber(event.target.value.trim())),
  });
}

/** A number where the text is one, nothing where it is empty, else the text, for the check to refuse. */
export function asNumber(written) {
  if (written === "") return undefined;
  return /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : written;
}

function gpus(field, value, change, more) {
  return numeric(field, value ?? 0, (count) => change(count === 0 ? undefined : count), more);
}

function list(field, value, change, more) {
  const written = Array.isArray(value) ? value.join(", ") : shown(value);
  return text(
    field,
    written,
    (names) =>
      change(
        String(names ?? "")
          .split(",")
          .map((one) => one.trim())
          .filter(Boolean),
      ),
    more,
  );
}

function choice(field, value, change, { id }) {
  return h(
    "select",
    { id, class: "oc-input", onchange: (event) => change(event.target.value) },
    field.choices.map((one, at) =>
      h("option", { value: one, selected: value === one || (value === undefined && at === 0) }, one),
    ),
  );
}

function choices(field, value, change, { id }) {
  const chosen = new Set(Array.isArray(value) ? value : []);
  return h(
    "div",
    { id, class: "oc-row", role: "group", "aria-label": field.title, tabindex: "-1" },
    field.choices.map((one) =>
      h(
        "label",
        { class: "oc-check" },
        h("input", {
          type: "checkbox",
          checked: chosen.has(one),
          onchange: (event) => {
            if (event.target.checked) chosen.add(one);
            else chosen.delete(one);
            change(field.choices.filter((kept) => chosen.has(kept)));
          },
        }),
        one,
      ),
    ),
  );
}

function yes(field, value, change, { id }) {
  return h("input", {
    id,
    type: "checkbox",
    checked: value === true,
    onchange: (event) => change(event.target.checked),
  });
}

function pairs(field, value, change, { id }) {
  const written = Object.entries(value && typeof value === "object" ? value : {})
    .map(([key, one]) => `${key}=${shown(one)}`)
    .join("\n");
  return h(
    "textarea",
    {
      id,
      rows: "3",
      class: "oc-input oc-code",
      spellcheck: "false",
      placeholder: "NAME=value, one a line",
      oninput: (event) => {
        const found = Object.fromEntries(
          event.target.value
            .split("\n")
            .filter((one) => one.trim())
            .map((one) => [one.split("=")[0].trim(), one.slice(one.indexOf("=") + 1 || one.length).trim()]),
        );
        change(Object.keys(found).length ? found : undefined);
      },
    },
    written,
  );
}

const KINDS = {
  text,
  long,
  number: numeric,
  gpus,
  list,
  choice,
  choices,
  yes,
  pairs,
  date: (field, value, change, more) => text(field, value, change, more, "date"),
};
