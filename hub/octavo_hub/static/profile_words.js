// The words for states and kinds of profiles, versions and changes, in one place.

import { chip } from "./elements.js";

const STATES = {
  published: ["published", "good"],
  superseded: ["replaced", "plain"],
  retired: ["retired", "warn"],
  rolled_back: ["rolled back", "warn"],
  draft: ["draft", "plain"],
  validated: ["waits for review", "info"],
  rejected: ["rejected", "bad"],
  withdrawn: ["withdrawn", "plain"],
};

/** The mark of a state. */
export function stateChip(state) {
  const [text, tone] = STATES[state] || [state, "plain"];
  return chip(text, tone);
}

/** A change in a few words: "Roll back gpu-1 to version 3". */
export function changeTitle(change) {
  if (change.kind === "publish") return `${change.base_version ? "Change" : "New profile"} ${change.profile}`;
  if (change.kind === "retire") return `Retire ${change.profile}`;
  return `Roll ${change.profile} back to version ${change.to_version}`;
}

/** Whether a change still waits for somebody. */
export const isOpen = (change) => change.state === "draft" || change.state === "validated";

/** Address of a page of the hub. */
export const page = (path) => `${window.jhdata.base_url}octavo/${path}`;

/** Whether who is signed in may propose changes: the platform decides, this only shows its buttons. */
export const mayPropose = "administers" in document.getElementById("content").dataset;

const INSTALLATION = "service:install";

/** Who changed something, as people say it: " by ann", or " when Octavo was installed". */
export function changedBy(name) {
  return name === INSTALLATION ? " when Octavo was installed" : ` by ${name}`;
}

/** Where a version comes from, as one sentence. */
export function origin(version) {
  if (version.author === INSTALLATION) return "Installed with Octavo.";
  return `Proposed by ${version.author}, approved by ${version.reviewer}.`;
}
