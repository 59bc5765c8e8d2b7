import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import process from "node:process";
import { openStore, type StoreEvent } from "@kissbot/store";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { batchOf, botRow, everything, metricRows, usageRows } from "./rows.js";

const mb = 1024 * 1024;
const folder = new TemporaryFolder("store");
const mounted =
  process.platform === "linux" &&
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", folder.path]).status === 0;
if (!mounted)
  console.warn("disk.test.ts: SKIPPED, a small tmpfs cannot be mounted here (it takes Linux and root)");

afterAll(() => {
  if (mounted) spawnSync("umount", ["--lazy", folder.path]);
  folder[Symbol.dispose]();
});

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(folder.path);
  return bavail * bsize;
}

/** Takes room away until so much is left. */
function fill(leaveBytes: number, name = "ballast"): void {
  const size = freeBytes() - leaveBytes;
  if (size <= 0) return;
  try {
    writeFileSync(folder.file(name), Buffer.alloc(size));
  } catch (error) {
    // The store took some of the room meanwhile, so the disk is as full as it was to become.
    if (leaveBytes > 0 || (error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

test.skipIf(!mounted)(
  "a full disk refuses what does not fit, keeps what was taken, and recovers by itself",
  async () => {
    const events: StoreEvent[] = [];
    const path = folder.file("kissbot_monitor.db");
    const store = await openStore(path, { onEvent: (event) => events.push(event), maxWalBytes: mb });
    await store.write(batchOf({ llmUsage: usageRows(100), botMetrics: metricRows(100) }));
    let applied = 100;

    // Nearly full: metrics are refused, status and usage are still taken.
    fill(0.4 * mb);
    const mixed = batchOf({ botMetrics: metricRows(10), llmUsage: usageRows(10) });
    await expect(store.write(mixed)).rejects.toMatchObject({ code: "disk_full" });
    expect(store.state().status).toBe("disk_full");
    expect(await store.write(batchOf({ bots: [botRow()], llmUsage: usageRows(10) }))).toBe("applied");
    applied += 10;

    // Full: nothing can be written any more, and every answer is true.
    rmSync(folder.file("ballast"));
    fill(0);
    for (let refused = 0; refused < 3; ) {
      try {
        await store.write(batchOf({ llmUsage: usageRows(500) }));
        applied += 500;
      } catch (error) {
        expect(error).toMatchObject({ code: "disk_full" });
        refused += 1;
      }
      expect(applied).toBeLessThan(100_000);
    }
    expect((await store.usageTotals(everything))[0]?.calls, "readers still read").toBe(applied);
    await expect(store.backup(folder.file("copy.db"))).rejects.toMatchObject({
      code: expect.stringMatching(/disk_full|backup_failed/),
    });
    expect(readdirSync(folder.path).filter((name) => name.includes("copy"))).toEqual([]);

    // Freed: the state recovers without a write, and the batch that was refused is taken under its
    // old id.
    rmSync(folder.file("ballast"));
    await until("the state is ok again", () => store.state().status === "ok");
    expect(await store.write(mixed)).toBe("applied");
    expect(await store.write(mixed)).toBe("duplicate");
    applied += 10;
    await store.maintain();
    expect((await store.usageTotals(everything))[0]?.calls).toBe(applied);
    const statuses = events.filter((event) => event.kind === "status").map(({ to }) => to);
    expect(statuses[0]).toBe("disk_full");
    expect(statuses.at(-1)).toBe("ok");
    await store.close();

    const again = await openStore(path);
    expect((await again.usageTotals(everything))[0]?.calls).toBe(applied);
    expect((await again.channelSummary({ ...everything, channel: "channel_0" }))[0]?.samples).toBeGreaterThan(
      0,
    );
    await again.close();
  },
  60_000,
);

test.skipIf(!mounted)(
  "a database on a full disk opens again, or says disk_full, and nothing is set aside",
  async () => {
    const path = folder.file("full.db");
    const store = await openStore(path);
    await store.write(batchOf({ llmUsage: usageRows(100) }));
    await store.close();
    fill(0);
    const opening = await openStore(path).then(
      async (opened) => {
        expect((await opened.usageTotals(everything))[0]?.calls).toBe(100);
        await opened.close();
        return "opened";
      },
      (error: { code: string }) => error.code,
    );
    expect(["opened", "disk_full"]).toContain(opening);
    expect(readdirSync(folder.path).filter((name) => name.includes("corrupt"))).toEqual([]);
    rmSync(folder.file("ballast"));
    const again = await openStore(path);
    expect((await again.usageTotals(everything))[0]?.calls).toBe(100);
    await again.close();
  },
  60_000,
);

test.skipIf(!mounted)(
  "a full disk is told with the bytes that are free now, also while nothing is written [trial/O15]",
  async () => {
    const events: StoreEvent[] = [];
    const path = folder.file("told.db");
    const store = await openStore(path, { onEvent: (event) => events.push(event) });
    const tellsFreeBytes = (when: string) =>
      until(`the present number of bytes is told ${when}`, () => {
        const { status, detail } = store.state();
        return status === "disk_full" && (detail?.includes(`${freeBytes()} bytes are free`) ?? false);
      });
    await store.write(batchOf({ llmUsage: usageRows(10) }));

    fill(0.4 * mb);
    await expect(store.write(batchOf({ botMetrics: metricRows(10) }))).rejects.toMatchObject({
      code: "disk_full",
    });
    await tellsFreeBytes("when metrics were refused");
    fill(0.2 * mb, "more");
    await tellsFreeBytes("when others took room, and nothing was written");

    fill(0, "most");
    for (let refused = false; !refused; ) {
      await store.write(batchOf({ llmUsage: usageRows(500) })).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "disk_full" });
        refused = true;
      });
    }
    await tellsFreeBytes("when nothing can be written");
    rmSync(folder.file("more"));
    expect(freeBytes()).toBeGreaterThan(0);
    await tellsFreeBytes("when some room was made, and it does not suffice");
    expect(events.filter(({ kind }) => kind === "status")).toHaveLength(1);

    for (const name of ["ballast", "most"]) rmSync(folder.file(name), { force: true });
    await until("the state is ok again", () => store.state().status === "ok");
    expect(store.state().detail).toBeNull();
    await store.close();
  },
  60_000,
);
