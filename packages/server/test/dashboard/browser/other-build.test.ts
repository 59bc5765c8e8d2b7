import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { browserPath, builtPage, TestBrowser } from "./browser.js";

/** The built page as another build of it: none of its files has the name that it has in ours. */
function otherBuild(folder: string): string {
  const other = join(folder, "page");
  cpSync(builtPage, other, { recursive: true });
  const shell = join(other, "index.html");
  let text = readFileSync(shell, "utf8").replace(/(kissbot-build" content=")\w+/, "$1ffffffffffff");
  for (const name of readdirSync(other)) {
    const [, stem, ending] = /^(page|icon)-\w+\.(\w+)$/.exec(name) ?? [];
    if (stem === undefined) continue;
    renameSync(join(other, name), join(other, `${stem}-000000000000.${ending}`));
    text = text.replace(name, `${stem}-000000000000.${ending}`);
  }
  writeFileSync(shell, text);
  return other;
}

const files = '[...document.querySelectorAll("script, link")].map((one) => one.src || one.href)';

describe.skipIf(browserPath === null)("a monitor of another build", () => {
  const browser = TestBrowser.forFile();

  test("makes an open page offer to load it, a hidden one load it, and after that no file is missing [page/R19]", async () => {
    const { place, url, running, fleet } = await browser.monitor();
    const folder = new TemporaryFolder("build");
    browser.later(async () => folder[Symbol.dispose]());
    await fleet.online(["twitch/anna"]);
    const seen = await browser.open(`${url}#/events`);
    const hidden = await browser.open(url);
    for (const tab of [seen, hidden]) {
      await tab.page.waitForSelector(".link.is-live");
      // While no monitor is there.
      tab.expectOutage();
      expect((await tab.value(files)).join()).not.toContain("000000000000");
    }
    await hidden.page.evaluate(`
      Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    `);
    await running.daemon.stop();
    const { port } = new URL(url);
    await place.start({ http: { host: "127.0.0.1", port: Number(port) } }, otherBuild(folder.path));
    await seen.page.waitForSelector(".banner.note");
    expect(await seen.text(".banner.note")).toMatch(/^A new version of the monitor is running\. Reload$/);
    expect((await seen.value(files)).join()).not.toContain("000000000000");
    await seen.page.click(".banner.note >> text=Reload");
    // An answer of 404 to any of it would fail this test.
    for (const tab of [seen, hidden]) {
      await until("the other build is loaded", async () => {
        // In the middle of a load there is no document to ask.
        const loaded = await tab.value(files).catch(() => []);
        return loaded.length > 0 && loaded.every((name: string) => name.includes("000000000000"));
      });
      await tab.page.waitForSelector(".link.is-live");
      expect(await tab.texts(".banner.note")).toEqual([]);
    }
    expect(await seen.value("location.hash")).toBe("#/events");
  });
});
