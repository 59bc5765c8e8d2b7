import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type DecodeResult, LineDecoder } from "@kissbot/protocol";
import { Child, TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { readPackages, root } from "../source-tree.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";

/** What each release left: `.ci/record-release.mjs` writes it. */
const releases = join(root, "packages", "e2e", "fixtures", "releases");
const versions = readdirSync(releases).sort();

test("each release so far left a database and a session [trial/N1]", () => {
  const server = readPackages().find(({ name }) => name === "@kissbot/server");
  const { version = "" } = (server?.manifest ?? {}) as { version?: string };
  // 0.0.0 is what stands in the manifests before the first release.
  expect(
    version === "0.0.0" || versions.includes(version),
    `run \`node .ci/record-release.mjs ${version}\``,
  ).toBe(true);
  expect(versions.length).toBeGreaterThan(0);
});

describe.each(versions)("%s", (version) => {
  const file = (name: string) => readFileSync(join(releases, version, name));
  const database = () => gunzipSync(file("monitor.db.gz"));

  test("every record of its database is read [trial/N1]", async () => {
    using place = new TemporaryFolder("upgrade");
    writeFileSync(place.file("monitor.db"), database());
    const { code, stdout, stderr } = await Child.run(
      process.execPath,
      [join(root, ".ci", "read-database.mjs"), place.file("monitor.db")],
      { limitMs: 60_000 },
    );
    expect(code, stderr).toBe(0);
    const recorded = JSON.parse(file("records.json").toString());
    for (const kind of ["bots", "changes", "usage", "samples"]) expect(recorded[kind], kind).not.toEqual([]);
    expect(recorded.custom).toBeGreaterThan(0);
    // A later version may know more of a record, and nothing else.
    expect(JSON.parse(stdout)).toMatchObject(recorded);
  });

  test("a monitor starts on its database, and takes the session of its client [trial/N1]", async (context) => {
    const session = file("session.jsonl");
    const results: DecodeResult[] = [];
    const decoder = new LineDecoder();
    decoder.push(session, (result) => results.push(result));
    decoder.end((result) => results.push(result));
    expect(results.length).toBeGreaterThan(5);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);

    await using scene = await Scene.open(context);
    writeFileSync(scene.storePath, database());
    const monitor = await MonitorProcess.start(scene);
    expect(monitor.report?.store).toMatchObject({ open: true, detail: null });
    // Nothing was set aside for being unreadable.
    expect(readdirSync(scene.folder).filter((name) => /corrupt|aside/.test(name))).toEqual([]);
    const client = connect(scene.socketPath);
    client.end(session);
    await until("the session has arrived", async () => {
      const metrics = await monitor.metrics();
      return metrics.sum("kissbot_lines_total") >= results.length;
    });
    const metrics = await monitor.metrics();
    expect(metrics.sum("kissbot_lines_rejected_total")).toBe(0);
    const channels = results.flatMap((result) => (result.ok ? [result.message.channel] : []));
    const known = (await monitor.bots()).map(({ channel }) => channel);
    expect(known).toEqual(expect.arrayContaining([...new Set(channels)]));
    monitor.signal("SIGTERM");
    expect(await monitor.ends(20_000)).toMatchObject({ code: 0 });
    expect(existsSync(scene.storePath)).toBe(true);
  });
});
