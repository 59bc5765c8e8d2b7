import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPackages } from "./source-tree.js";

const source = "packages/store/src/";
const files = readPackages()
  .flatMap((each) => each.files)
  .filter(({ path }) => path.startsWith(source));

/** The folder of a file below the sources; an empty text for a file that lies in none. */
const roomOf = (path: string) => path.slice(source.length).split("/").slice(0, -1).join("/");

/**
 * What the files of each room may import, beside its own and those at the root: records, questions
 * and how batches are packed. Files at the root know no room, but for those of `rootDoors`.
 */
const rooms: Record<string, readonly string[]> = {
  memory: [],
  // The database's file: its tables, how it is opened, locked, checked, copied and set aside.
  "sqlite/file": [],
  // SQL that both sides use.
  "sqlite/sql": [],
  "sqlite/read": ["sqlite/file", "sqlite/sql"],
  "sqlite/write": ["sqlite/file", "sqlite/sql"],
  // The writer's and the readers' threads, and what speaks to them.
  "sqlite/thread": ["sqlite/file", "sqlite/read", "sqlite/write"],
  // What sends the rows of a database to that of several hosts.
  fleet: ["postgres", "sqlite/read", "sqlite/thread"],
  postgres: [],
  // The store as its users see it.
  sqlite: ["sqlite/file", "sqlite/read", "sqlite/thread"],
};

const rootDoors: Record<string, readonly string[]> = {
  "copy-database": ["sqlite/file"],
  "file-lock": ["sqlite/file"],
  index: ["sqlite/thread"],
  "open-store": ["memory", "postgres", "sqlite"],
};

describe("the rooms of @kissbot/store", () => {
  test("are those of the table", () => {
    const found = new Set(files.map(({ path }) => roomOf(path)));
    expect([...found].sort()).toEqual(["", ...Object.keys(rooms)].sort());
  });

  test.each(["", ...Object.keys(rooms)])("'%s' imports what the table allows", (room) => {
    const own = files.filter(({ path }) => roomOf(path) === room);
    expect(own.length).toBeGreaterThan(0);
    for (const { path, imports } of own) {
      const name = path.slice(source.length).replace(/\.ts$/, "");
      const doors = room === "" ? (rootDoors[name] ?? []) : ["", ...(rooms[room] ?? [])];
      for (const specifier of imports) {
        if (!specifier.startsWith(".")) continue;
        const target = roomOf(join(path, "..", specifier));
        if (target !== room) expect(doors, `${path} imports ${specifier}`).toContain(target);
      }
    }
  });
});
