// Cost: what was spent, by whom, what it will come to; budgets and quotas where they may be changed.

import { address, ask } from "./ask.js";
import { budgetOf, budgetsOf } from "./budgets.js";
import { called, chart } from "./cost_chart.js";
import { byId, h, load, section, table } from "./elements.js";
import { quotasShown } from "./quotas.js";
import { euro, exact, hours, number } from "./words.js";

const project = byId("content").dataset.subject || null;
const path = project ? `projects/${project}/cost` : "cost";
const STACKS = project
  ? ["person", "team", "profile", "kind"]
  : ["team", "project", "person", "profile", "kind"];
const SIDES = [
  ["Project", "by_project"],
  ["Team", "by_team"],
  ["Person", "by_person"],
  ["Profile", "by_profile"],
  ["Pipeline", "by_pipeline"],
  ["Deployment", "by_deployment"],
  ["Kind", "by_kind"],
];
const state = { ...spanOf(new URLSearchParams(location.search)), side: project ? "by_person" : "by_team" };

byId("span").addEventListener("submit", (event) => {
  event.preventDefault();
  shown();
});
for (const name of ["since", "until"]) byId(name).value = state[name];
for (const by of STACKS) byId("by").append(h("option", { value: by, selected: by === state.by }, by));
byId("by").addEventListener("change", shown);
show();

function spanOf(query) {
  const today = new Date().toISOString().slice(0, 10);
  return {
    since: query.get("since") || `${today.slice(0, 8)}01`,
    until: query.get("until") || today,
    by: STACKS.includes(query.get("by")) ? query.get("by") : STACKS[0],
  };
}

function shown() {
  for (const name of ["since", "until", "by"]) state[name] = byId(name).value;
  history.replaceState(
    null,
    "",
    `?${new URLSearchParams({ since: state.since, until: state.until, by: state.by })}`,
  );
  return show();
}

function show() {
  byId("csv").href = address(project ? `projects/${project}/cost.csv` : "cost.csv", {
    since: state.since,
    until: state.until,
  });
  const report = ask("GET", path, { query: { since: state.since, until: state.until, by: state.by } });
  load(byId("money"), async () => {
    const found = await report;
    return [headline(found), split(found), drawn(found), sides(found)];
  });
  load(byId("budgets"), async () => (project ? budgetOf(project) : budgetsOf()));
  if (!project) load(byId("quotas"), quotasShown);
}

function headline(report) {
  const { forecast } = report;
  const facts = [
    ["Spent in this span", `${euro(report.total_eur)} EUR`],
    ["Today (UTC)", `${euro(report.today_eur)} EUR`],
    ["This month at the present burn", `${euro(forecast.month_eur)} EUR`],
    ["Burn", `${euro(forecast.burn_eur_per_day)} EUR a day`],
  ];
  if (report.budget_eur !== null)
    facts.push(["Budget left", `${euro(report.budget_left_eur)} of ${euro(report.budget_eur)} EUR`]);
  return h(
    "div",
    { class: "oc-block" },
    forecast.exhausted_at
      ? h(
          "p",
          { class: "oc-aside", role: "note" },
          `At the present burn the budget is spent ${exact(forecast.exhausted_at)}.`,
        )
      : null,
    h(
      "dl",
      { class: "oc-figures" },
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
}

const PARTS = [
  ["attributed_eur", "Used", "by somebody known"],
  ["idle_eur", "Idle", "requested by somebody known, not used"],
  ["shared_eur", "Shared", "the platform's own"],
  ["unattributed_eur", "Nobody's", "for example servers without a session"],
];

function split(report) {
  const whole = report.split.total_eur;
  return section(
    "parts",
    "Where it went",
    h(
      "dl",
      { class: "oc-parts" },
      PARTS.map(([field, name, meaning]) => {
        const amount = report.split[field];
        const percent = whole > 0 ? (100 * amount) / whole : 0;
        return h(
          "div",
          {},
          h(
            "dt",
            {},
            h("span", {
              class: `oc-swatch oc-part-${name.toLowerCase().replace("'", "")}`,
              "aria-hidden": "true",
            }),
            name,
          ),
          h("dd", {}, `${euro(amount)} EUR, ${number(percent)} %`, h("small", {}, meaning)),
        );
      }),
    ),
  );
}

function drawn(report) {
  return section("days", `Per day, by ${state.by}`, chart(report, state.by));
}

function sides(report) {
  const place = h("div");
  const offered = SIDES.filter(([, field]) => report[field].length);
  const choice = h(
    "select",
    {
      id: "side",
      class: "oc-input oc-short",
      onchange: () => {
        state.side = choice.value;
        fill();
      },
    },
    offered.map(([title, field]) => h("option", { value: field, selected: field === state.side }, title)),
  );
  const fill = () => place.replaceChildren(sideTable(report, choice.value));
  if (!offered.length) return null;
  fill();
  return h(
    "section",
    { "aria-labelledby": "who", class: "oc-block" },
    h(
      "div",
      { class: "oc-row" },
      h("h2", { id: "who", class: "oc-step" }, "Who it was"),
      h("label", { for: "side", class: "oc-push" }, "Seen by"),
      choice,
    ),
    place,
  );
}

function sideTable(report, field) {
  const [title] = SIDES.find(([, one]) => one === field);
  const linked = (one) => field === "by_project" && !project && /^[a-z0-9-]+$/.test(one.name);
  const name = (one) =>
    linked(one)
      ? h("a", { href: `${window.jhdata.base_url}octavo/cost/${one.name}` }, one.name)
      : called(one.name);
  return table(
    `Cost by ${title.toLowerCase()}`,
    [
      { title, header: true, cell: name },
      { title: "Time", numeric: true, cell: (one) => hours(one.hours) },
      { title: "EUR", numeric: true, cell: (one) => euro(one.cost_eur) },
      { title: "of it idle", numeric: true, cell: (one) => euro(one.idle_eur) },
      {
        title: "Share",
        numeric: true,
        cell: (one) => `${number(report.total_eur > 0 ? (100 * one.cost_eur) / report.total_eur : 0)} %`,
      },
    ],
    report[field],
  );
}
