// Who uses a profile: read before it is changed, retired or approved.

import { h, table } from "./elements.js";
import { count, number } from "./words.js";

const KINDS = {
  session: "Workspace",
  pipeline: "Pipeline",
  schedule: "Schedule",
  deployment: "Deployment",
  redirect: "Redirect",
};

/** Draw the users of a profile. */
export function usersShown(users) {
  const people = count(users.people_30_days, "person", "people");
  const past = `In the last 30 days ${people} started it, for ${number(users.hours_30_days)} hours.`;
  if (!users.items.length) return h("div", {}, h("p", {}, "Nothing uses it now. ", past));
  return h(
    "div",
    {},
    h("p", {}, `${summary(users.items)} `, past),
    table(
      "Who uses it now",
      [
        { title: "Name", header: true, cell: (one) => one.name },
        { title: "What", cell: (one) => KINDS[one.kind] || one.kind },
        { title: "Project", cell: (one) => one.project || "none" },
        { title: "Person", cell: (one) => one.person || "nobody" },
      ],
      users.items,
    ),
  );
}

/** One sentence that counts the users by kind. */
export function summary(items) {
  const names = {
    session: ["workspace", "workspaces"],
    pipeline: ["pipeline", "pipelines"],
    schedule: ["schedule", "schedules"],
    deployment: ["deployment", "deployments"],
    redirect: ["redirect", "redirects"],
  };
  const parts = Object.entries(names)
    .map(([kind, [one, many]]) => [items.filter((item) => item.kind === kind).length, one, many])
    .filter(([found]) => found)
    .map(([found, one, many]) => count(found, one, many));
  return parts.length ? `${parts.join(", ")} use it now.` : "Nothing uses it now.";
}
