// The editor: form and YAML side by side, both checked by the platform while one types, and a dry run.

import { ask } from "./ask.js";
import { unified } from "./difference.js";
import { announce, byId, during, errorNote, h, showError } from "./elements.js";
import { findingsShown } from "./findings.js";
import { FIRST } from "./profile_fields.js";
import { ProfileForm } from "./profile_form.js";
import { usersShown } from "./profile_users.js";
import { page } from "./profile_words.js";
import { Unsaved } from "./unsaved.js";
import { count, moment } from "./words.js";
import { YamlPane } from "./yaml_pane.js";

const AFTER_MS = 300;
const id = byId("content").dataset.subject || null;
const draft = new URLSearchParams(location.search).get("change");
const unsaved = new Unsaved(`${id ?? "new"}:${draft ?? ""}`);
const form = new ProfileForm(byId("form"), (document) => edited({ document }), id === null);
const yaml = new YamlPane(byId("yaml-pane"), (text) => edited({ text }));
const reason = byId("reason");
let base = { text: "", version: null };
let check = null,
  asked = 0,
  timer = 0,
  controller = null;
let ahead = null; // what the form holds and the YAML doesn't yet

begin().catch((error) => showError(byId("trouble"), error, () => location.reload()));

async function begin() {
  base = await beginning();
  byId("heading").textContent = id ? `Edit ${id}` : "New profile";
  const kept = unsaved.kept();
  if (kept && (kept.document || kept.text !== base.text)) restored(kept);
  else {
    yaml.show(base.text);
    reason.value = base.reason ?? "";
  }
  // What the form held when the page went may not have reached the YAML yet.
  await checked(kept?.document ? { document: kept.document } : { text: yaml.text });
  byId("editor").hidden = false;
  byId("loading").hidden = true;
}

async function beginning() {
  if (draft) {
    const change = await ask("GET", `profiles/changes/${draft}`);
    const newest = id ? (await ask("GET", `profiles/catalog/${id}`)).summary.version : null;
    if (newest !== change.base_version) noticed(overtaken(newest));
    return { text: change.text, version: newest, reason: change.reason };
  }
  if (!id) return { text: FIRST, version: null };
  const { versions } = await ask("GET", `profiles/catalog/${id}`);
  return { text: versions[0].text, version: versions[0].profile.version };
}

function restored(kept) {
  yaml.show(kept.text);
  reason.value = kept.reason;
  unsaved.dirty = true;
  const stale = kept.version !== base.version ? overtaken(base.version) : "";
  noticed(
    "Your edit from ",
    moment(kept.at),
    ` is back. ${stale} `,
    h(
      "button",
      {
        type: "button",
        class: "oc-link",
        onclick: () => {
          unsaved.forget();
          location.reload();
        },
      },
      "Throw it away",
    ),
  );
}

const overtaken = (version) =>
  `Version ${version} was published since it was begun: what it would do, below, is the difference to that one.`;

function noticed(...content) {
  byId("notice").append(h("p", { class: "oc-aside", role: "status" }, content));
}

function edited(sent) {
  ahead = sent.document ?? null;
  keep();
  byId("yaml-state").textContent = "Checking …";
  clearTimeout(timer);
  timer = setTimeout(() => checked(sent).catch(() => {}), AFTER_MS);
}

function keep() {
  unsaved.keep({ text: yaml.text, document: ahead, reason: reason.value, version: base.version });
}

async function checked(sent) {
  asked += 1;
  const mine = asked;
  controller?.abort();
  controller = new AbortController();
  try {
    const found = await ask("POST", "profiles/check", {
      body: { ...sent, file: `${id ?? "profile"}.yaml` },
      signal: controller.signal,
    });
    if (mine === asked) settled(found, sent);
  } catch (error) {
    if (error.name === "AbortError") return;
    byId("yaml-state").textContent = "Not checked.";
    byId("check-trouble").replaceChildren(errorNote(error, () => checked(sent)));
    throw error;
  }
}

function settled(found, sent) {
  check = found;
  byId("check-trouble").replaceChildren();
  if (sent.document) {
    yaml.show(found.text);
    ahead = null;
    keep();
  }
  if (sent.text !== undefined || form.empty) form.show(found.document);
  form.mark(found.findings);
  yaml.mark(found.findings);
  state(found);
  dryRun(found);
}

function state(found) {
  const errors = found.findings.filter((one) => one.severity === "error").length;
  const remarks = found.findings.length - errors;
  const text = found.valid
    ? remarks
      ? `No fault, ${count(remarks, "remark", "remarks")}.`
      : "No fault."
    : `${count(errors, "fault", "faults")}${remarks ? `, ${count(remarks, "remark", "remarks")}` : ""}.`;
  if (byId("yaml-state").dataset.said !== text) announce(text);
  byId("yaml-state").dataset.said = text;
  byId("yaml-state").textContent = text;
  byId("findings").replaceChildren(found.findings.length ? findingsShown(found.findings, go) : "");
  byId("submit").toggleAttribute("data-blocked", !found.valid);
}

function go(finding) {
  // From the list one goes to where one was working: the form, unless the YAML alone has the place.
  if (document.body.dataset.pane === "yaml" || !finding.field || !form.focus(finding.field))
    yaml.focus(finding.line ?? 1);
}

document.addEventListener("focusin", (event) => {
  if (event.target === yaml.area) document.body.dataset.pane = "yaml";
  else if (byId("form").contains(event.target)) document.body.dataset.pane = "form";
});

function dryRun(found) {
  const next = found.base_version
    ? `version ${found.base_version + 1} of ${found.profile}`
    : `the new profile ${found.profile ?? ""}`;
  byId("verdict").textContent = found.valid
    ? `It could be published as ${next}.`
    : "It can't be published yet: mend the faults first.";
  // A document that was read has a version to compare with, or a difference to nothing; one that
  // can't be read has neither, and that it fits nowhere is then no answer.
  const read = found.base_version || found.diff;
  byId("diff").hidden = !read;
  byId("fits").textContent = !read
    ? "Fit and difference are shown once the faults are mended."
    : found.fits.length
      ? `It fits on ${found.fits.join(", ")}.`
      : "It fits nowhere that is declared.";
  byId("diff").replaceChildren(
    found.base_version
      ? unified(found.diff, "Difference, line by line")
      : h("p", { class: "oc-muted" }, "Nothing to compare with: it is new."),
  );
}

async function affected() {
  const users = id ? await ask("GET", `profiles/catalog/${id}/users`) : null;
  byId("affected").replaceChildren(users ? usersShown(users) : h("p", {}, "Nobody uses it yet."));
}

byId("dry-run").addEventListener("click", (event) =>
  during(event.currentTarget, "Working …", async () => {
    try {
      await checked({ text: yaml.text });
      await affected();
      byId("dry-heading").focus();
    } catch (error) {
      byId("affected").replaceChildren(errorNote(error));
    }
  }),
);

reason.addEventListener("input", () => keep());

const send = (asDraft) => async (event) => {
  event.preventDefault();
  if (!reason.reportValidity()) return;
  await during(event.currentTarget, "Sending …", async () => {
    try {
      if (!asDraft && !(await mended())) return;
      const body = {
        text: yaml.text,
        reason: reason.value.trim(),
        draft: asDraft,
        base_version: base.version,
      };
      const change = draft
        ? await ask("PUT", `profiles/changes/${draft}`, { body })
        : await ask("POST", "profiles/changes", {
            body: { ...body, kind: "publish", profile: check.profile ?? id },
          });
      unsaved.forget();
      location.assign(page(`profiles/changes/${change.id}`));
    } catch (error) {
      refused(error);
    }
  });
};

function refused(error) {
  const overtook = error.status === 409 && check.base_version !== base.version;
  byId("send-trouble").replaceChildren(errorNote(error, overtook ? carryOver : null));
}

function carryOver() {
  // The person has read the difference to the newer version, and says that theirs is to follow it.
  base = { ...base, version: check.base_version };
  keep();
  byId("send-trouble").replaceChildren(
    h("p", { class: "oc-aside", role: "status" }, overtaken(base.version)),
  );
  byId("dry-heading").focus();
}

async function mended() {
  clearTimeout(timer);
  await checked({ text: yaml.text });
  if (check.valid) return true;
  go(check.findings.find((one) => one.severity === "error"));
  return false;
}

byId("submit").addEventListener("click", send(false));
byId("save").addEventListener("click", send(true));
