import { fileURLToPath } from "node:url";
import { openStore } from "@kissbot/store";
import { Child, killChildren, lasting, silentLogger, until } from "@kissbot/testkit";
import { afterEach, expect, test } from "vitest";
import type { AlertSettings } from "../../src/config/alert-settings.js";
import type { LoadedSettings } from "../../src/config/load-settings.js";
import { Secret } from "../../src/config/secret.js";
import type { Settings } from "../../src/config/settings.js";
import { Daemon } from "../../src/daemon.js";
import { unset } from "../alerts/alert-world.js";
import { ask } from "../http/ask.js";
import { HookServer, says } from "../notices/hook-server.js";
import { mailTarget } from "../notices/sample.js";
import { Place, Running } from "./place.js";
import { promptAlerts, RecordingReceiver } from "./recording-receiver.js";

const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const patient = { timeoutMs: 20_000 };

afterEach(killChildren);

/** A monitor whose configuration a test changes while it runs. */
class Reloadable implements AsyncDisposable {
  readonly place = new Place();
  settings: Settings;
  readonly #daemon: Daemon;
  #running: Running | null = null;

  private constructor(alerts: AlertSettings) {
    this.settings = this.place.settings({ alerts });
    const readSettings = async (): Promise<LoadedSettings> => ({
      settings: this.settings,
      enabled: true,
      notices: [],
      leaves: [],
      configFile: null,
      origins: {} as LoadedSettings["origins"],
    });
    this.#daemon = new Daemon(this.settings, { logger: silentLogger, readSettings });
  }

  static async start(alerts: AlertSettings): Promise<Reloadable> {
    const made = new Reloadable(alerts);
    made.#running = new Running(made.#daemon, await made.#daemon.start());
    return made;
  }

  get monitor(): Running {
    return this.#running as Running;
  }

  /** Over the control socket. */
  async reload(change: Partial<Settings>): Promise<{ applied: string[]; needs_restart: string[] }> {
    this.settings = { ...this.settings, ...change };
    const { status, body } = await ask(`unix:${this.place.socketPath}.control`, "/api/v1/reload", {
      method: "POST",
    });
    expect(status).toBe(200);
    return body;
  }

  async bot(channel: string): Promise<Child> {
    const child = Child.node([botFile, this.place.socketPath, channel, "beat", "1000"]);
    const path = `/api/v1/bots/${encodeURIComponent(channel)}`;
    await until("it is seen", async () => (await this.monitor.get(path)).process_seen === true, patient);
    return child;
  }

  async open(): Promise<string[]> {
    const { alerts } = await this.monitor.get("/api/v1/alerts");
    return alerts.map((one: { rule: string; subject: string }) => `${one.rule} ${one.subject}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.stop();
    await this.place[Symbol.asyncDispose]();
  }
}

test("a monitor that had no receiver tells the first one of a reload what is down already, and then what happens [alerts/A34]", async () => {
  await using ops = await RecordingReceiver.start("ops");
  await using world = await Reloadable.start(promptAlerts());
  await (await world.bot("a")).kill();
  await until(
    "it is dead",
    async () => (await world.monitor.get("/api/v1/bots/a")).status === "dead",
    patient,
  );
  expect(await world.open()).toEqual([]);
  expect(await world.reload({ alerts: { ...promptAlerts(ops), groupWaitMs: 1_000 } })).toMatchObject({
    applied: ["alerts"],
    needs_restart: [],
  });
  await until("the first message came", () => ops.notices.length === 1, patient);
  expect(ops.notices[0]).toMatchObject({ kind: "first", items: [], fleet: { down: 1 } });
  await (await world.bot("b")).kill();
  await until("it is told", () => ops.told.length > 0, patient);
  expect(ops.told).toEqual(["down b"]);
  // And none any more: nothing is judged, and nobody is told.
  await world.reload({ alerts: promptAlerts() });
  await (await world.bot("c")).kill();
  await lasting("nobody is told", 2_000);
  expect(ops.told).toEqual(["down b"]);
  expect((await world.monitor.get("/api/v1/receivers")).receivers).toEqual([]);
});

test("a receiver that is reached elsewhere after a reload goes on where it was: no second down, and the recovery [alerts/A1] [alerts/A2]", async () => {
  await using before = await RecordingReceiver.start("ops");
  await using after = await RecordingReceiver.start("ops");
  await using gone = await RecordingReceiver.start("gone");
  await using world = await Reloadable.start(promptAlerts(before, gone));
  await until("the first messages came", () => before.notices.length + gone.notices.length === 2, patient);
  await using child = await world.bot("a");
  await child.kill();
  await until("it is told", () => before.told.length + gone.told.length === 2, patient);
  // From now on it refuses, and its backoff must not keep the next address waiting.
  before.reply = (response) => response.writeHead(404).end();
  await using other = await world.bot("b");
  await other.kill();
  const state = async () => (await world.monitor.get("/api/v1/receivers")).receivers[0].state;
  await until("it is broken", async () => (await state()) === "broken", patient);
  await world.reload({ alerts: promptAlerts(after) });
  await until("b is told", () => after.told.includes("down b"), patient);
  expect(await state()).toBe("ok");
  await using again = await world.bot("a");
  await until("the recovery is told", () => after.told.includes("up a"), patient);
  expect(after.told.sort()).toEqual(["down b", "up a"]);
  expect(before.told).toEqual(["down a"]);
  expect(gone.told).toEqual(["down a", "down b"]);
  expect(after.notices.every(({ kind }) => kind === "news")).toBe(true);
  await until(
    "all is stored",
    async () => {
      await using store = await openStore(world.place.database, { readOnly: true });
      const { tells } = await store.alertHistory({ subject: "a" });
      return tells.length === 2 && tells.every(({ phase }) => phase === "over");
    },
    patient,
  );
  await again.kill();
});

test("a reload that comes while the monitor starts is not undone by the start [alerts/A34]", async () => {
  await using before = await RecordingReceiver.start("ops");
  await using after = await RecordingReceiver.start("ops");
  await using place = new Place();
  const alerts = promptAlerts(before);
  const [first] = alerts.receivers;
  if (first === undefined) throw new Error("no receiver");
  // What sends mail is loaded then, which takes a while.
  const receivers = [first, { ...first, name: "mail", target: mailTarget }];
  const settings = place.settings({ alerts: { ...alerts, receivers } });
  const readSettings = async (): Promise<LoadedSettings> => ({
    settings: { ...settings, alerts: promptAlerts(after) },
    enabled: true,
    notices: [],
    leaves: [],
    configFile: null,
    origins: {} as LoadedSettings["origins"],
  });
  const daemon = new Daemon(settings, { logger: silentLogger, readSettings });
  const starting = daemon.start();
  const reload = () =>
    ask(`unix:${place.socketPath}.control`, "/api/v1/reload", { method: "POST" }).catch(() => null);
  let answer = await reload();
  while (answer === null) answer = await reload();
  expect(answer.body).toMatchObject({ ok: true, applied: ["alerts"] });
  await starting;
  await until("the first message came", () => before.notices.length + after.notices.length > 0, patient);
  expect([before.notices.length, after.notices.length]).toEqual([0, 1]);
  await daemon.stop();
});

test("rules, windows, words and the dead-man switch of a reload count from then on, and the page's address stands in notices [alerts/A23]", async () => {
  await using ops = await RecordingReceiver.start("ops");
  await using hook = await HookServer.start(says(200));
  await using world = await Reloadable.start(promptAlerts(ops));
  await until("the first message came", () => ops.notices.length === 1, patient);
  await using child = await world.bot("a");
  await child.kill();
  await until("it is told", () => ops.told.length === 1, patient);
  const alerts = promptAlerts(ops);
  const window = {
    bots: ["b"],
    rules: null,
    every: null,
    at: null,
    cron: "* * * * * *",
    forMs: 3_600_000,
    timezone: null,
    why: "always",
  };
  // The rule is not about that bot any more: the alert can never end as over.
  await world.reload({
    alerts: {
      ...alerts,
      rules: { ...alerts.rules, down: { ...unset, forMs: 0, holdMs: 0, bots: ["b", "c"] } },
      windows: [window],
      deadman: { url: Secret.ofValue(hook.url("/ping")), everyMs: 10_000 },
    },
    publicUrl: "https://page.example",
    bots: [{ match: ["c"], note: "ask Kim", runbook: null, labels: {}, expectAlways: false }],
  });
  await until("its end is told", () => ops.told.length === 2, patient);
  expect(ops.told).toEqual(["down a", "info a"]);
  expect(await world.open()).toEqual([]);
  await until("the switch is asked", () => hook.requests.some(({ path }) => path === "/ping"), patient);
  await (await world.bot("b")).kill();
  await until("its alert is open", async () => (await world.open()).includes("down b"), patient);
  await (await world.bot("c")).kill();
  await until("c is told", () => ops.told.length === 3, patient);
  expect(ops.told[2]).toBe("down c");
  expect(ops.notices.at(-1)).toMatchObject({
    page_url: "https://page.example",
    items: [{ note: "ask Kim" }],
  });
  // Without the window, what is open is told with its reason.
  await world.reload({ alerts: { ...alerts, windows: [] } });
  await until("b is told", () => ops.told.includes("down b"), patient);
  const items = ops.notices.flatMap((notice) => notice.items);
  expect(items.find(({ subject }) => subject === "b")).toMatchObject({
    kind: "down",
    why: "the window is over: always",
  });
  const asked = hook.requests.length;
  await lasting("no switch is asked", 1_500);
  expect(hook.requests.length).toBe(asked);
});
