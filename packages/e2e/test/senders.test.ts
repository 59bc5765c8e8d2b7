import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { FrozenMonitor, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, snippetsIn } from "./document.js";
import { isSender } from "./markdown-snippet.js";
import { runProgram } from "./program-run.js";
import { RecordingListener } from "./recording-listener.js";
import { commandOf, isInstalled } from "./toolchain.js";

/** A sender is far below this; a sender that waits for the monitor is killed here. */
const limitMs = 10_000;

/** What makes the line with the heartbeat a flood that no socket buffer takes. */
const floods = {
  python: (statement: string) => `for _ in range(50_000): ${statement}`,
  rust: (statement: string) => `for _ in 0..50_000 { ${statement} }`,
  go: (statement: string) => `for i := 0; i < 50_000; i++ { ${statement} }`,
  js: (statement: string) => `for (let i = 0; i < 50_000; i++) { ${statement} }`,
};
const runner = join(root, "packages", "protocol", "bin", "kissbot-conformance.mjs");
const languages = Object.keys(floods) as (keyof typeof floods)[];
const senders = snippetsIn("docs/protocol.md").filter(isSender);

test("the specification has one sender in each language", () => {
  const shown = senders.map(({ language }) => language).filter((language) => language !== "sh");
  expect(shown.sort()).toEqual([...languages].sort());
});

for (const language of languages) {
  const text = senders.find((snippet) => snippet.language === language)?.text ?? "";

  describe.skipIf(!isInstalled(language))(`the sender in ${language}`, () => {
    const place = new TemporaryFolder("sender");
    const folder = place.path;
    let path: string;
    let command: readonly string[];
    let flood: readonly string[];

    beforeAll(() => {
      path = join(folder, "monitor.sock");
      command = commandOf(language, text, mkdtempSync(join(folder, "sender-")));
      const flooding = text.replace(/^(\s*)(.*"heartbeat".*)$/m, (_, indentation, statement) => {
        return indentation + floods[language](statement);
      });
      expect(flooding).not.toBe(text);
      flood = commandOf(language, flooding, mkdtempSync(join(folder, "flood-")));
    }, 120_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each(["its argument", "the environment"])(
      "registers, beats, reports and says goodbye to the socket of %s",
      async (source) => {
        const listener = await RecordingListener.open(path);
        try {
          const byArgument = source === "its argument";
          const run = await runProgram(byArgument ? [...command, path] : command, {
            cwd: folder,
            env: { KISSBOT_MONITOR_SOCKET: byArgument ? join(folder, "another.sock") : path },
            limitMs,
          });
          expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
          const messages = await listener.messages(1);
          expect(messages.map(({ type }) => type)).toEqual([
            "register",
            "heartbeat",
            "llm_usage",
            "unregister",
          ]);
          expect(new Set(messages.map(({ channel }) => channel))).toEqual(new Set(["lounge"]));
          const pids = messages.flatMap((message) => ("pid" in message ? [message.pid] : []));
          expect(pids).toEqual([run.pid, run.pid, run.pid]);
        } finally {
          await listener.close();
        }
      },
    );

    test("takes an empty KISSBOT_MONITOR_SOCKET for an absent one [conformance/R15]", async () => {
      const listener = await RecordingListener.open(path);
      try {
        const moved = text.replace("/tmp/kissbot_monitor.sock", path);
        expect(moved).not.toBe(text);
        const own = commandOf(language, moved, mkdtempSync(join(folder, "default-")));
        const env = { KISSBOT_MONITOR_SOCKET: "" };
        const run = await runProgram([...own], { cwd: folder, env, limitMs });
        expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
        expect((await listener.messages(1)).map(({ type }) => type)).toContain("unregister");
      } finally {
        await listener.close();
      }
    }, 120_000);

    test("ends by itself with code 0 whatever the monitor does [conformance/R14]", async () => {
      const args = [runner, "sender", "--json", "--", ...command];
      const run = await runProgram([process.execPath, ...args], { cwd: folder, limitMs: 580_000 });
      const { cases } = JSON.parse(run.stdout) as { cases: { id: string; outcome: string }[] };
      const ends = cases.filter(({ id }) => id.endsWith(":C-13"));
      expect(ends.length).toBeGreaterThanOrEqual(16);
      expect(cases.filter(({ outcome }) => outcome === "fail")).toEqual([]);
      // A machine that is too busy to tell makes some inconclusive, and never all.
      expect(ends.map(({ outcome }) => outcome)).toContain("pass");
      expect(run).toMatchObject({ code: 0, late: false });
    }, 600_000);

    test("ends well where each connection is closed at once [conformance/R14]", async () => {
      const server = createServer((socket) => socket.destroy()).listen(path);
      await once(server, "listening");
      try {
        const run = await runProgram([...flood, path], { cwd: folder, limitMs });
        expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
      } finally {
        server.close();
        await once(server, "close");
      }
    });

    test("ends well where nobody listens", async () => {
      const run = await runProgram([...flood, path], { cwd: folder, limitMs });
      expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
    });

    test("is not held by a monitor that never reads, however much it sends", async () => {
      const monitor = await FrozenMonitor.open(path);
      try {
        const run = await runProgram([...flood, path], { cwd: folder, limitMs });
        expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
      } finally {
        await monitor.close();
        rmSync(path, { force: true });
      }
    });

    test("is not held by a frozen monitor whose backlog is full", async () => {
      const monitor = await FrozenMonitor.openFull(path);
      try {
        const run = await runProgram([...command, path], { cwd: folder, limitMs });
        expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
      } finally {
        await monitor.close();
        rmSync(path, { force: true });
      }
    });
  });
}

test("a frozen monitor does hold a sender that waits", async () => {
  using place = new TemporaryFolder("sender");
  await using monitor = await FrozenMonitor.open(place.socketPath);
  const waiting = 'require("net").connect(process.argv[1]).end(Buffer.alloc(10_000_000))';
  const run = await runProgram([process.execPath, "-e", waiting, monitor.path], {
    cwd: place.path,
    limitMs: 1_500,
  });
  expect(run.late).toBe(true);
});
