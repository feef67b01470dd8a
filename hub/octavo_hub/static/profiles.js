// The list of profiles: where each stands, who uses it, and what waits for review.

import { ask } from "./ask.js";
import { byId, chip, h, load, section, table } from "./elements.js";
import { changedBy, changeTitle, mayPropose, page, stateChip } from "./profile_words.js";
import { count, euro, exact, moment } from "./words.js";

load(byId("view"), async () => {
  const inState = (state) => ask("GET", "profiles/changes", { query: { state, limit: "200" } });
  const [profiles, offered, drafts] = await Promise.all([
    ask("GET", "profiles/catalog"),
    inState("validated"),
    inState("draft"),
  ]);
  return [waiting([...offered.items, ...drafts.items]), listed(profiles.items)];
});

function listed(profiles) {
  if (!profiles.length) {
    return h(
      "div",
      { class: "oc-panel" },
      h("h2", { class: "oc-step" }, "No profile yet"),
      h(
        "p",
        { class: "oc-lead" },
        "A profile says what a workspace may use, what it costs and who may start it.",
      ),
      mayPropose ? h("a", { class: "oc-button oc-main", href: page("profiles/new") }, "New profile") : null,
    );
  }
  return section(
    "all",
    "All profiles",
    table(
      "All profiles",
      [
        {
          title: "Profile",
          header: true,
          cell: (one) => [
            h("a", { href: page(`profiles/${one.id}`) }, one.title),
            " ",
            h("code", {}, one.id),
          ],
        },
        { title: "State", cell: (one) => stateChip(one.state) },
        { title: "Version", numeric: true, cell: (one) => String(one.version) },
        { title: "In use now", numeric: true, cell: (one) => String(one.users_now) },
        { title: "EUR an hour", numeric: true, cell: (one) => euro(one.price_eur_per_hour) },
        {
          title: "Last change",
          cell: (one) => [
            moment(one.changed_at),
            h("span", { class: "oc-muted" }, changedBy(one.changed_by)),
          ],
        },
        {
          title: "To review",
          numeric: true,
          cell: (one) =>
            one.pending
              ? chip(String(one.pending), "info", count(one.pending, "change waits", "changes wait"))
              : "0",
        },
        { title: "Next", cell: next },
      ],
      profiles,
    ),
  );
}

function next(one) {
  const [word, path] = mayPropose ? ["Edit", `profiles/${one.id}/edit`] : ["Open", `profiles/${one.id}`];
  return h("a", { class: "oc-button", href: page(path), "aria-label": `${word} ${one.title}` }, word);
}

function waiting(changes) {
  if (!changes.length) return null;
  return section(
    "waiting",
    "Waiting for somebody",
    h(
      "ul",
      { class: "oc-rows" },
      changes.map((one) =>
        h(
          "li",
          {},
          h("a", { href: page(`profiles/changes/${one.id}`) }, changeTitle(one)),
          stateChip(one.state),
          h("span", { class: "oc-muted", title: exact(one.created_at) }, `by ${one.author}: ${one.reason}`),
          h(
            "a",
            {
              class: `oc-button ${one.may_review ? "oc-main" : ""}`,
              href: page(`profiles/changes/${one.id}`),
              "aria-label": `${one.may_review ? "Review" : "Open"}: ${changeTitle(one)}`,
            },
            one.may_review ? "Review" : "Open",
          ),
        ),
      ),
    ),
  );
}
