// Builds and finds elements. Text goes in as text alone: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `properties`: `on…` are listeners, `class` and the rest attributes; null, undefined
 * and false leave one out. Children: elements, texts, lists of them; null is left out.
 */
export function h(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children);
}

/** Make an element of a drawing. */
export function svg(name, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, name), properties, children);
}

function filled(element, properties, children) {
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

/** Find the element with an id that the page has for certain. */
export function byId(id) {
  return document.getElementById(id);
}

/** Say something to those who hear the page; what is seen doesn't change. */
export function announce(text) {
  const announcer = byId("announcer");
  announcer.textContent = "";
  // A reader speaks a change, not a repetition: the text comes in a turn of its own.
  requestAnimationFrame(() => {
    announcer.textContent = text;
  });
}

/** Show an error where `place` is: what was wrong, what to do, and the request's id to hand on. */
export function showError(place, error, retry = null) {
  place.removeAttribute("aria-busy");
  place.replaceChildren(errorNote(error, retry));
}

/** Return a note that tells an error and, where there is one, offers to try again. */
export function errorNote(error, retry = null) {
  return h(
    "div",
    { class: "oc-note", role: "alert" },
    h("p", {}, error.message || String(error)),
    error.remedy ? h("p", {}, error.remedy) : null,
    error.requestId ? h("p", { class: "oc-small" }, "Request ", h("code", {}, error.requestId)) : null,
    retry ? h("button", { type: "button", class: "oc-button", onclick: retry }, "Try again") : null,
  );
}

/** Show what `load` returns in `place`; a skeleton only after 200 ms, an error with its retry. */
export async function load(place, loader) {
  place.setAttribute("aria-busy", "true");
  const waiting = setTimeout(() => {
    if (!place.childElementCount) place.append(skeleton());
  }, 200);
  try {
    const shown = await loader();
    place.replaceChildren(...[shown].flat().filter(Boolean));
  } catch (error) {
    showError(place, error, () => load(place, loader));
  } finally {
    clearTimeout(waiting);
    place.removeAttribute("aria-busy");
  }
}

function skeleton() {
  return h(
    "div",
    { class: "oc-skeleton", role: "status", "aria-label": "Loading" },
    h("span"),
    h("span"),
    h("span"),
  );
}

/** Return a section of a page with its heading; `name` becomes the heading's id. */
export function section(name, title, ...content) {
  return h(
    "section",
    { "aria-labelledby": name, class: "oc-block" },
    h("h2", { id: name, class: "oc-step" }, title),
    content,
  );
}

/** Return a small labelled mark for a state; colour never says it alone. */
export function chip(text, tone = "plain", title = null) {
  return h("span", { class: `oc-chip oc-${tone}`, title }, text);
}

/** Return a table with named columns. `columns`: `{title, numeric, cell(row), header}`. */
export function table(caption, columns, rows, { hidden = true } = {}) {
  const head = columns.map((one) =>
    h("th", { scope: "col", class: one.numeric ? "oc-number" : null }, one.title),
  );
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      columns.map((one) =>
        h(
          one.header ? "th" : "td",
          {
            scope: one.header ? "row" : null,
            class: one.numeric ? "oc-number" : null,
            "data-title": one.title,
          },
          h("span", {}, one.cell(row)),
        ),
      ),
    ),
  );
  return h(
    "div",
    { class: "oc-scroll", tabindex: "0", role: "region", "aria-label": `${caption}: table` },
    h(
      "table",
      { class: "oc-table" },
      h("caption", { class: hidden ? "oc-unseen" : null }, caption),
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, body),
    ),
  );
}

/** Run `work` once while its button shows it; a second press meanwhile does nothing. */
export async function during(button, words, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const before = button.textContent;
  button.setAttribute("aria-disabled", "true");
  button.textContent = words;
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
    button.textContent = before;
  }
}
