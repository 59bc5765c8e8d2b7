import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HookServer, says, type TakenRequest } from "../notices/hook-server.js";
import { run } from "./program-run.js";

const planted = "pLanted-s3cret-token";

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("alerts");
});
afterEach(() => place[Symbol.dispose]());

function config(...receivers: readonly string[]): string {
  const path = place.file("monitor.yaml");
  writeFileSync(
    path,
    `monitoring:\n  alerts:\n    receivers:\n${receivers.map((line) => `      ${line}\n`).join("")}`,
  );
  chmodSync(path, 0o600);
  return path;
}

describe("alerts test", () => {
  test("sends a notice to the one URL of the environment, and says status, time and id [alerts/A31]", async () => {
    await using server = await HookServer.start(says(202));
    const environment = { KISSBOT_MONITOR_ALERT_URL: server.url(`/${planted}#whsec_c2VjcmV0`) };
    const { code, stdout, stderr } = await run(["alerts", "test", "--name", "bots-7"], { environment });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^default \(webhook\): delivered \(202\) after \d+ ms\n {2}id test-[0-9a-f-]{36}\n$/,
    );
    expect(server.requests).toHaveLength(1);
    const { path, headers, body } = server.requests[0] as TakenRequest;
    expect(path).toBe(`/${planted}`);
    expect(headers["webhook-signature"]).toMatch(/^v1,/);
    const json = JSON.parse(body);
    expect(json).toMatchObject({
      kind: "test",
      title: "TEST default",
      monitor: "bots-7",
      receiver: "default",
    });
    expect(stdout).toContain(json.notice_id);
    expect(headers["webhook-id"]).toBe(json.notice_id);
  });

  test("leaves no database, no socket and no state file behind [alerts/A31]", async () => {
    await using server = await HookServer.start(says(200));
    const environment = {
      KISSBOT_MONITOR_ALERT_URL: server.url(),
      KISSBOT_MONITOR_STORE: place.file("kb.db"),
      KISSBOT_MONITOR_SOCKET: place.file("kb.sock"),
    };
    expect((await run(["alerts", "test"], { environment })).code).toBe(0);
    expect([existsSync(place.file("kb.db")), existsSync(place.file("kb.sock"))]).toEqual([false, false]);
  });

  test("tells of each receiver what became of it, and ends in 1 if one got nothing [alerts/A31]", async () => {
    await using fine = await HookServer.start(says(200, '{"id":"42"}'));
    await using gone = await HookServer.start(says(404, `no webhook ${planted}`));
    await using slow = await HookServer.start(says(429, "", { "retry-after": "7" }));
    const path = config(
      `ops: { discord: { url: "${fine.url(`/api/webhooks/1/${planted}`)}" } }`,
      `chat: { slack: { url: "${gone.url(`/${planted}`)}" } }`,
      `hook: { webhook: { url: "${slow.url()}" } }`,
      'page: { exec: { command: [/bin/sh, -c, "echo no modem >&2; exit 3"] } }',
    );
    const all = await run(["alerts", "test", "--config", path]);
    expect(all.code).toBe(1);
    expect(all.stdout).not.toContain(planted);
    expect(all.stdout.replaceAll(/after \d+ ms/g, "after N ms").replaceAll(/test-\S{36}/g, "ID")).toBe(
      [
        "ops (discord): delivered (200) after N ms\n  id ID, there 42",
        "chat (slack): refused: the address or the secret is wrong (127.0.0.1: 404 Not Found: no webhook ***) after N ms\n  id ID",
        "hook (webhook): refused (127.0.0.1: 429 Too Many Requests; again in 7 s) after N ms\n  id ID",
        "page (exec): refused (exit code 3: no modem) after N ms\n  id ID\n",
      ].join("\n"),
    );
    const one = await run(["alerts", "test", "ops", "--config", path, "--json"]);
    expect(one.code).toBe(0);
    expect(JSON.parse(one.stdout)).toEqual({
      receivers: [
        {
          receiver: "ops",
          kind: "discord",
          notice_id: expect.stringMatching(/^test-/),
          outcome: "delivered",
          detail: "200",
          remote_id: "42",
          duration_ms: expect.any(Number),
          sent_as_plain_text: false,
          items_left_out: 0,
        },
      ],
    });
    expect(gone.requests).toHaveLength(1);
  });

  test("sends what a receiver cannot read once more, as bare text", async () => {
    await using server = await HookServer.start([says(400, "bad embed"), says(200)]);
    const path = config(`ops: { discord: { url: "${server.url()}" } }`);
    const { code, stdout } = await run(["alerts", "test", "--config", path]);
    expect(code).toBe(0);
    expect(stdout).toContain("the first form was refused (400); this is the bare text");
    expect(JSON.parse(server.requests[1]?.body ?? "").content).toContain("TEST ops");
  });

  test.each([
    ["down", "TEST · DOWN example/bot-1", 1],
    ["up", "TEST · UP example/bot-1", 1],
    ["storm", "TEST · DOWN 40 bots", 40],
  ])("--as %s sends what such news look like", async (as, title, items) => {
    await using server = await HookServer.start(says(200));
    const environment = { KISSBOT_MONITOR_ALERT_URL: server.url() };
    expect((await run(["alerts", "test", "--as", as], { environment })).code).toBe(0);
    const json = JSON.parse(server.requests[0]?.body ?? "");
    expect({ title: json.title, items: json.items.length }).toEqual({ title, items });
  });

  test("--dry-run prints what would be sent, sends nothing, and shows no secret [alerts/A27]", async () => {
    await using server = await HookServer.start(says(200));
    const path = config(
      `ops: { discord: { url: "${server.url(`/${planted}`)}" } }`,
      `hook: { webhook: { url: "${server.url()}", secret: ${planted} } }`,
    );
    for (const more of [[], ["--json"]]) {
      const { code, stdout } = await run(["alerts", "test", "--dry-run", "--config", path, ...more]);
      expect(code).toBe(0);
      expect(stdout).toContain("allowed_mentions");
      expect(stdout).not.toContain(planted);
    }
    expect(server.requests).toHaveLength(0);
  });

  test("of no receiver, or of one that there is not, says so and ends in 2", async () => {
    const none = await run(["alerts", "test"]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("error: no receiver is set: set KISSBOT_MONITOR_ALERT_URL=");
    const path = config("pager: { exec: { command: x } }");
    const other = await run(["alerts", "test", "pagre", "--config", path]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('error: there is no receiver "pagre": did you mean pager?');
    expect((await run(["alerts", "test", "--as", "x"])).code).toBe(2);
  });

  test("of a secret that is not there says which, and tries the others", async () => {
    await using server = await HookServer.start(says(200));
    const path = config(
      "a: { webhook: { url_env: HOOK_URL } }",
      `b: { webhook: { url: "${server.url()}" } }`,
      "c: { webhook: { url_file: /nowhere/url } }",
    );
    const { code, stdout, stderr } = await run(["alerts", "test", "--config", path]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'monitor.yaml:4:23 monitoring.alerts.receivers.a.webhook.url_env: the variable "HOOK_URL" is not set',
    );
    expect(stdout).toContain('a (webhook): refused (the variable "HOOK_URL" is not set)');
    expect(stdout).toContain("b (webhook): delivered (200)");
    expect(stdout).toContain("c (webhook): refused (the secret's file cannot be read (ENOENT))");
  });
});
