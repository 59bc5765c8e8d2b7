import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { loadDriver } from "../src/sqlite/file/driver.js";

const mb = 1024 * 1024;

/** Makes a closed database larger than what is checked whole when it is opened. */
export function padTo(path: string, megabytes: number): void {
  const db = new (loadDriver())(path);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE pad (bytes BLOB)");
  const insert = db.prepare("INSERT INTO pad VALUES (zeroblob(?))");
  db.transaction(() => {
    for (let i = 0; i < megabytes; i++) insert.run(mb);
  })();
  db.close();
}

/**
 * Overwrites a page in the middle of a table's tree, as a bad disk would: neither end of the table
 * shows it.
 */
export function damageMiddleOf(path: string, table: string): void {
  const db = new (loadDriver())(path);
  const size = db.pragma("page_size", { simple: true }) as number;
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(table) as number;
  db.close();
  const file = openSync(path, "r+");
  try {
    const page = Buffer.alloc(size);
    readSync(file, page, 0, size, (root - 1) * size);
    const isInterior = page[0] === 5 || page[0] === 2;
    if (!isInterior) throw new Error(`${table} is too small to have a middle`);
    const cells = page.readUInt16BE(3);
    const cell = page.readUInt16BE(12 + 2 * Math.floor(cells / 2));
    const child = page.readUInt32BE(cell);
    writeSync(file, Buffer.alloc(size, 0xaa), 0, size, (child - 1) * size);
  } finally {
    closeSync(file);
  }
}
