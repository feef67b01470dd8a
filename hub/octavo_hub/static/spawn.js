// The spawn page: shows the chosen project's cards, remembers what was started last, puts the focus
// where a link leads, and keeps what is free up to date. It never starts anything by itself.

import { announce, byId } from "./elements.js";

const REMEMBERED = `octavo-choice:${window.jhdata.user}`;
const FRESH_MS = 30_000;
const content = byId("content");
const lists = [...document.querySelectorAll("[data-project]")];
const choices = [...document.querySelectorAll("input[name=project-choice]")];

if (lists.length) {
  choices.forEach((choice) => choice.addEventListener("change", () => show(choice.value)));
  if (content.dataset.link || content.dataset.posted) follow();
  else recall();
  document.addEventListener("submit", started);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  setInterval(refreshIfSeen, FRESH_MS);
  document.addEventListener("visibilitychange", refreshIfSeen);
}

function show(project) {
  lists.forEach((list) => {
    list.hidden = list.dataset.project !== project;
  });
}

function choose(project) {
  const choice = choices.find((one) => one.value === project);
  if (!choice) return false;
  choice.checked = true;
  show(project);
  return true;
}

function follow() {
  const card = document.querySelector("[data-chosen]");
  const wanted = content.dataset.link;
  if (card) pointAt(card);
  else if (wanted)
    byId("link-note").textContent =
      `The link names profile ${wanted}, which isn't offered in this project. Choose another one.`;
}

function recall() {
  const last = remembered();
  if (!last || !choose(last.project)) return;
  const card = cardOf(last.project, last.profile);
  if (!card) return;
  card.classList.add("oc-chosen");
  const image = card.querySelector("select[name=image]");
  if (image && [...image.options].some((one) => one.value === last.image)) image.value = last.image;
}

function pointAt(card) {
  card.classList.add("oc-chosen");
  card.scrollIntoView({ block: "nearest" });
  // Enter starts the card that a link names, never the other one that a refused card offers.
  card.querySelector(card.classList.contains("oc-off") ? "h3" : "button").focus();
}

function cardOf(project, profile) {
  return lists
    .find((list) => list.dataset.project === project)
    ?.querySelector(`[data-profile="${CSS.escape(profile)}"]`);
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED));
  } catch {
    return null;
  }
}

function started(event) {
  const button = event.target.querySelector("button[type=submit]");
  if (button.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    return;
  }
  document
    .querySelectorAll("#content button")
    .forEach((other) => other.setAttribute("aria-disabled", "true"));
  button.textContent = "Starting …";
  const form = new FormData(event.target);
  try {
    localStorage.setItem(
      REMEMBERED,
      JSON.stringify({
        project: form.get("project"),
        profile: form.get("profile"),
        image: form.get("image"),
      }),
    );
  } catch {
    // A browser that keeps nothing forgets the choice; nothing else depends on it.
  }
}

function refreshIfSeen() {
  if (document.visibilityState === "visible") refresh();
}

async function refresh() {
  if (document.querySelector("#content [aria-disabled=true]")) return;
  let answer;
  try {
    answer = await fetch(`${window.jhdata.base_url}spawn`, { credentials: "same-origin" });
  } catch {
    return; // The next turn asks again; the page says what it knew.
  }
  if (answer.redirected) {
    location.reload();
    return;
  }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelectorAll("[data-live]").forEach((place) => renew(place, fresh.getElementById(place.id)));
}

function renew(place, fresh) {
  // What has the focus, or holds a choice, isn't pulled from under its person.
  if (!fresh || place.contains(document.activeElement) || sameText(place, fresh)) return;
  const before = place.querySelector(".oc-go")?.textContent;
  const image = place.querySelector("select")?.value;
  place.replaceChildren(...[...fresh.childNodes].map((one) => document.importNode(one, true)));
  const select = place.querySelector("select");
  if (select && image) select.value = image;
  if (before === "Start when free" && place.querySelector(".oc-go")?.textContent === "Start") {
    announce(`${place.closest(".oc-card").querySelector("h3").textContent} is free now.`);
  }
}

const sameText = (one, other) =>
  one.textContent.replace(/\s+/g, " ") === other.textContent.replace(/\s+/g, " ");
