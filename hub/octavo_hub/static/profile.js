// One profile: where it stands, who uses it, its history, and what may be done with it.

import { ask } from "./ask.js";
import { between } from "./difference.js";
import { decide } from "./dialog.js";
import { byId, h, load, section } from "./elements.js";
import { usersShown } from "./profile_users.js";
import { changedBy, changeTitle, isOpen, origin, mayPropose, page, stateChip } from "./profile_words.js";
import { count, euro, exact, moment } from "./words.js";

const id = byId("content").dataset.subject;

load(byId("view"), async () => {
  const [detail, users, all] = await Promise.all([
    ask("GET", `profiles/catalog/${id}`),
    ask("GET", `profiles/catalog/${id}/users`),
    ask("GET", "profiles/catalog"),
  ]);
  document.title = `${detail.summary.title} · Octavo`;
  byId("heading").textContent = detail.summary.title;
  return [
    head(detail, users, all.items),
    usage(users),
    open(detail.changes),
    history(detail.versions),
    past(detail.changes),
  ];
});

function head({ summary, versions }, users, all) {
  return h(
    "div",
    { class: "oc-block" },
    standing(summary),
    retirement(summary, versions[0]),
    actions(summary, users, all),
  );
}

function standing(summary) {
  const price = `${euro(summary.price_eur_per_hour)} EUR an hour`;
  return h(
    "p",
    { class: "oc-lead" },
    h("code", {}, id),
    " ",
    stateChip(summary.state),
    ` version ${summary.version}, ${price}, changed `,
    moment(summary.changed_at),
    `${changedBy(summary.changed_by)}.`,
  );
}

function retirement(summary, newest) {
  if (summary.state !== "retired") return null;
  const target = newest.redirect_to;
  const led = target
    ? ["People are led to ", h("a", { href: page(`profiles/${target}`) }, target), ". "]
    : null;
  return h("p", { class: "oc-aside" }, led, newest.message);
}

function actions(summary, users, all) {
  if (!mayPropose) return h("p", { class: "oc-hint" }, "Platform admins propose changes; you review them.");
  const retired = summary.state === "retired";
  const edit = h(
    "a",
    { class: "oc-button oc-main", href: page(`profiles/${id}/edit`) },
    retired ? "Edit and offer again" : "Edit",
  );
  const retiring = { type: "button", class: "oc-button oc-danger", onclick: () => retire(users, all) };
  return h("div", { class: "oc-row" }, edit, retired ? null : h("button", retiring, "Retire …"));
}

function usage(users) {
  return section("users", "Who uses it", usersShown(users));
}

function open(changes) {
  const found = changes.filter(isOpen);
  return found.length ? section("open", "Waiting for somebody", listed(found)) : null;
}

function past(changes) {
  const found = changes.filter((one) => one.state === "rejected" || one.state === "withdrawn");
  return found.length ? section("past", "Not published", listed(found)) : null;
}

function listed(changes) {
  return h(
    "ul",
    { class: "oc-rows" },
    changes.map((one) =>
      h(
        "li",
        {},
        h("a", { href: page(`profiles/changes/${one.id}`) }, changeTitle(one)),
        stateChip(one.state),
        h("span", { class: "oc-muted" }, `by ${one.author}: ${one.reason}`),
      ),
    ),
  );
}

function history(versions) {
  const items = versions.map((one, at) => version(one, versions[at + 1], at === 0));
  return section("history", "History", h("ol", { class: "oc-history", reversed: true }, items));
}

function version(one, before, newest) {
  const number = one.profile.version;
  const back = { type: "button", class: "oc-button oc-push", onclick: () => rollBack(number) };
  return h(
    "li",
    {},
    h(
      "div",
      { class: "oc-row" },
      h("h3", {}, `Version ${number}`),
      stateChip(one.state),
      h(
        "span",
        { class: "oc-muted", title: exact(one.profile.published_at) },
        moment(one.profile.published_at),
      ),
      newest || !mayPropose ? null : h("button", back, `Roll back to version ${number} …`),
    ),
    h("p", {}, h("span", { class: "oc-muted" }, `${origin(one)} `), one.reviewer ? one.reason : null),
    before
      ? folded(`What differs from version ${before.profile.version}`, () =>
          between(before.text, one.text, `Version ${before.profile.version} against version ${number}`),
        )
      : folded("The first document", () => h("pre", { class: "oc-code", tabindex: "0" }, one.text)),
  );
}

function folded(title, content) {
  // Worked out when it is opened: a long history would keep the page from showing.
  const details = h(
    "details",
    {
      ontoggle: () => {
        if (details.childElementCount === 1) details.append(content());
      },
    },
    h("summary", {}, title),
  );
  return details;
}

function rollBack(version) {
  decide({
    title: `Roll ${id} back to version ${version}`,
    action: "Send for review",
    text: [
      `A new version with the content of version ${version} is proposed, for another person to approve.`,
      "Then cards and pipelines use it, without a restart. Workspaces that run keep what they have.",
    ],
    act: async (reason) =>
      follow(
        await ask("POST", "profiles/changes", { body: { kind: "roll_back", profile: id, version, reason } }),
      ),
  });
}

function retire(users, all) {
  const target = h(
    "select",
    { id: "redirect", class: "oc-input" },
    h("option", { value: "" }, "nowhere"),
    all
      .filter((one) => one.id !== id && one.state === "published")
      .map((one) => h("option", { value: one.id }, `${one.title} (${one.id})`)),
  );
  const message = h("input", {
    id: "retired-message",
    class: "oc-input",
    maxlength: "300",
    placeholder: "Use the new GPU profile, it costs less.",
  });
  const using = users.items.length
    ? `${count(users.items.length, "thing uses", "things use")} it now; what runs goes on, nothing new starts with it.`
    : "Nothing uses it now.";
  decide({
    title: `Retire ${id}`,
    action: "Send for review",
    danger: true,
    text: [using, "Another person approves it. It can be offered again later."],
    fields: [
      h("div", { class: "oc-field" }, h("label", { for: "redirect" }, "Lead people to"), target),
      h("div", { class: "oc-field" }, h("label", { for: "retired-message" }, "Tell people"), message),
    ],
    act: async (reason) =>
      follow(
        await ask("POST", "profiles/changes", {
          body: {
            kind: "retire",
            profile: id,
            redirect_to: target.value || null,
            message: message.value.trim(),
            reason,
          },
        }),
      ),
  });
}

function follow(change) {
  location.assign(page(`profiles/changes/${change.id}`));
}
