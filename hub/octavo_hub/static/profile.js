// One profile: where it stands, who uses it, its history, and what may be done with it.

import { ask } from "./ask.js";
import { between } from "./difference.js";
import { decide } from "./dialog.js";
import { byId, h, load } from "./elements.js";
import { usersShown } from "./profile_users.js";
import { changeTitle, isOpen, mayPropose, page, stateChip } from "./profile_words.js";
import { count, euro, exact, moment } from "./words.js";

const id = byId("content").dataset.subject;

load(byId("view"), async () => {
  const [detail, users, all] = await Promise.all([
    ask("GET", `profiles/catalog/${id}`), ask("GET", `profiles/catalog/${id}/users`), ask("GET", "profiles/catalog"),
  ]);
  document.title = `${detail.summary.title} · Octavo`;
  byId("heading").textContent = detail.summary.title;
  return [head(detail, users, all.items), usage(users), open(detail.changes), history(detail.versions), past(detail.changes)];
});

function head({ summary, versions }, users, all) {
  const newest = versions[0];
  const retired = summary.state === "retired";
  return h("div", { class: "oc-block" },
    h("p", { class: "oc-lead" }, h("code", {}, id), " ", stateChip(summary.state), ` version ${summary.version}, `,
      `${euro(summary.price_eur_per_hour)} EUR an hour, changed `, moment(summary.changed_at), ` by ${summary.changed_by}.`),
    retired ? h("p", { class: "oc-aside" }, newest.redirect_to ? ["People are led to ", h("a", { href: page(`profiles/${newest.redirect_to}`) }, newest.redirect_to), ". "] : "", newest.message) : null,
    mayPropose ? h("div", { class: "oc-row" },
      h("a", { class: "oc-button oc-main", href: page(`profiles/${id}/edit`) }, retired ? "Edit and offer again" : "Edit"),
      retired ? null : h("button", { type: "button", class: "oc-button oc-danger", onclick: () => retire(users, all) }, "Retire …")) : h("p", { class: "oc-hint" }, "Platform admins propose changes; you review them."));
}

function usage(users) {
  return h("section", { "aria-labelledby": "users", class: "oc-block" }, h("h2", { id: "users", class: "oc-step" }, "Who uses it"), usersShown(users));
}

function open(changes) {
  const found = changes.filter(isOpen);
  if (!found.length) return null;
  return h("section", { "aria-labelledby": "open", class: "oc-block" }, h("h2", { id: "open", class: "oc-step" }, "Waiting for somebody"), listed(found));
}

function past(changes) {
  const found = changes.filter((one) => one.state === "rejected" || one.state === "withdrawn");
  if (!found.length) return null;
  return h("section", { "aria-labelledby": "past", class: "oc-block" }, h("h2", { id: "past", class: "oc-step" }, "Not published"), listed(found));
}

function listed(changes) {
  return h("ul", { class: "oc-rows" }, changes.map((one) => h("li", {},
    h("a", { href: page(`profiles/changes/${one.id}`) }, changeTitle(one)), stateChip(one.state),
    h("span", { class: "oc-muted" }, `by ${one.author}: ${one.reason}`))));
}

function history(versions) {
  return h("section", { "aria-labelledby": "history", class: "oc-block" },
    h("h2", { id: "history", class: "oc-step" }, "History"),
    h("ol", { class: "oc-history", reversed: true }, versions.map((one, at) => version(one, versions[at + 1], at === 0))));
}

function version(one, before, newest) {
  const number = one.profile.version;
  return h("li", {},
    h("div", { class: "oc-row" }, h("h3", {}, `Version ${number}`), stateChip(one.state),
      h("span", { class: "oc-muted", title: exact(one.profile.published_at) }, moment(one.profile.published_at)),
      newest || !mayPropose ? null : h("button", { type: "button", class: "oc-button oc-push", onclick: () => rollBack(number) }, `Roll back to version ${number} …`)),
    h("p", {}, one.reason || "No reason was given.", h("span", { class: "oc-muted" }, ` Proposed by ${one.author}, ${one.reviewer ? `approved by ${one.reviewer}` : "installed with Octavo"}.`)),
    folded(before ? `What differs from version ${before.profile.version}` : "The first document", () => (before
      ? between(before.text, one.text, `Version ${before.profile.version} against version ${number}`)
      : h("pre", { class: "oc-code", tabindex: "0" }, one.text))));
}

function folded(title, content) {
  // Worked out when it is opened: a long history would keep the page from showing.
  const details = h("details", { ontoggle: () => { if (details.childElementCount === 1) details.append(content()); } }, h("summary", {}, title));
  return details;
}

function rollBack(version) {
  decide({
    title: `Roll ${id} back to version ${version}`, action: "Send for review",
    text: [`A new version with the content of version ${version} is proposed. Another person approves it; then cards and pipelines use it, without a restart. Workspaces that run keep what they have.`],
    act: async (reason) => follow(await ask("POST", "profiles/changes", { body: { kind: "roll_back", profile: id, version, reason } })),
  });
}

function retire(users, all) {
  const target = h("select", { id: "redirect", class: "oc-input" }, h("option", { value: "" }, "nowhere"),
    all.filter((one) => one.id !== id && one.state === "published").map((one) => h("option", { value: one.id }, `${one.title} (${one.id})`)));
  const message = h("input", { id: "retired-message", class: "oc-input", maxlength: "300", placeholder: "Use the new GPU profile, it costs less." });
  const using = users.items.length ? `${count(users.items.length, "thing uses", "things use")} it now; what runs goes on, nothing new starts with it.` : "Nothing uses it now.";
  decide({
    title: `Retire ${id}`, action: "Send for review", danger: true, text: [using, "Another person approves it. It can be offered again later."],
    fields: [h("div", { class: "oc-field" }, h("label", { for: "redirect" }, "Lead people to"), target),
      h("div", { class: "oc-field" }, h("label", { for: "retired-message" }, "Tell people"), message)],
    act: async (reason) => follow(await ask("POST", "profiles/changes", {
      body: { kind: "retire", profile: id, redirect_to: target.value || null, message: message.value.trim(), reason },
    })),
  });
}

function follow(change) {
  location.assign(page(`profiles/changes/${change.id}`));
}
