import { statfsSync } from "node:fs";
import { openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { DiskSpace } from "../src/sqlite/file/disk-space.js";
import { ReadConnection } from "../src/sqlite/read/read-connection.js";

const folder = new TemporaryFolder("store");
const path = folder.file("kissbot_monitor.db");
await (await openStore(path)).close();
let isAmple = true;
const connection = new ReadConnection(path, { isAmple: () => isAmple });
afterAll(() => {
  connection.close();
  folder[Symbol.dispose]();
});

const inFile = 1;
const inMemory = 2;
const placeOf = () => connection.value("PRAGMA temp_store") as number;
const failure = (code: string) => Object.assign(new Error("the test"), { name: "SqliteError", code });

test.each(["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_GETTEMPPATH", "SQLITE_CANTOPEN"])(
  "sorts in memory where a temporary file ends in %s, and the next question in a file again",
  (code) => {
    const places: number[] = [];
    const answer = connection.inOneMoment(() => {
      places.push(placeOf());
      if (places.length === 1) throw failure(code);
      return "answer";
    });
    expect(answer).toBe("answer");
    expect(places).toEqual([inFile, inMemory]);
    expect(connection.inOneMoment(placeOf)).toBe(inFile);
  },
);

test("a question that fails in memory too fails, and the next one sorts in a file", () => {
  let calls = 0;
  const ask = () =>
    connection.inOneMoment(() => {
      calls++;
      throw failure("SQLITE_FULL");
    });
  expect(ask).toThrow("the test");
  expect(calls).toBe(2);
  expect(connection.inOneMoment(placeOf)).toBe(inFile);
});

test("what has nothing to do with temporary files is not asked twice", () => {
  let calls = 0;
  const ask = () =>
    connection.inOneMoment(() => {
      calls++;
      throw failure("SQLITE_BUSY");
    });
  expect(ask).toThrow("the test");
  expect(calls).toBe(1);
});

test("sorts in memory while little is left on the disk of the database", () => {
  isAmple = false;
  expect(connection.inOneMoment(placeOf)).toBe(inMemory);
  isAmple = true;
  expect(connection.inOneMoment(placeOf)).toBe(inFile);
});

test("knows whether there is much room, and takes what it cannot know for little", () => {
  const { bavail, bsize } = statfsSync(folder.path);
  expect(new DiskSpace(path).isAmple()).toBe(bavail * bsize >= 512 * 1024 * 1024);
  expect(new DiskSpace(folder.file("gone/file")).isAmple()).toBe(false);
});
