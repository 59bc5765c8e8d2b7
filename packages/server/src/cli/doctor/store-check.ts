import {
  accessSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { openStore, StoreError } from "@kissbot/store";
import { nameOfGroup, nameOfUser } from "../../account-file.js";
import type { Settings } from "../../config/settings.js";
import { socketModeText } from "../../config/socket-mode.js";
import { agoText, amountOf, bytesText, timestampFromMs } from "../quantity-text.js";
import { type Finding, fail, ok, systemReason, warn } from "./finding.js";

const check = "database";

/** Checks the file, its rights, its content, the files beside it, free space, and SQLite itself. */
export async function checkStore({ store }: Pick<Settings, "store">, nowMs: number): Promise<Finding[]> {
  const sqlite = await sqliteFinding();
  if (store.startsWith("memory:")) {
    return [
      clockFinding(0, nowMs),
      sqlite,
      warn(check, "memory: keeps nothing when the monitor stops", "give a file with --store"),
    ];
  }
  const path = resolve(store.replace(/^sqlite:(?:\/\/(?=\/))?/i, ""));
  const folder = dirname(path);
  const findings = [sqlite, folderFinding(folder)];
  let file: Stats | undefined;
  try {
    file = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const found = `${path} cannot be seen: ${systemReason(error)}`;
    return [...findings, warn(check, found, "run doctor as the monitor's user"), clockFinding(0, nowMs)];
  }
  if (file === undefined) {
    findings.push(ok(check, `${path} does not exist yet; start creates it`), clockFinding(0, nowMs));
  } else if (!file.isFile()) {
    findings.push(fail(check, `${path} is no file`, "name a file with --store"), clockFinding(0, nowMs));
  } else {
    findings.push(rightsFinding(path, file), ...(await contentFindings(path, nowMs)));
  }
  return [...findings, ...roomFinding(folder), ...leftoverFindings(path)];
}

/** Proves that the driver loads and reads its version, with a temporary database. */
async function sqliteFinding(): Promise<Finding> {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), "kissbot-doctor-"));
    const path = join(folder, "trial.db");
    const store = await openStore(path, { openTimeoutMs: 5_000 });
    await store.close();
    const number = readFileSync(path).readUInt32BE(96);
    const version = [Math.floor(number / 1e6), Math.floor(number / 1e3) % 1e3, number % 1e3].join(".");
    return ok("SQLite", `version ${version} works`);
  } catch (error) {
    const advice =
      folder === null
        ? `let this user write in ${tmpdir()}`
        : "install @kissbot/server again with the Node that runs it";
    return fail("SQLite", `does not work: ${(error as Error).message}`, advice);
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

function folderFinding(folder: string): Finding {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return ok("database folder", `${folder} can be written`);
  } catch (error) {
    const advice = "create it and let the monitor's user write there, or choose another with --store";
    return fail("database folder", `${folder} cannot be written: ${systemReason(error)}`, advice);
  }
}

function rightsFinding(path: string, { mode, uid, gid, size }: Stats): Finding {
  const rights = socketModeText(mode & 0o777);
  const text = `${path}, ${bytesText(size)}, owner ${nameOfUser(uid)}:${nameOfGroup(gid)}, mode ${rights}`;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch {
    return warn("database rights", `this user may not write ${text}`, "run doctor as the monitor's user");
  }
  if (mode & 0o004) {
    return warn("database rights", `every user may read ${text}`, `chmod o= ${path}, unless that is meant`);
  }
  return ok("database rights", text);
}

async function contentFindings(path: string, nowMs: number): Promise<Finding[]> {
  try {
    const store = await openStore(path, { readOnly: true, openTimeoutMs: 5_000 });
    try {
      const fleet = await store.fleet();
      const newestMs = fleet.reduce((newest, bot) => Math.max(newest, bot.lastSeenMs), 0);
      const newest = newestMs === 0 ? "" : `, newest entry ${agoText(timestampFromMs(newestMs), nowMs)}`;
      return [
        ok(check, `readable: ${amountOf(fleet.length, "bot")}${newest}`),
        clockFinding(newestMs, nowMs),
      ];
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === "needs_migration") {
      const found = "of a Python monitor; start adds what is new and changes nothing that is there";
      return [ok(check, found), clockFinding(0, nowMs)];
    }
    const found = fail(check, `${error.message} (${error.code})`, "docs/store.md says what each code means");
    return [found, clockFinding(0, nowMs)];
  }
}

/** A clock that was set back makes everything new look old. */
function clockFinding(newestMs: number, nowMs: number): Finding {
  if (new Date(nowMs).getUTCFullYear() < 2025) {
    return fail("clock", `the clock says ${timestampFromMs(nowMs)}`, "set it, and keep it set with NTP");
  }
  if (newestMs > nowMs + 300_000) {
    const found = `the database knows ${timestampFromMs(newestMs)}, but the clock says ${timestampFromMs(nowMs)}`;
    return warn("clock", found, "check the clock, and keep it set with NTP");
  }
  return ok("clock", `${timestampFromMs(nowMs)}${newestMs > 0 ? ", not before the newest entry" : ""}`);
}

function roomFinding(folder: string): Finding[] {
  let free: number;
  try {
    const { bavail, bsize } = statfsSync(folder);
    free = bavail * bsize;
  } catch {
    // The folder's own line has said that it cannot be used.
    return [];
  }
  const text = `${bytesText(free)} free in ${folder}`;
  const advice = "make room, or keep less with --retention-days";
  if (free < 64 * 1_048_576) return [fail("disk", text, advice)];
  return [free < 1_024 * 1_048_576 ? warn("disk", text, advice) : ok("disk", text)];
}

/** Finds corrupt files that were set aside, incomplete backups, and a lock without a holder. */
function leftoverFindings(path: string): Finding[] {
  const name = basename(path);
  let names: string[];
  try {
    names = readdirSync(dirname(path)).filter((one) => one.startsWith(`${name}.`));
  } catch {
    // As above.
    return [];
  }
  const corrupt = names.filter((one) => one.includes(".corrupt-"));
  const partial = names.filter((one) => /\.partial-\d+-\d+$/.test(one));
  const findings: Finding[] = [];
  if (corrupt.length > 0) {
    const found = `corrupt databases were set aside: ${corrupt.slice(0, 3).join(", ")}`;
    findings.push(
      warn(
        "leftovers",
        found,
        "check the disk; get rows back with sqlite3 FILE .recover | sqlite3 NEW_FILE, then delete the file",
      ),
    );
  }
  if (partial.length > 0) {
    findings.push(
      warn("leftovers", `backups were cut off: ${partial.slice(0, 3).join(", ")}`, "delete them"),
    );
  }
  return findings;
}
