// Budgets: how far each project is through its month, and the steps that follow.

import { ask } from "./ask.js";
import { decide } from "./dialog.js";
import { chip, h, table } from "./elements.js";
import { euro, number } from "./words.js";

const STATES = {
  ok: ["within budget", "good"],
  alert: ["alert", "warn"],
  soft_stop: ["nothing new starts", "bad"],
  hard_stop: ["being stopped", "bad"],
};
const AT_ONCE = 6;

/** Show the budgets of all projects; what is booked on none, such as the shared part, has no budget. */
export async function budgetsOf() {
  const { items } = await ask("GET", "projects");
  const names = items.map((one) => one.name).sort();
  const rules = [];
  while (rules.length < names.length) {
    rules.push(
      ...(await Promise.all(
        names
          .slice(rules.length, rules.length + AT_ONCE)
          .map((name) => ask("GET", `projects/${name}/budget/rules`)),
      )),
    );
  }
  return shown(rules, true);
}

/** Show the budget of one project. */
export async function budgetOf(project) {
  const [rules, me] = await Promise.all([ask("GET", `projects/${project}/budget/rules`), ask("GET", "me")]);
  const own = me.projects.find((one) => one.name === project);
  return shown([rules], me.platform_roles.includes("admin") || Boolean(own?.roles.includes("admin")));
}

function shown(rules, editable) {
  if (!rules.length) return h("p", { class: "oc-muted" }, "There is no project yet.");
  const columns = [
    { title: "Project", header: true, cell: (one) => one.project },
    { title: "State", cell: (one) => chip(...(STATES[one.state] || [one.state])) },
    {
      title: "Spent",
      numeric: true,
      cell: (one) => [meter(one), `${euro(one.spent_eur)} of ${euro(one.monthly_eur)} EUR`],
    },
    { title: "Month, expected", numeric: true, cell: (one) => `${euro(one.forecast.month_eur)} EUR` },
    { title: "Alert", numeric: true, cell: (one) => `${one.alert_percent} %` },
    { title: "Soft stop", numeric: true, cell: (one) => `${one.soft_stop_percent} %` },
    { title: "Hard stop", numeric: true, cell: (one) => `${one.hard_stop_percent} %` },
  ];
  if (editable)
    columns.push({
      title: "Change",
      cell: (one) =>
        h(
          "button",
          {
            type: "button",
            class: "oc-button",
            "aria-label": `Change the budget of ${one.project}`,
            onclick: () => edit(one),
          },
          "Change …",
        ),
    });
  return h(
    "div",
    {},
    table("Budgets of this month", columns, rules),
    h(
      "p",
      { class: "oc-hint" },
      "Alert: people are told. Soft stop: nothing new starts. Hard stop: what runs is stopped after a grace; files stay.",
    ),
  );
}

function meter(one) {
  const percent = one.monthly_eur > 0 ? (100 * one.spent_eur) / one.monthly_eur : 0;
  return h("meter", {
    min: 0,
    max: 100,
    value: Math.min(100, percent),
    high: one.alert_percent,
    "aria-label": `${number(percent)} % of the budget is spent`,
    title: `${number(percent)} %`,
  });
}

async function edit(one) {
  const field = (name, title, value, step = "1") =>
    h(
      "div",
      { class: "oc-field" },
      h("label", { for: name }, title),
      h("input", {
        id: name,
        type: "number",
        min: step === "1" ? "1" : "0",
        step,
        required: true,
        class: "oc-input oc-number",
        value: String(value),
      }),
    );
  const fields = [
    field("monthly", "EUR a month", one.monthly_eur, "any"),
    field("alert", "Alert from, %", one.alert_percent),
    field("soft", "Soft stop from, %", one.soft_stop_percent),
    field("hard", "Hard stop from, %", one.hard_stop_percent),
  ];
  const value = (at) => Number(fields[at].querySelector("input").value);
  const done = await decide({
    title: `Budget of ${one.project}`,
    action: "Change it",
    fields,
    text: [`Spent this month: ${euro(one.spent_eur)} EUR. It holds at once.`],
    act: async (reason) => {
      if (value(0) !== one.monthly_eur)
        await ask("PUT", `projects/${one.project}/budget`, { body: { monthly_eur: value(0), reason } });
      const steps = { alert_percent: value(1), soft_stop_percent: value(2), hard_stop_percent: value(3) };
      if (Object.entries(steps).some(([name, percent]) => percent !== one[name]))
        await ask("PUT", `projects/${one.project}/budget/rules`, { body: { ...steps, reason } });
    },
  });
  if (done) location.reload();
}
