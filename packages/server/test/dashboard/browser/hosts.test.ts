import { writeFileSync } from "node:fs";
import { PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { fleetFrom, withPasswordFile } from "../../../src/config/fleet-address.js";
import { browserPath, TestBrowser } from "./browser.js";
import type { Tab } from "./tab.js";

const browser = TestBrowser.forFile();
const cellsOf = (table: string) =>
  `[...document.querySelectorAll(${JSON.stringify(`${table} tbody tr`)})].map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent.trim()).join(" | "))`;
const bots = cellsOf("details table.plain");

async function shows(tab: Tab, expression: string, wanted: unknown): Promise<void> {
  let found: unknown;
  await until(
    `the page shows ${JSON.stringify(wanted)}`,
    async () => {
      found = await tab.value(expression);
      return JSON.stringify(found) === JSON.stringify(wanted);
    },
    { describe: () => found, timeoutMs: 30_000 },
  );
}

test.skipIf(browserPath === null || PostgresServer.missing("newest") !== null)(
  "the bots of all hosts are in the headline, the title, the search and one list, the worst first",
  async () => {
    await using server = await PostgresServer.start();
    using folder = new TemporaryFolder("hosts");
    const password = folder.file("password");
    writeFileSync(password, `${server.password}\n`, { mode: 0o600 });
    const address = fleetFrom(server.url());
    if (address === undefined) throw new Error("no address");
    const fleet = withPasswordFile(address, password);
    const here = await browser.monitor({ displayName: "here", fleet });
    const there = await browser.monitor({ displayName: "there", fleet });
    await here.fleet.online(["a", "c"]);
    await there.fleet.online(["b"]);
    const dead = await there.fleet.bot("z");
    await there.fleet.seen(1);
    await dead.die();
    await there.fleet.until({ dead: 1 });
    const tab = await browser.open(here.url);
    await shows(tab, bots, [
      "z | there | dead",
      "a | here | online",
      "b | there | online",
      "c | here | online",
    ]);
    await shows(tab, 'document.querySelector("h1")?.textContent', "1 of 4 bots is down");
    expect(await tab.value("document.title")).toContain("(1) 1 of 4 bots is down");
    await tab.page.fill("#search", "B");
    await shows(tab, bots, ["b | there | online"]);
    await tab.page.fill("#search", "status:dead");
    await shows(tab, bots, ["z | there | dead"]);
  },
  90_000,
);
