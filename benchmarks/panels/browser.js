// What the page measures by itself: only it knows when its frames were drawn.
(() => {
  const grid = () => document.querySelector('.jp-octavo-RunTable');
  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));

  /** Lines in sight, and how many of them are loaded. */
  const seen = node => {
    const from = Math.ceil(node.scrollTop / 28);
    const to = from + Math.floor((node.clientHeight - 32) / 28);
    const rows = [...node.querySelectorAll('[data-line]')].filter(row => {
      const line = Number(row.dataset.line);
      return line >= from && line < to && !row.hasAttribute('aria-busy');
    });
    return [rows.length, to - from];
  };

  /** When the first picture with runs is there; undefined when none is by then. */
  const painted = async deadline => {
    while (!document.querySelector('.jp-octavo-RunRow:not(.jp-mod-loading)')) {
      if (performance.now() > deadline) {
        return undefined;
      }
      await frame();
    }
    await frame();
    return performance.now();
  };

  window.octavoPanels = {
    /** Watch for the first runs that the table draws; `firstPaint` tells of them. */
    awaitRuns(limit) {
      performance.clearResourceTimings();
      performance.setResourceTimingBufferSize(2000);
      this.painted = painted(performance.now() + limit);
    },

    /** The time from the end of the answer with runs to their first picture, once there is one; else why there is none. */
    async firstPaint() {
      const at = await this.painted;
      if (at === undefined) {
        return { missing: 'the table of runs drew no run in time' };
      }
      const answers = performance.getEntriesByType('resource').filter(entry => /experiments\/runs\?.*order_by/.test(entry.name) && entry.responseStatus === 200 && entry.responseEnd < at);
      return answers.length > 0 ? { took: at - answers[0].responseEnd } : { missing: 'the browser noted no answer with the runs that the table drew' };
    },

    height: () => grid().scrollHeight - grid().clientHeight,

    async scroll(pixels, frames) {
      const node = grid();
      node.scrollTop = 0;
      await frame();
      await frame();
      const times = [await frame()];
      let [loaded, lines] = [0, 0];
      for (let at = 1; at <= frames; at++) {
        node.scrollTop = Math.round(at * pixels);
        times.push(await frame());
        if (at % 10 === 0) {
          const [there, all] = seen(node);
          loaded += there;
          lines += all;
        }
      }
      const gaps = times.slice(1).map((time, at) => time - times[at]);
      return { fps: (1000 * gaps.length) / (times[times.length - 1] - times[0]), worst: Math.max(...gaps), seen: (100 * loaded) / lines };
    }
  };
})();
