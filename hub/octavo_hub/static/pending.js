// The page of a start: its steps as they come, the place in the queue, and a way to cancel.

import { byId, h } from "./elements.js";
import { span } from "./words.js";

const { progress, server, home } = byId("content").dataset;
const begun = Date.now();
const TITLES = {
  queued: "Waiting for a place",
  profile: "Profile and budget",
  account: "Your account",
  machine: "Machine",
  volume: "Your files",
  image: "Image",
  starting: "JupyterLab",
  ready: "Ready",
};
let expectedAt = null;

const ticking = setInterval(tick, 1000);
const events = new EventSource(progress);
events.onmessage = (message) => told(JSON.parse(message.data));
byId("stop-server-btn").addEventListener("click", cancel);

function tick() {
  byId("elapsed").textContent = span((Date.now() - begun) / 1000);
  if (expectedAt !== null) byId("queue-wait").textContent = waitFor(expectedAt - Date.now());
}

function told(event) {
  if (event.progress !== undefined) byId("progress-bar").value = event.progress;
  if (event.message) {
    byId("progress-message").textContent = event.message;
    if (event.step) step(event.step, event.message);
  }
  if (event.step) queue(event);
  if (event.ready || event.failed) {
    events.close();
    clearInterval(ticking);
    location.reload();
  }
}

function queue(event) {
  const waits = event.step === "queued";
  byId("queue").hidden = !waits;
  byId("heading").textContent = waits ? "Your workspace waits for its turn" : "Your workspace is starting";
  expectedAt =
    waits && typeof event.expected_wait_s === "number" ? Date.now() + event.expected_wait_s * 1000 : null;
  if (!waits) return;
  byId("queue-position").textContent = event.position ?? "…";
  byId("queue-wait").textContent = expectedAt === null ? "not known" : waitFor(expectedAt - Date.now());
}

function waitFor(milliseconds) {
  return milliseconds > 1000 ? `about ${span(milliseconds / 1000)}` : "any moment now";
}

function step(name, message) {
  const last = byId("steps").lastElementChild;
  if (last?.dataset.step === name) {
    last.querySelector("span").textContent = message;
    return;
  }
  last?.removeAttribute("aria-current");
  byId("steps").append(
    h(
      "li",
      { "data-step": name, "aria-current": "step" },
      h("b", {}, TITLES[name] || name),
      h("span", {}, message),
    ),
  );
}

async function cancel(click) {
  const button = click.currentTarget;
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  button.textContent = "Cancelling …";
  events.close(); // what comes now is the end of the start that was cancelled
  const answer = await fetch(server, {
    method: "DELETE",
    headers: { "X-XSRFToken": window.jhdata.xsrf_token },
  }).catch(() => null);
  if (answer?.ok) {
    location.href = home;
    return;
  }
  button.removeAttribute("aria-disabled");
  button.textContent = "Cancel";
  byId("trouble").textContent =
    `It could not be cancelled (${answer?.status ?? "the hub doesn't answer"}). Reload the page and try again.`;
}
