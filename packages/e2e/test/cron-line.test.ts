import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { snippetsIn } from "./document.js";
import { operatorShellForFile } from "./operator-shell.js";

const mails = () => join(shell().folder, "mails");
const shell = operatorShellForFile(({ folder }) => {
  const mail = `#!/bin/sh\n{ echo "$@"; cat; } >> ${mails()}\n`;
  writeFileSync(join(folder, "bin", "mail"), mail, { mode: 0o755 });
});

test("the line for cron says nothing while all is well, and names a bot that is dead [trial/D7]", async () => {
  const [line = "", ...more] = snippetsIn("docs/alerts.md").filter(({ language }) => language === "cron");
  expect(more).toEqual([]);
  const [, command = ""] = /^(?:\S+ ){5}(.+)\n$/.exec(line === "" ? "" : line.text) ?? [];
  expect(command).toContain("kissbot-monitor status");

  await shell().run(command);
  expect(existsSync(mails())).toBe(false);

  const bot = new Child("sleep", ["600"]);
  const send = (type: string) =>
    shell().run(`kissbot-monitor send ${type} --channel my_bot --pid ${bot.pid}`);
  await send("register");
  const bots = async () => (await shell().run("kissbot-monitor bots --json")).output;
  await until("its process is seen", async () => /"process_seen": ?true/.test(await bots()), {
    timeoutMs: 60_000,
  });
  await bot.kill();
  await until("it is dead", async () => /"status": ?"dead"/.test(await bots()), { timeoutMs: 60_000 });
  await shell().run(command);
  const mail = readFileSync(mails(), "utf8");
  expect(mail).toMatch(/^-s bots ops@example\.org$/m);
  expect(mail).toContain("my_bot");
}, 180_000);
