import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { root } from "./document.js";
import { operatorShellForFile } from "./operator-shell.js";

const page = readFileSync(join(root, "docs/SECURITY.md"), "utf8");
const shell = operatorShellForFile();

const modeOf = (name: string) => `0${(statSync(join(shell().folder, name)).mode & 0o777).toString(8)}`;

describe("docs/SECURITY.md", () => {
  test("tells the rights that a monitor gives its files [trial/D6]", () => {
    expect(page).toContain(`the socket has mode ${modeOf("monitor.sock")}`);
    expect(page).toContain(`the database, as it has mode ${modeOf("kissbot_monitor.db")}`);
    expect(modeOf("monitor.sock.control")).toBe("0600");
  });

  test("is right that any bot may report and say goodbye under another's name [trial/D6]", async () => {
    const say = (message: object) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(join(shell().folder, "monitor.sock")).once("error", reject);
        socket.end(`${JSON.stringify(message)}\n`, resolve);
      });
    await say({ type: "register", channel: "victim", pid: 4_000_001 });
    const statusOf = async () =>
      (await shell().run("kissbot-monitor bots --json --channel victim")).output.match(
        /"status": ?"(\w+)"/,
      )?.[1];
    await until("it is online", async () => (await statusOf()) === "online", { timeoutMs: 30_000 });
    await say({ type: "unregister", channel: "victim", pid: 4_000_001 });
    await until("another connection said goodbye for it", async () => (await statusOf()) === "offline", {
      timeoutMs: 30_000,
    });
    expect(page).toContain("say goodbye for another bot");
    expect(page).toContain("**Bots against each other.**");
  }, 90_000);

  test("has how to report, which versions, who can do what, and what is not defended [trial/D6]", () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(
      expect.arrayContaining([
        "Report a fault",
        "Supported versions",
        "Who can do what",
        "What is not defended",
      ]),
    );
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain("(docs/SECURITY.md)");
  });
});
