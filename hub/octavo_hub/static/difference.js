// Differences between two documents: worked out here for two versions, or drawn from a unified diff.

import { h } from "./elements.js";

const AROUND = 3;

/** Return the lines of two texts as `{sign, text}`, longest common part kept. */
export function lines(before, after) {
  const old = before.split("\n"),
    fresh = after.split("\n");
  const common = commonTable(old, fresh);
  const found = [];
  let i = 0,
    j = 0;
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      found.push({ sign: " ", text: old[i] });
      i += 1;
      j += 1;
    } else if (j >= fresh.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) {
      found.push({ sign: "-", text: old[i] });
      i += 1;
    } else {
      found.push({ sign: "+", text: fresh[j] });
      j += 1;
    }
  }
  return found;
}

function commonTable(old, fresh) {
  const made = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      made[i][j] = old[i] === fresh[j] ? made[i + 1][j + 1] + 1 : Math.max(made[i + 1][j], made[i][j + 1]);
    }
  }
  return made;
}

/** Draw the difference of two texts, unchanged lines only around changes. */
export function between(before, after, label) {
  const all = lines(before, after);
  const near = all.map((_, at) =>
    all.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((one) => one.sign !== " "),
  );
  const kept = [];
  all.forEach((one, at) => {
    if (near[at]) kept.push(one);
    else if (at === 0 || near[at - 1]) kept.push({ sign: "@", text: "unchanged lines" });
  });
  return drawn(all.every((one) => one.sign === " ") ? [] : kept, label);
}

/** Draw a unified diff. */
export function unified(text, label) {
  const rows = text
    .split("\n")
    .filter((one) => one && !/^(---|\+\+\+) /.test(one))
    .map((one) => ({
      sign: one[0],
      text: one[0] === "@" ? one.replace(/^@@ (.*?) @@.*/, "lines $1") : one.slice(1),
    }));
  return drawn(rows, label);
}

const NAMES = { "+": "added", "-": "removed" };

function drawn(rows, label) {
  if (!rows.length) return h("p", { class: "oc-muted" }, "Nothing differs.");
  return h(
    "div",
    { class: "oc-diff", tabindex: "0", role: "region", "aria-label": label },
    h(
      "table",
      {},
      h("caption", { class: "oc-unseen" }, label),
      h(
        "tbody",
        {},
        rows.map(({ sign, text }) =>
          h(
            "tr",
            { class: { "+": "oc-added", "-": "oc-removed", "@": "oc-gap" }[sign] },
            h(
              "td",
              { class: "oc-sign" },
              h("span", { "aria-hidden": "true" }, sign === "@" ? "⋯" : sign),
              NAMES[sign] ? h("span", { class: "oc-unseen" }, NAMES[sign]) : null,
            ),
            h("td", {}, text || " "),
          ),
        ),
      ),
    ),
  );
}
