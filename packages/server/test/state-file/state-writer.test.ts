import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { RecordingLogger, silentLogger, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseStateFile, type StateFile, stateFileText } from "../../src/state-file/state-file.js";
import type { StatePlace } from "../../src/state-file/state-place.js";
import { StateWriter } from "../../src/state-file/state-writer.js";
import { aState } from "./a-state.js";

let place: TemporaryFolder;
const writers: StateWriter[] = [];
beforeEach(() => {
  place = new TemporaryFolder("state");
});
afterEach(() => {
  for (const writer of writers.splice(0)) writer.stop();
  place[Symbol.dispose]();
});

const at = (...names: string[]): StatePlace => ({ path: place.file(...names), kind: "public" });
const named = (...names: string[]): StatePlace => ({ path: place.file(...names), kind: "named" });
const stateIn = (path: string | null) => parseStateFile(readFileSync(path ?? "", "utf8"));

function writer(
  places: readonly StatePlace[],
  change: Partial<StateFile> = {},
  more: object = {},
): StateWriter {
  const one = new StateWriter({ places, state: aState(change), logger: silentLogger, ...more });
  writers.push(one);
  return one;
}

test("a running monitor leaves a file that everybody may read and nobody else write, and takes it away [trial/O4]", () => {
  const one = writer([at("monitor.json")]);
  one.start();
  expect(one.path).toBe(place.file("monitor.json"));
  expect(statSync(place.file("monitor.json")).mode & 0o777).toBe(0o644);
  expect(stateIn(one.path)).toEqual(aState());
  expect(readdirSync(place.path), "no draft is left").toEqual(["monitor.json"]);
  one.stop();
  expect(readdirSync(place.path)).toEqual([]);
});

test("the first place that takes it is the one; a place of the user's own is made", () => {
  const one = writer([
    at("absent", "monitor.json"),
    { path: place.file("own", "monitor.json"), kind: "user" },
  ]);
  one.start();
  expect(one.path).toBe(place.file("own", "monitor.json"));
  expect(statSync(place.file("own")).mode & 0o777).toBe(0o700);
});

test("a second monitor never touches the file of the first: each has its own [trial/O4]", () => {
  const [first, second] = [writer([at("monitor.json")]), writer([at("monitor.json")], { name: "second" })];
  first.start();
  second.start();
  expect([first.path, second.path]).toEqual([place.file("monitor.json"), place.file("monitor-2.json")]);
  expect(stateIn(first.path)).toMatchObject({ name: "bots-1" });
  first.stop();
  expect(stateIn(second.path)).toMatchObject({ name: "second" });
  const third = writer([at("monitor.json")], { name: "third" });
  third.start();
  expect(third.path).toBe(place.file("monitor.json"));
  second.stop();
  third.stop();
  expect(readdirSync(place.path)).toEqual([]);
});

test("a file that a killed monitor left is replaced, and so is what is none", () => {
  writeFileSync(place.file("monitor.json"), stateFileText(aState({ pid: 2 ** 22 + 1 })));
  const one = writer([at("monitor.json")]);
  one.start();
  expect(stateIn(place.file("monitor.json"))).toEqual(aState());
  one.stop();
  writeFileSync(place.file("target"), "somebody's");
  symlinkSync("target", place.file("monitor.json"));
  one.start();
  expect(stateIn(place.file("monitor.json"))).toEqual(aState());
  expect(readFileSync(place.file("target"), "utf8")).toBe("somebody's");
});

test("a file that was named by mistake is left as it is, and the log says that there is none", () => {
  writeFileSync(place.file("notes.txt"), "somebody's notes");
  const logger = new RecordingLogger();
  const one = writer([named("notes.txt")], {}, { logger });
  one.start();
  expect(one.path).toBeNull();
  one.stop();
  expect(readFileSync(place.file("notes.txt"), "utf8")).toBe("somebody's notes");
  expect(JSON.stringify(logger.entries)).toContain("no state file could be left");
});

test("a file that was cleaned away comes back, and one that another took over is the other's", async () => {
  const one = writer([at("monitor.json")], {}, { checkIntervalMs: 10 });
  one.start();
  rmSync(place.file("monitor.json"));
  await until("it is there again", () => existsSync(place.file("monitor.json")));
  await until("it is whole", () => typeof stateIn(place.file("monitor.json")) !== "string");
  writeFileSync(place.file("draft"), stateFileText(aState({ name: "other" })));
  renameSync(place.file("draft"), place.file("monitor.json"));
  await until("it has one of its own", () => one.path === place.file("monitor-2.json"));
  one.stop();
  expect(readdirSync(place.path)).toEqual(["monitor.json"]);
  expect(stateIn(place.file("monitor.json"))).toMatchObject({ name: "other" });
});

test("a file of another that has the number of one that is gone is the other's [server/F24]", async () => {
  const one = writer([at("monitor.json")], {}, { checkIntervalMs: 10 });
  one.start();
  const other = stateFileText(aState({ name: "other", startedAt: "2026-05-20T12:00:01.000Z" }));
  // Keeps the file's number, as a file system may that gives it anew.
  writeFileSync(place.file("monitor.json"), other);
  await until("it has one of its own", () => one.path === place.file("monitor-2.json"));
  expect(stateIn(one.path)).toEqual(aState());
  one.stop();
  expect(readdirSync(place.path)).toEqual(["monitor.json"]);
  expect(readFileSync(place.file("monitor.json"), "utf8")).toBe(other);
});

test("no place is no fault: a monitor without a state file says nothing", () => {
  const logger = new RecordingLogger();
  const one = writer([], {}, { logger });
  one.start();
  one.stop();
  expect(one.path).toBeNull();
  expect(logger.entries).toEqual([]);
});
