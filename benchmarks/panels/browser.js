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

  window.octavoPanels = {
    firstPaint: undefined,

    /** Note the time from the end of the first answer with runs to their first picture. */
    awaitRuns() {
      performance.clearResourceTimings();
      performance.setResourceTimingBufferSize(2000);
      const look = async () => {
        while (!document.querySelector('.jp-octavo-RunRow:not(.jp-mod-loading)')) {
          await frame();
        }
        await frame();
        const painted = performance.now();
        const answers = performance.getEntriesByType('resource').filter(entry => /experiments\/runs\?.*order_by/.test(entry.name));
        this.firstPaint = this.paint = painted - answers[0].responseEnd;
      };
      void look();
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
