// The one function through which the pages talk to the platform: same origin, by way of the hub's
// relay, with the XSRF token of the page. No token of the platform is ever here.

const BASE = `${window.jhdata.base_url}octavo/api/`;
const WRITES = new Set(["POST", "PUT", "DELETE"]);

/** An answer that is an error, in the platform's one shape. */
export class Refused extends Error {
  /** @param {number} status @param {{error?: string, message?: string, remedy?: string, request_id?: string}} body */
  constructor(status, body) {
    super(body.message || `The hub answered ${status}.`);
    this.status = status;
    this.code = body.error || "unknown";
    this.remedy = body.remedy || "";
    this.requestId = body.request_id || "";
  }

  /** What was wrong and what to do, as one text. */
  get whole() {
    return [this.message, this.remedy].filter(Boolean).join(" ");
  }
}

/**
 * Ask the platform, and return the answer's JSON (null for none).
 *
 * A write carries a key of its own, so that a repeated one is carried out once.
 * @param {string} method
 * @param {string} path below the platform's API
 * @param {{body?: unknown, query?: Record<string, string>, signal?: AbortSignal}} more
 */
export async function ask(method, path, { body, query, signal } = {}) {
  const headers = { "X-XSRFToken": window.jhdata.xsrf_token, Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (WRITES.has(method)) headers["Idempotency-Key"] = freshKey();
  const response = await answered(address(path, query), {
    method,
    headers,
    signal,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = parsed(text);
  if (!response.ok) throw new Refused(response.status, answer || {});
  return answer;
}

/** Return the address of a path of the platform, as the browser reaches it. */
export function address(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  return `${BASE}${path.split("/").map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

async function answered(url, options) {
  try {
    return await fetch(url, { ...options, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, {
      error: "hub_away",
      message: "The hub doesn't answer.",
      remedy: "Check your connection; what you typed stays on this page. Then try again.",
    });
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function freshKey() {
  // Not crypto.randomUUID: browsers have it only where the hub is served over TLS.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) =>
    one.toString(16).padStart(2, "0"),
  ).join("");
}
