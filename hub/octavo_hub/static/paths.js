// Reads and changes a nested document by a path such as "prices.0.per_hour".

/** Return what is at a path; undefined for nothing. */
export function at(document, path) {
  return keys(path).reduce(
    (inner, key) => (inner === null || inner === undefined ? undefined : inner[key]),
    document,
  );
}

/** Return a copy with a value at a path; undefined takes it out, with what it leaves empty. */
export function changed(document, path, value) {
  const copy = structuredClone(document ?? {});
  put(copy, keys(path), value);
  return copy;
}

function put(inner, [key, ...rest], value) {
  if (!rest.length) {
    if (value !== undefined) inner[key] = value;
    else if (Array.isArray(inner)) inner.splice(Number(key), 1);
    else delete inner[key];
    return;
  }
  if (inner[key] === null || typeof inner[key] !== "object") inner[key] = /^\d+$/.test(rest[0]) ? [] : {};
  put(inner[key], rest, value);
  if (value === undefined && !Array.isArray(inner[key]) && !Object.keys(inner[key]).length) delete inner[key];
}

/** Return the one way to write a path: "prices[0].per_hour" is "prices.0.per_hour". */
export const normal = (path) => path.replace(/\[(\d+)\]/g, ".$1").replace(/^[.$]+/, "");

const keys = (path) => path.split(".");
