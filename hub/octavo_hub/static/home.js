// The home page beside a workspace: what it has cost, when it stops by itself, and its stop button.

import { ask } from "./ask.js";
import { byId, h } from "./elements.js";
import { euro, exact, span } from "./words.js";

const EVERY_MS = 30_000,
  ENDING_MS = 2000,
  TICK_MS = 1000;
const NO_SESSION = 404;
const AWAY = new Set([0, 502]); // nobody to ask: the page says what it knows
let session = null;
let next = null;

look();
setInterval(show, TICK_MS);
document.addEventListener("visibilitychange", look);
byId("stop").addEventListener("click", stop);

async function look() {
  clearTimeout(next);
  if (document.visibilityState !== "visible") return;
  const ended = await read();
  show();
  if (ended && (await isOver())) location.reload();
  next = setTimeout(look, ended || isStopping() ? ENDING_MS : EVERY_MS);
}

/** Read the session and show its notices; answers whether there is none any more. */
async function read() {
  let words = [];
  let ended = false;
  try {
    session = await ask("GET", "workspaces/mine");
    words = session.notices.map((one) => h("p", { class: `oc-notice oc-${one.level}` }, one.message));
  } catch (error) {
    session = null;
    ended = error.status === NO_SESSION;
    if (!ended && !AWAY.has(error.status)) words = [h("p", { class: "oc-hint" }, error.message)];
  }
  byId("notices").replaceChildren(...words);
  return ended;
}

/** Whether the hub has cleared up too, so that this page has no workspace to show. */
async function isOver() {
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  return Boolean(answer?.ok) && !(await answer.text()).includes('id="stop"');
}

const isStopping = () => Boolean(session?.stop_at) && Date.parse(session.stop_at) <= Date.now();

function show() {
  byId("start").hidden = byId("stop").hidden = isStopping();
  if (isStopping()) byId("state").textContent = "is stopping";
  if (!session) {
    byId("facts").replaceChildren();
    return;
  }
  byId("facts").replaceChildren(
    ...facts(session).map(([name, value, title]) =>
      h("div", {}, h("dt", {}, name), h("dd", { title }, value)),
    ),
  );
}

function facts(one) {
  const found = [
    ["Cost so far", `${euro(one.cost_eur)} EUR`, `${euro(one.profile.price_eur_per_hour)} EUR an hour`],
    ["Budget left", `${euro(one.budget_left_eur)} EUR`],
  ];
  if (isStopping()) return [["Stopping", "now", exact(one.stop_at)], ...found];
  if (one.state === "queued")
    return [
      ["Place in the queue", String(one.position)],
      ["Expected wait", `about ${span(one.expected_wait_s ?? 0)}`],
      ...found.slice(1),
    ];
  if (one.stop_at) found.push(["Must stop", inTime(one.stop_at), exact(one.stop_at)]);
  else if (one.idle_stop_at)
    found.push(["Stops when idle", inTime(one.idle_stop_at), exact(one.idle_stop_at)]);
  else found.push(["Stops when idle", "not while something runs"]);
  if (one.ends_at) found.push(["Ends in any case", inTime(one.ends_at), exact(one.ends_at)]);
  return found;
}

function inTime(iso) {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  return seconds > 0 ? `in ${span(seconds)}` : "now";
}

async function stop(click) {
  const button = click.currentTarget;
  if (button.getAttribute("aria-disabled") === "true") return;
  const before = button.textContent;
  button.setAttribute("aria-disabled", "true");
  button.textContent = "Stopping …";
  const answer = await fetch(byId("content").dataset.server, {
    method: "DELETE",
    headers: { "X-XSRFToken": window.jhdata.xsrf_token },
  }).catch(() => null);
  if (answer?.ok) {
    location.reload();
    return;
  }
  button.removeAttribute("aria-disabled");
  button.textContent = `${before}: failed (${answer?.status ?? "no answer"}), try again`;
}
