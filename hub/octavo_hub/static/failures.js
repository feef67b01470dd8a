// How starts failed: by class, with those that no class knows in the back end's own words.

import { ask } from "./ask.js";
import { byId, h, load, section, table } from "./elements.js";
import { exact, number } from "./words.js";

const CLASSES = {
  no_capacity: "No capacity",
  image_pull: "Image not fetched",
  quota: "Quota used up",
  volume: "Volume not attached",
  home_full: "Home full",
  out_of_memory: "Out of memory",
  evicted: "Evicted",
  preempted: "Spot node taken away",
  node_lost: "Machine lost",
  network: "Network",
  timeout: "Took too long",
  bad_profile: "Profile is wrong",
  crashed: "Ended by itself",
  account: "Account not made",
  refused: "Refused by a rule of the cluster",
  cluster: "Cluster away",
  installation: "Installation is incomplete",
  limit: "Ran into a limit",
  unknown: "Unknown",
};

load(byId("view"), async () => {
  const found = await ask("GET", "workspaces/failures");
  return [h("p", { class: "oc-lead" }, headline(found)), classes(found), unknown(found.unknown)];
});

function headline(found) {
  if (!found.starts) return `Nothing was started since ${exact(found.since)}.`;
  const failed = Object.values(found.by_kind).reduce((sum, one) => sum + one, 0);
  const share = `${number((100 * failed) / found.starts)} %`;
  return `${number(failed, 0)} of ${number(found.starts, 0)} starts failed since ${exact(found.since)} (${share}).`;
}

function classes({ by_kind: kinds, starts }) {
  const rows = Object.entries(kinds)
    .filter(([, count]) => count)
    .sort((one, other) => other[1] - one[1]);
  if (!rows.length) return starts ? h("p", {}, "No start failed.") : null;
  return section(
    "classes",
    "By class",
    table(
      "Failed starts by class",
      [
        { title: "Class", header: true, cell: ([kind]) => CLASSES[kind] || kind },
        { title: "Starts", numeric: true, cell: ([, count]) => number(count, 0) },
        {
          title: "Share of all",
          numeric: true,
          cell: ([, count]) => `${number(starts ? (100 * count) / starts : 0)} %`,
        },
      ],
      rows,
    ),
  );
}

function unknown(raw) {
  if (!raw.length) return null;
  return section(
    "unknown",
    "Unknown, in the back end's own words",
    h(
      "ol",
      { class: "oc-history" },
      raw.map((one) => h("li", {}, h("pre", { class: "oc-code", tabindex: "0" }, one))),
    ),
  );
}
