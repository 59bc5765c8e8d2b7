import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import type { LeaderNews } from "../../src/fleet/index.js";

const threads = vi.hoisted(() => [] as { emit(name: string, value?: unknown): boolean }[]);

vi.mock("node:worker_threads", async (original) => ({
  ...(await original<typeof import("node:worker_threads")>()),
  Worker: class extends EventEmitter {
    constructor() {
      super();
      threads.push(this);
    }
    postMessage(message: { readonly kind: string }): void {
      if (message.kind === "close") this.emit("exit");
    }
  },
}));

test("who leads is unknown once the thread that knew it has ended", async () => {
  const { startForwarding } = await import("../../src/fleet/forwarding.js");
  vi.useFakeTimers();
  try {
    const told: LeaderNews[] = [];
    const forwarding = startForwarding({
      store: "/tmp/kissbot_monitor.db",
      fleet: "postgres://kissbot@db.example.org/bots",
      name: "here",
      leads: true,
      onNews: (news) => told.push(news),
    });
    const leads = { isLeader: true, leader: { name: "here", isHub: false }, incidents: [] };
    threads[0]?.emit("message", { kind: "news", news: leads });
    threads[0]?.emit("error", new Error("out of memory"));
    threads[0]?.emit("exit");
    const unknown = { isLeader: false, leader: null, incidents: null };
    expect(told).toEqual([leads, unknown]);
    expect(forwarding.status.detail).toContain("out of memory");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(threads).toHaveLength(2);
    // One that told nothing takes nothing back.
    threads[1]?.emit("exit");
    expect(told).toHaveLength(2);
    await forwarding.close();
  } finally {
    vi.useRealTimers();
  }
});
