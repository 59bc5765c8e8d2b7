import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { BuiltPage, script, shell } from "../dashboard/built-page.js";
import { Place } from "./place.js";

test("a monitor serves the page that was built, and says which it is [page/R19]", async () => {
  using page = new BuiltPage();
  await using place = new Place();
  const monitor = await place.start({}, page.folder);
  const text = async (path: string) => await (await fetch(`${monitor.report.http}${path}`)).text();
  expect(await text("/")).toBe(shell);
  expect(await text("/assets/page-AB12CD34.js")).toBe(script);
  expect(await monitor.get("/api/v1/summary")).toMatchObject({ build: "abc123" });
});

test("a monitor without a page starts, and shows its fleet [page/R29]", async () => {
  using empty = new TemporaryFolder("page");
  await using place = new Place();
  const monitor = await place.start({}, empty.file("absent"));
  const root = await fetch(`${monitor.report.http}/`);
  expect([root.status, await root.text()]).toEqual([404, expect.stringContaining("pnpm build")]);
  expect(await monitor.get("/api/v1/bots")).toEqual({ bots: [] });
  expect(await monitor.get("/api/v1/summary")).toMatchObject({ build: null, status: "ok" });
});
