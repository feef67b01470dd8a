// Quotas: hours that people, groups and projects may use in a rolling window.

import { ask } from "./ask.js";
import { decide } from "./dialog.js";
import { byId, h, load, table } from "./elements.js";
import { exact, moment, number } from "./words.js";

const RESOURCES = { core_hours: "core-hours", gib_hours: "GiB-hours", gpu_hours: "GPU-hours" };
const SCOPES = { person: "person", group: "each member of group", project: "project" };
const RESOLVERS = { min: "the smallest counts", max: "the largest counts", sum: "they are added up" };

/** Show all quotas, with what changes them. */
export async function quotasShown() {
  const { items, resolver } = await ask("GET", "quotas");
  const add = h("button", { type: "button", class: "oc-button", onclick: () => edit(null) }, "Add a quota …");
  const hint = h(
    "p",
    { class: "oc-hint" },
    "Counted over a rolling window, at each start and while a workspace runs. ",
    `Where several groups of one person have a quota, ${RESOLVERS[resolver]}.`,
  );
  if (!items.length)
    return h("div", {}, h("p", {}, "No quota is set: budgets alone limit what is used."), hint, add);
  return h(
    "div",
    {},
    table(
      "Quotas",
      [
        {
          title: "For",
          header: true,
          cell: (one) => [h("span", { class: "oc-muted" }, `${SCOPES[one.scope]} `), one.name],
        },
        { title: "Hours", numeric: true, cell: (one) => `${number(one.limit)} ${RESOURCES[one.resource]}` },
        { title: "Window", numeric: true, cell: (one) => `${one.window_days} days` },
        {
          title: "Set",
          cell: (one) => [
            moment(one.set_at),
            h("span", { class: "oc-muted", title: exact(one.set_at) }, ` by ${one.set_by}`),
          ],
        },
        {
          title: "Change",
          cell: (one) =>
            h(
              "div",
              { class: "oc-row" },
              h(
                "button",
                {
                  type: "button",
                  class: "oc-button",
                  "aria-label": `Change ${called(one)}`,
                  onclick: () => edit(one),
                },
                "Change …",
              ),
              h(
                "button",
                {
                  type: "button",
                  class: "oc-button oc-danger",
                  "aria-label": `Remove ${called(one)}`,
                  onclick: () => remove(one),
                },
                "Remove …",
              ),
            ),
        },
      ],
      items,
    ),
    hint,
    add,
  );
}

const called = (one) => `the quota of ${one.name}: ${number(one.limit)} ${RESOURCES[one.resource]}`;

const again = (done) => {
  if (done) load(byId("quotas"), quotasShown);
};

async function edit(quota) {
  const select = (id, choices, chosen) =>
    h(
      "select",
      { id, class: "oc-input", disabled: quota !== null },
      Object.entries(choices).map(([value, title]) =>
        h("option", { value, selected: value === chosen }, title),
      ),
    );
  const input = (id, value, more) =>
    h("input", { id, class: "oc-input", required: true, value: String(value), ...more });
  const scope = select("quota-scope", SCOPES, quota?.scope),
    resource = select("quota-resource", RESOURCES, quota?.resource);
  const name = input("quota-name", quota?.name ?? "", { maxlength: "255", disabled: quota !== null });
  const limit = input("quota-limit", quota?.limit ?? 100, { type: "number", min: "0", step: "any" });
  const days = input("quota-days", quota?.window_days ?? 30, {
    type: "number",
    min: "1",
    max: "366",
    disabled: quota !== null,
  });
  const fields = [
    ["For", scope],
    ["Name", name],
    ["Counted", resource],
    ["Hours allowed", limit],
    ["In the last so many days", days],
  ].map(([title, element]) =>
    h("div", { class: "oc-field" }, h("label", { for: element.id }, title), element),
  );
  again(
    await decide({
      title: quota ? `Change ${called(quota)}` : "Add a quota",
      action: quota ? "Change it" : "Add it",
      fields,
      text: ["It holds at the next start, and for workspaces that run."],
      act: (reason) =>
        ask("PUT", "quotas", {
          body: {
            scope: scope.value,
            name: name.value.trim(),
            resource: resource.value,
            limit: Number(limit.value),
            window_days: Number(days.value),
            reason,
          },
        }),
    }),
  );
}

async function remove(quota) {
  again(
    await decide({
      title: `Remove ${called(quota)}`,
      action: "Remove it",
      danger: true,
      text: ["Budgets and other quotas still hold."],
      act: (reason) => ask("DELETE", `quotas/${quota.id}`, { query: { reason } }),
    }),
  );
}
