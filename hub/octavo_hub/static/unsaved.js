// Keeps an edit in this tab until it is sent: a reload, a sign-in that ended or a crash loses nothing.

/** What one page's editor keeps. */
export class Unsaved {
  /** @param {string} name what is edited */
  constructor(name) {
    this.key = `octavo-edit:${name}`;
    this.dirty = false;
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
  }

  /** Return what was kept, or null. */
  kept() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  /** Keep an edit; leaving the page warns from now on. */
  keep(edit) {
    this.dirty = true;
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ ...edit, at: new Date().toISOString() }));
    } catch {
      // A browser that stores nothing still warns before the page is left.
    }
  }

  /** Forget it: it was sent, or thrown away. */
  forget() {
    this.dirty = false;
    sessionStorage.removeItem(this.key);
  }
}
