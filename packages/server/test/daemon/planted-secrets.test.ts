import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { Child, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { SMTPServer } from "smtp-server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand, startMonitor } from "../cli/command.js";
import { HookServer, type TakenRequest } from "../notices/hook-server.js";

const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const patient = { timeoutMs: 60_000 };

/** A secret of every setting and receiver that has one. Those with an own form have it. */
const planted = {
  discord: "pLantedDiscordWebhook",
  slack: "pLantedSlackHook",
  webhook: "pLantedWebhookPath",
  signing: 'pLanted signing "secret"',
  telegram: "4711:pLantedTelegramToken",
  ntfyTopic: "pLantedNtfyTopic",
  ntfyToken: "pLantedNtfyToken",
  mail: "pLanted/mail+password",
  pagerduty: "pLantedPagerDutyKey0123456789abc",
  deadman: "pLantedDeadmanPing",
  first: "pLantedFirstAddress",
  httpToken: "pLantedHttpReadToken0123456789abcdef",
  httpWriteToken: "pLantedHttpWriteToken0123456789abcdef",
} as const;

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("secrets");
});
afterEach(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

/**
 * All that came, back in the answer: in a refusal, then as the id of what was taken, then as a
 * wrong address.
 */
function echoes(): ((response: ServerResponse, request: TakenRequest) => void)[] {
  const said = (text: string, { path, headers, body }: TakenRequest) => {
    const [heard, raw] = [`${path} ${JSON.stringify(headers)} ${body}`, decodeURIComponent(path)];
    return JSON.stringify({
      id: heard.slice(0, 100),
      result: { message_id: path },
      message: `${text} ${raw} ${heard}`,
    });
  };
  return [
    (response, request) => response.writeHead(429, { "retry-after": "0" }).end(said("later", request)),
    (response, request) => response.writeHead(200).end(said("taken", request)),
    (response, request) => response.writeHead(403).end(said("no", request)),
  ];
}

/** A mail server that refuses each password, and says which one. */
async function refusingMailServer(): Promise<SMTPServer> {
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password: given }, _session, done) => {
      const password = given ?? "";
      const coded = Buffer.from(`\0${username}\0${password}`).toString("base64");
      done(new Error(`no ${password} ${Buffer.from(password).toString("base64")} ${coded}`));
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

/** The forms in which a text may be written. */
function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
    Buffer.from(`\0bot\0${secret}`).toString("base64"),
  ];
}

function expectNoSecret(place: string, text: string): void {
  for (const [name, secret] of Object.entries(planted)) {
    for (const form of formsOf(secret)) {
      const at = text.indexOf(form);
      expect(at === -1 ? "" : text.slice(Math.max(0, at - 100), at + 60), `${name} in ${place}`).toBe("");
    }
  }
}

test("no planted secret is in the log, an answer, the database or a command's words, whatever the receivers answer [alerts/A27]", async () => {
  const kinds = ["discord", "slack", "webhook", "telegram", "ntfy", "pagerduty", "deadman", "first"] as const;
  const servers = new Map<string, HookServer>();
  for (const kind of kinds) servers.set(kind, await HookServer.start(echoes()));
  const at = (kind: (typeof kinds)[number], path = "") => (servers.get(kind) as HookServer).url(path);
  const mail = await refusingMailServer();
  const { port } = mail.server.address() as { port: number };
  const signing = place.file("signing");
  writeFileSync(signing, planted.signing, { mode: 0o600 });
  const config = place.file("monitor.yaml");
  const words = 'echo "$KISSBOT_MONITOR_HTTP_TOKEN $KISSBOT_MONITOR_ALERT_URL" >&2; exit 1';
  const receivers = {
    discord: { discord: { url: at("discord", `/api/webhooks/1/${planted.discord}`) } },
    slack: { slack: { url: at("slack", `/services/T/B/${planted.slack}`) } },
    webhook: { webhook: { url: at("webhook", `/in?key=${planted.webhook}`), secret_file: signing } },
    telegram: { telegram: { token: planted.telegram, chat_id: "-1", api_url: at("telegram", "") } },
    ntfy: { ntfy: { url: at("ntfy", `/${planted.ntfyTopic}`), token_env: "NTFY_TOKEN" } },
    pagerduty: { pagerduty: { routing_key: planted.pagerduty, api_url: at("pagerduty", "") } },
    program: { exec: { command: ["/bin/sh", "-c", words] } },
    mail: {
      smtp: {
        host: "127.0.0.1",
        port,
        tls: "none",
        user: "bot",
        password: planted.mail,
        from: "bots@mail.example",
        to: ["ops@mail.example"],
      },
    },
  };
  const down = { down: { for: "0s", hold: "0s" } };
  const alerts = {
    receivers,
    rules: down,
    group_wait: "0s",
    group_interval: "0s",
    reminder: false,
    deadman: { url: at("deadman", `/ping/${planted.deadman}`), every: "10s" },
  };
  writeFileSync(config, JSON.stringify({ monitoring: { alerts } }));
  chmodSync(config, 0o600);
  const env = {
    NTFY_TOKEN: planted.ntfyToken,
    KISSBOT_MONITOR_ALERT_URL: at("first", `/${planted.first}#${planted.webhook}`),
    KISSBOT_MONITOR_HTTP_TOKEN: planted.httpToken,
    KISSBOT_MONITOR_HTTP_WRITE_TOKEN: planted.httpWriteToken,
  };
  const flags = ["--config", config, "--log-level", "trace"];
  const {
    child,
    socketPath,
    at: [, address = ""],
  } = await startMonitor(place.path, flags, [], { env });
  const headers = { authorization: `Bearer ${planted.httpToken}` };
  const answer = async (path: string) => (await fetch(`http://${address}${path}`, { headers })).text();
  type Receiver = { readonly name: string; readonly state: string; readonly sent: number };
  const states = async () => {
    const { receivers: all } = JSON.parse(await answer("/api/v1/receivers")) as { receivers: Receiver[] };
    return new Map(all.map((one) => [one.name, one]));
  };

  await using bot = Child.node([botFile, socketPath, "x", "beat", "500"]);
  const told = ["default", "discord", "slack", "webhook", "telegram", "ntfy"];
  await until(
    "the first message was refused once and then taken",
    async () => {
      const all = await states();
      return told.every((name) => (all.get(name)?.sent ?? 0) > 0);
    },
    patient,
  );
  await bot.kill();
  await until(
    "every receiver has failed",
    async () => {
      const all = await states();
      const broken = [...told, "pagerduty", "mail"].every((name) => all.get(name)?.state === "broken");
      return broken && all.get("program")?.state === "failing";
    },
    patient,
  );

  const { paths } = JSON.parse(await answer("/api/v1/openapi.json")) as { paths: Record<string, object> };
  const asked = Object.entries(paths).flatMap(([path, of]) =>
    "get" in of && !path.includes("{") ? [path] : [],
  );
  expect(asked).toContain("/api/v1/notices");
  const [open] = JSON.parse(await answer("/api/v1/alerts")).alerts as { alert_id: string }[];
  const more = [
    "/api/v1/alerts/explain?channel=x",
    `/api/v1/alerts/${open?.alert_id}`,
    "/api/v1/bots/x",
    "/healthz",
  ];
  for (const path of [...asked.filter((one) => !one.includes("stream")), ...more]) {
    expectNoSecret(path, await answer(path));
  }
  expect(await answer("/healthz")).toContain("***");
  expect(await answer("/api/v1/notices")).toContain("***");
  const commands = [
    ["config", "show", "--config", config],
    ["config", "check", "--config", config],
    ["alerts", "test", "--config", config],
    ["alerts", "test", "--config", config, "--dry-run"],
    ["alerts", "--http", address],
    ["alerts", "explain", "x", "--http", address],
    ["doctor", "--config", config, "--http", address, "--socket", socketPath],
  ];
  for (const args of commands) {
    const { stdout, stderr } = await runCommand(args, { folder: place.path, env });
    expectNoSecret(args.join(" "), `${stdout}${stderr}`);
  }

  child.signal("SIGTERM");
  const { stdout, stderr } = await child.exited;
  expect(stderr).toContain("a notice was not delivered");
  expect(stderr).toContain("the dead-man switch did not take its ping");
  expectNoSecret("the monitor's log", `${stdout}${stderr}`);
  const files = readdirSync(place.path).filter((name) => name.startsWith("kb.db"));
  expect(files).toContain("kb.db");
  const bytes = files.map((name) => readFileSync(place.file(name)).toString("latin1")).join("");
  expect(bytes).toContain("receiver_failing");
  expectNoSecret("the database", bytes);
  for (const [kind, server] of servers) {
    // It was sent there, and came back in the answer.
    expect(JSON.stringify(server.requests), kind).toContain("pLanted");
    await server[Symbol.asyncDispose]();
  }
  await new Promise<void>((resolve) => mail.close(resolve));
}, 180_000);
