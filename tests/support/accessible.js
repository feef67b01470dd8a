// What is wrong with the page that is shown: unnamed controls, doubled ids, skipped headings, scrolling.
() => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert], [aria-hidden=true]");
  const text = (one) => (one?.textContent || "").trim();
  const named = (one) => Boolean(
    one.getAttribute("aria-label")
    || (one.getAttribute("aria-labelledby") || "").split(" ").some((id) => text(document.getElementById(id)))
    || [...(one.labels || [])].some(text)
    || (!one.matches("input, select, textarea") && (text(one) || one.querySelector("img[alt]:not([alt=''])"))));
  const found = [];
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, dialog, [role=img], [role=region], [role=group], meter, progress")) {
    if (seen(one) && !named(one)) found.push(`no name: ${one.outerHTML.slice(0, 120)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) found.push(`id twice: ${id}`);
  for (const one of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
    for (const name of ["aria-describedby", "aria-labelledby"]) {
      for (const id of (one.getAttribute(name) || "").split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) found.push(`${name} leads nowhere: ${id}`);
      }
    }
  }
  let level = 0;
  for (const one of [...document.querySelectorAll("main h1, main h2, main h3, main h4")].filter(seen)) {
    const now = Number(one.tagName[1]);
    if (now > level + 1) found.push(`heading ${now} after ${level}: ${text(one)}`);
    level = now;
  }
  if (document.querySelectorAll("main").length !== 1) found.push("not one main");
  if (document.querySelectorAll("main h1").length !== 1) found.push("not one h1");
  for (const one of document.querySelectorAll("[tabindex]")) if (Number(one.getAttribute("tabindex")) > 0) found.push("tabindex above 0");
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) found.push(`scrolls sideways by ${over} px`);
  return found;
}
