// A dialog that says what will happen and takes the reason for it. The browser keeps the focus in it
// and gives it back.

import { h, errorNote } from "./elements.js";

let made = 0;

/**
 * Ask for a decision. `fields` are further elements; `act(reason)` does it, and its error is shown in
 * the dialog, which stays open. `why: false` asks for no reason. Resolves to true when it was done,
 * false when it was cancelled.
 * @param {{title: string, text: (string|Element)[], action: string, danger?: boolean, fields?: Element[],
 *   why?: boolean, act: (reason: string) => Promise<void>}} asked
 */
export function decide({ title, text, action, danger = false, fields = [], why = true, act }) {
  made += 1;
  const name = `dialog-${made}`;
  const trouble = h("div");
  const reason = h("textarea", {
    id: `${name}-reason`,
    rows: "3",
    required: true,
    minlength: "3",
    maxlength: "500",
    class: "oc-input",
  });
  const go = h("button", { type: "submit", class: `oc-button ${danger ? "oc-danger" : "oc-main"}` }, action);
  const form = h(
    "form",
    { method: "dialog", class: "oc-stack" },
    h("h2", { id: name }, title),
    text.map((one) => h("div", {}, one)),
    fields,
    why
      ? h("div", { class: "oc-field" }, h("label", { for: reason.id }, "Why, as a sentence"), reason)
      : null,
    trouble,
    h(
      "div",
      { class: "oc-row oc-end" },
      h("button", { type: "button", class: "oc-button", onclick: () => dialog.close() }, "Cancel"),
      go,
    ),
  );
  const dialog = h("dialog", { class: "oc-dialog", "aria-labelledby": name }, form);
  let done = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-disabled") === "true") return;
    go.setAttribute("aria-disabled", "true");
    try {
      await act(reason.value.trim());
      done = true;
      dialog.close();
    } catch (error) {
      trouble.replaceChildren(errorNote(error));
      go.removeAttribute("aria-disabled");
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener(
      "close",
      () => {
        dialog.remove();
        resolve(done);
      },
      { once: true },
    ),
  );
}
