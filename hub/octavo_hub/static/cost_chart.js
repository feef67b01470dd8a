// Cost per day as stacked bars: a drawing with a description, and the same numbers as a table.

import { h, svg, table } from "./elements.js";
import { euro, number } from "./words.js";

const WIDTH = 960,
  HEIGHT = 300,
  LEFT = 76,
  RIGHT = 12,
  TOP = 18,
  BOTTOM = 34;
const COLOURS = 7;
const IDLE = "idle",
  OTHERS = "others",
  NOBODY = "nobody's";
const SHARED = "(shared)";
const DAY_MS = 86_400_000;

/** What people call the name of a cost: nobody's is empty, the platform's own is in brackets. */
export function called(name) {
  return { "": "nobody", [SHARED]: "shared (the platform's own)", "(hand-offs)": "hand-offs" }[name] ?? name;
}

/**
 * Draw a report's days. What was used is stacked by name, what was idle comes on top, hatched, and
 * the rest of the month at the present burn follows, dashed.
 */
export function chart(report, by) {
  const days = report.days;
  if (!days.some((day) => day.lines.length))
    return h("p", { class: "oc-muted" }, "Nothing was metered in this span.");
  const names = namesOf(days);
  const bars = [...days.map((day) => barOf(day, names)), ...coming(report)];
  const top = niceTop(Math.max(...bars.map((bar) => bar.total)));
  return h(
    "div",
    {},
    legend(
      names,
      bars.some((bar) => bar.forecast),
    ),
    drawing(bars, top, names, report, by),
    asTable(days, names, by),
  );
}

function namesOf(days) {
  const sums = new Map();
  for (const day of days)
    for (const line of day.lines) sums.set(line.name, (sums.get(line.name) || 0) + line.cost_eur);
  const known = [...sums]
    .filter(([name]) => name !== "" && name !== SHARED)
    .sort((one, other) => other[1] - one[1])
    .map(([name]) => name);
  const kept = known.length > COLOURS ? known.slice(0, COLOURS - 1) : known;
  return { kept, others: known.length > kept.length, shared: sums.has(SHARED), nobody: sums.has("") };
}

function barOf(day, names) {
  const parts = names.kept.map((name, at) => ({
    name: called(name),
    kind: `oc-c${at}`,
    amount: used(day.lines.filter((line) => line.name === name)),
  }));
  const rest = day.lines.filter(
    (line) => line.name !== "" && line.name !== SHARED && !names.kept.includes(line.name),
  );
  if (names.shared)
    parts.push({
      name: "shared",
      kind: "oc-c-shared",
      amount: used(day.lines.filter((line) => line.name === SHARED)),
    });
  if (names.others) parts.push({ name: OTHERS, kind: "oc-c-others", amount: used(rest) });
  if (names.nobody)
    parts.push({
      name: NOBODY,
      kind: "oc-c-nobody",
      amount: used(day.lines.filter((line) => line.name === "")),
    });
  parts.push({
    name: IDLE,
    kind: "oc-c-idle",
    amount: day.lines.reduce((sum, line) => sum + line.idle_eur, 0),
  });
  return { day: day.day, parts, total: parts.reduce((sum, part) => sum + part.amount, 0), forecast: false };
}

const used = (lines) => lines.reduce((sum, line) => sum + line.cost_eur - line.idle_eur, 0);

function coming(report) {
  // Only where the span reaches today is the rest of the month its continuation.
  const today = new Date().toISOString().slice(0, 10);
  if (report.until < today || report.forecast.burn_eur_per_day <= 0) return [];
  const found = [];
  for (
    let at = Date.parse(today) + DAY_MS;
    new Date(at).toISOString().slice(0, 7) === today.slice(0, 7);
    at += DAY_MS
  ) {
    found.push({
      day: new Date(at).toISOString().slice(0, 10),
      parts: [],
      total: report.forecast.burn_eur_per_day,
      forecast: true,
    });
  }
  return found;
}

/** Return a round number at or above `value`, for the top of an axis. */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10]
    .map((one) => one * power)
    .find((one) => one >= value * 0.999);
}

function legend(names, forecast) {
  const entries = names.kept.map((name, at) => [called(name), `oc-c${at}`]);
  if (names.shared) entries.push(["shared", "oc-c-shared"]);
  if (names.others) entries.push([OTHERS, "oc-c-others"]);
  if (names.nobody) entries.push([NOBODY, "oc-c-nobody"]);
  entries.push([IDLE, "oc-c-idle"]);
  if (forecast) entries.push(["expected at the present burn", "oc-c-forecast"]);
  return h(
    "ul",
    { class: "oc-legend" },
    entries.map(([name, kind]) => h("li", {}, key(kind), name)),
  );
}

function key(kind) {
  return svg(
    "svg",
    { width: 14, height: 14, "aria-hidden": "true" },
    svg("rect", { x: 1, y: 1, width: 12, height: 12, rx: 2, class: kind }),
  );
}

function drawing(bars, top, names, report, by) {
  const step = (WIDTH - LEFT - RIGHT) / bars.length;
  const scale = (amount) => ((HEIGHT - TOP - BOTTOM) * amount) / top;
  const total = report.days.reduce((sum, day) => sum + barOf(day, names).total, 0);
  const days = `${report.since} to ${report.until}`;
  const told = `Cost per UTC day by ${by}, ${days}: ${euro(total)} EUR in all. The table below has the numbers.`;
  return h(
    "div",
    { class: "oc-chart" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": told },
      patterns(),
      grid(top, scale),
      bars.map((bar, at) => column(bar, LEFT + at * step, step, scale)),
      dates(bars, step),
    ),
  );
}

function patterns() {
  const hatch = (name, line) =>
    svg(
      "pattern",
      { id: name, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 6, height: 6, class: `${line}-ground` }),
      svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: line }),
    );
  return svg(
    "defs",
    {},
    hatch("oc-hatch-idle", "oc-hatch-idle"),
    hatch("oc-hatch-nobody", "oc-hatch-nobody"),
  );
}

function grid(top, scale) {
  const floor = HEIGHT - BOTTOM;
  // As many decimals as tell one line from the next: a quarter of a round number has three figures.
  const digits = Math.max(0, 2 - Math.floor(Math.log10(top / 4)));
  return [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = floor - scale(top * part);
    return [
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "oc-grid" }),
      svg(
        "text",
        { x: LEFT - 8, y: y + 4, "text-anchor": "end", class: "oc-axis" },
        `${number(top * part, digits)}${part === 1 ? " EUR" : ""}`,
      ),
    ];
  });
}

function column(bar, left, step, scale) {
  const gap = Math.min(step * 0.2, 6),
    floor = HEIGHT - BOTTOM,
    width = Math.max(1, step - gap);
  if (bar.forecast) {
    const high = scale(bar.total);
    return svg(
      "rect",
      { x: left + gap / 2, width, y: floor - high, height: high, class: "oc-c-forecast" },
      svg("title", {}, `${bar.day}: about ${euro(bar.total)} EUR expected`),
    );
  }
  let y = floor;
  return bar.parts
    .filter((part) => part.amount > 0)
    .map((part) => {
      const high = scale(part.amount);
      y -= high;
      return svg(
        "rect",
        { x: left + gap / 2, width, y, height: high, class: part.kind },
        svg("title", {}, `${bar.day}, ${part.name}: ${euro(part.amount)} EUR`),
      );
    });
}

function dates(bars, step) {
  const every = Math.max(1, Math.ceil(52 / step));
  return bars.map((bar, at) =>
    at % every
      ? null
      : svg(
          "text",
          { x: LEFT + (at + 0.5) * step, y: HEIGHT - 12, "text-anchor": "middle", class: "oc-axis" },
          bar.day.slice(5),
        ),
  );
}

function asTable(days, names, by) {
  const rows = days.filter((day) => day.lines.length).map((day) => barOf(day, names));
  const parts = rows[0].parts.map((part, at) => ({
    title: part.name,
    numeric: true,
    cell: (bar) => euro(bar.parts[at].amount),
  }));
  return h(
    "details",
    {},
    h("summary", {}, "The same as a table"),
    table(
      `Cost per UTC day by ${by}, euro`,
      [
        { title: "Day", header: true, cell: (bar) => bar.day },
        ...parts,
        { title: "All", numeric: true, cell: (bar) => euro(bar.total) },
      ],
      rows,
    ),
  );
}
