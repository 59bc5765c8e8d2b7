import { fileURLToPath } from "node:url";
import { Child, type Exit, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { type Monitor, runCommand, startMonitor } from "../cli/command.js";
import { lastOf, wordsOf } from "./image-files.js";

const lockHolder = fileURLToPath(new URL("../../../store/test/lock-holder.mjs", import.meta.url));
const [, ...check] = wordsOf(lastOf("HEALTHCHECK"));

/** The image's check, in the environment that the monitor has. */
const ask = (folder: string, { at }: Monitor): Promise<Exit> =>
  runCommand(check, { folder, env: { KISSBOT_MONITOR_HTTP: at[1] ?? "" } });

test("the image's check passes for a monitor that runs and for one that is degraded, and fails for one that hangs [packaging/K2]", async () => {
  using place = new TemporaryFolder("health");
  const monitor = await startMonitor(place.path);
  await using _child = monitor.child;
  expect(await ask(place.path, monitor)).toMatchObject({ code: 0, stdout: "", stderr: "" });

  const status = async () => {
    const { stdout } = await runCommand(["status", "--json", ...monitor.at], { folder: place.path });
    return JSON.parse(stdout).health.status as string;
  };
  await using holder = Child.node([lockHolder, monitor.store, "write"], { stdin: true });
  await holder.prints("held", 60_000);
  const usage = [
    "send",
    "llm_usage",
    "--channel",
    "a",
    "--model",
    "m",
    "--feature",
    "f",
    "--tokens-in",
    "1",
    "--tokens-out",
    "1",
  ];
  await until(
    "it is degraded",
    async () => {
      await runCommand([...usage, "--socket", monitor.socketPath], { folder: place.path });
      return (await status()) === "degraded";
    },
    { timeoutMs: 90_000 },
  );
  expect(await ask(place.path, monitor)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(await status()).toBe("degraded");

  monitor.child.signal("SIGSTOP");
  const hung = await ask(place.path, monitor);
  expect(hung).toMatchObject({ code: 1, stdout: "" });
  expect(hung.stderr).toContain("no answer within 5 s");
  monitor.child.signal("SIGCONT");
  await until("it answers again", async () => (await ask(place.path, monitor)).code === 0, {
    timeoutMs: 60_000,
  });
}, 300_000);
