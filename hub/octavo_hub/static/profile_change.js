// One proposed change: what differs, what was found, whom it touches, and the decision about it.

import { ask } from "./ask.js";
import { unified } from "./difference.js";
import { decide } from "./dialog.js";
import { byId, during, errorNote, h, load, section } from "./elements.js";
import { findingsShown } from "./findings.js";
import { usersShown } from "./profile_users.js";
import { changeTitle, page, stateChip } from "./profile_words.js";
import { moment } from "./words.js";

const id = byId("content").dataset.subject;
const view = byId("view");
show();

function show() {
  return load(view, async () => {
    const change = await ask("GET", `profiles/changes/${id}`);
    const [users, me] = await Promise.all([usersOf(change), ask("GET", "me")]);
    byId("heading").textContent = changeTitle(change);
    document.title = `${changeTitle(change)} · Octavo`;
    return [head(change), differs(change), findings(change), affected(users), next(change, me.name)];
  });
}

async function usersOf(change) {
  // A profile that isn't published yet has no users to ask for.
  return change.base_version ? ask("GET", `profiles/catalog/${change.profile}/users`) : null;
}

function head(change) {
  const decided = change.reviewer
    ? [
        " ",
        change.state === "rejected" ? "Rejected" : "Approved",
        ` by ${change.reviewer} `,
        moment(change.reviewed_at),
        `: ${change.review_reason}`,
      ]
    : null;
  return h(
    "div",
    { class: "oc-block" },
    h(
      "p",
      { class: "oc-lead" },
      stateChip(change.state),
      " proposed by ",
      h("b", {}, change.author),
      " ",
      moment(change.created_at),
      change.base_version
        ? [
            "; changes version ",
            String(change.base_version),
            " of ",
            h("a", { href: page(`profiles/${change.profile}`) }, change.profile),
          ]
        : "; a new profile",
      // A retirement makes no version: it ends the newest.
      change.version && change.kind !== "retire" ? [". It made version ", String(change.version)] : "",
      ".",
    ),
    h("blockquote", { class: "oc-quote" }, change.reason),
    decided ? h("p", {}, decided) : null,
  );
}

function differs(change) {
  if (change.kind === "retire") {
    return section(
      "differs",
      "What happens",
      h(
        "p",
        {},
        `Nobody can start ${change.profile} any more; what runs goes on. `,
        change.redirect_to ? `People are led to ${change.redirect_to}.` : "People are led nowhere.",
      ),
      change.message ? h("p", {}, "They are told: ", h("q", {}, change.message)) : null,
    );
  }
  const shown = change.diff
    ? unified(change.diff, "Difference, line by line")
    : h("pre", { class: "oc-code", tabindex: "0" }, change.text);
  return section("differs", change.base_version ? "What differs" : "The document", shown);
}

function findings(change) {
  return change.findings.length
    ? section("findings", "What was found", findingsShown(change.findings))
    : null;
}

function affected(users) {
  return users ? section("users", "Whom it touches", usersShown(users)) : null;
}

function next(change, me) {
  if (change.state === "draft")
    return change.author === me
      ? ownDraft(change)
      : section("next", "Next", h("p", {}, `${change.author} is still working on it.`));
  if (change.state !== "validated") return null;
  return section(
    "next",
    "Decide",
    change.may_review ? review(change) : h("p", { class: "oc-aside" }, change.why_not),
    change.author === me ? h("div", { class: "oc-row" }, edit(change), withdraw()) : null,
  );
}

function ownDraft(change) {
  const trouble = h("div");
  const submit = h(
    "button",
    {
      type: "button",
      class: "oc-button oc-main",
      onclick: () =>
        during(submit, "Sending …", async () => {
          try {
            await ask("POST", `profiles/changes/${id}/submit`);
            await show();
          } catch (error) {
            trouble.replaceChildren(errorNote(error));
          }
        }),
    },
    "Send for review",
  );
  return section(
    "next",
    "Next",
    trouble,
    h(
      "div",
      { class: "oc-row" },
      change.findings.some((one) => one.severity === "error") ? null : submit,
      edit(change),
      withdraw(),
    ),
  );
}

function edit(change) {
  if (change.kind !== "publish") return null;
  const path = change.base_version ? `profiles/${change.profile}/edit` : "profiles/new";
  return h("a", { class: "oc-button", href: `${page(path)}?change=${encodeURIComponent(id)}` }, "Edit");
}

function withdraw() {
  return h(
    "button",
    {
      type: "button",
      class: "oc-button oc-danger",
      onclick: async () => {
        const done = await decide({
          title: "Withdraw this change",
          action: "Withdraw",
          danger: true,
          why: false,
          text: ["It stays in the history, and can't be sent again."],
          act: () => ask("POST", `profiles/changes/${id}/withdraw`),
        });
        if (done) await show();
      },
    },
    "Withdraw …",
  );
}

function review(change) {
  const reason = h("textarea", {
    id: "reason",
    class: "oc-input",
    rows: "3",
    required: true,
    minlength: "3",
    maxlength: "2000",
    "aria-describedby": "reason-hint",
  });
  const trouble = h("div");
  const decideAs = (decision) => async (event) => {
    event.preventDefault();
    if (!reason.reportValidity()) return;
    await during(event.currentTarget, "Sending …", async () => {
      try {
        await ask("POST", `profiles/changes/${id}/review`, {
          body: { decision, reason: reason.value.trim(), digest: change.digest },
        });
        await show();
        byId("heading").focus();
      } catch (error) {
        trouble.replaceChildren(errorNote(error));
      }
    });
  };
  return h(
    "form",
    { class: "oc-stack", onsubmit: (event) => event.preventDefault() },
    h(
      "div",
      { class: "oc-field" },
      h("label", { for: "reason" }, "Your decision, as a sentence"),
      reason,
      h("p", { id: "reason-hint", class: "oc-hint" }, "It is kept in the history and in the audit trail."),
    ),
    trouble,
    h(
      "div",
      { class: "oc-row" },
      h(
        "button",
        { type: "button", class: "oc-button oc-main", onclick: decideAs("approve") },
        change.kind === "retire" ? "Approve and retire" : "Approve and publish",
      ),
      h("button", { type: "button", class: "oc-button oc-danger", onclick: decideAs("reject") }, "Reject"),
    ),
  );
}
