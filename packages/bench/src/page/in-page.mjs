// What runs in a page that is measured, before anything of its own does. It is text for the
// browser: no module imports it.
const paintedSoon = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now());
      channel.port2.postMessage(null);
    });
  });

globalThis.bench = {
  /** When the first row was painted, or the snapshot was parsed; null until then. */
  rowsMs: null,
  longTasks: 0,

  firstPaintMs: () =>
    performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => startTime)[0] ?? null,

  /**
   * The times between the frames that come within `ms`; with `scroll`, while the page is scrolled
   * far in each.
   */
  frames(ms, scroll) {
    return new Promise((resolve) => {
      const gaps = [];
      let last;
      const since = performance.now();
      const next = (now) => {
        if (last !== undefined) gaps.push(now - last);
        last = now;
        if (scroll) window.scrollTo(0, Math.random() * document.documentElement.scrollHeight);
        if (performance.now() - since < ms) requestAnimationFrame(next);
        else resolve(gaps);
      };
      requestAnimationFrame(next);
    });
  },

  /**
   * Resolves with the time from the next key to the frame that shows its rows; where there are
   * none, to the next frame.
   */
  keystroke() {
    return new Promise((resolve) => {
      const rows = () => document.querySelector("table")?.getAttribute("aria-rowcount") ?? null;
      const before = rows();
      const pressed = ({ timeStamp }) => {
        const finish = async () => resolve((await paintedSoon()) - timeStamp);
        if (before === null) {
          void finish();
          return;
        }
        const changes = new MutationObserver(() => {
          if (rows() === before) return;
          changes.disconnect();
          void finish();
        });
        changes.observe(document.body, { subtree: true, childList: true, attributes: true });
      };
      addEventListener("keydown", pressed, { capture: true, once: true });
    });
  },

  /** Reads the stream as a page has to: each event is parsed, and forgotten. */
  async parseOnly() {
    const since = performance.now();
    const { body } = await fetch("/api/v1/stream");
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let looked = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n", looked); end >= 0; end = text.indexOf("\n\n")) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        const data = event.indexOf("\ndata: ");
        if (data >= 0) globalThis.parsed = JSON.parse(event.slice(data + 7));
        if (event.includes("event: snapshot\n")) bench.rowsMs ??= performance.now() - since;
      }
      looked = Math.max(0, text.length - 1);
    }
  },
};

new PerformanceObserver((list) => {
  // The first second belongs to the start.
  bench.longTasks += list.getEntries().filter(({ startTime }) => startTime > 1_000).length;
}).observe({ type: "longtask", buffered: true });

const firstRow = new MutationObserver(() => {
  if (document.querySelector("tbody [aria-rowindex]") === null) return;
  firstRow.disconnect();
  void paintedSoon().then((paintedMs) => {
    bench.rowsMs = paintedMs;
  });
});
firstRow.observe(document, { childList: true, subtree: true });
