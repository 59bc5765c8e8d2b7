import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { groupsOfUser, idOfAccount, nameOfGroup, nameOfUser } from "../../account-file.js";
import type { ListenerSettings } from "../../config/listener-settings.js";
import { type Finding, fail, ok, systemReason, warn } from "./finding.js";
import { areOverlapping } from "./pattern-overlap.js";
import { connectionError, whoMayConnect } from "./socket-check.js";
import {
  type Folder,
  foldersTo,
  mayConnect,
  mayEnter,
  openFolder,
  type Rights,
  stranger,
} from "./socket-way.js";

export interface ListenerTerms {
  readonly listeners: readonly ListenerSettings[];
  /** The user of the monitor; null where none runs that says so. */
  readonly stateOwner: number | null;
}

const start = "start a monitor, or let the one that runs take it over: kissbot-monitor reload";

/**
 * For each listener whether it answers, who may connect, and who may come near its socket; and
 * which of them may report the same channels. Nothing where there are none.
 */
export async function checkListeners({ listeners, stateOwner }: ListenerTerms): Promise<readonly Finding[]> {
  if (process.platform === "win32") return overlapFindings(listeners);
  const own = process.getuid?.() ?? null;
  // Who runs this as root need not be the monitor's user.
  const monitorUid = stateOwner ?? (own === 0 ? null : own);
  const found: Finding[] = [];
  for (const listener of listeners) found.push(...(await findingsOf(listener, monitorUid)));
  return [...found, ...overlapFindings(listeners)];
}

async function findingsOf(
  listener: ListenerSettings,
  monitorUid: number | null,
): Promise<readonly Finding[]> {
  const { principal, socketPath } = listener;
  let folders: readonly Folder[];
  let file: (Rights & { isSocket(): boolean }) | undefined;
  try {
    folders = foldersTo(socketPath);
    file = lstatSync(socketPath, { throwIfNoEntry: false });
  } catch (error) {
    return [unseenFinding(listener, error)];
  }
  if (file !== undefined && !file.isSocket()) {
    const found = `${principal}: ${socketPath} exists and is not a socket`;
    return [fail("listener", found, "move it away, or set another path")];
  }
  const answer =
    file === undefined
      ? warn("listener", `${principal}: nobody listens on ${socketPath}`, start)
      : answerFinding(listener, file, await connectionError(socketPath));
  const rights = file ?? rightsOf(listener, monitorUid);
  return [
    answer,
    ...strangerFindings(listener, folders, rights, monitorUid),
    ...(rights === null ? [] : guestFindings(listener, folders, rights)),
  ];
}

function unseenFinding({ principal, socketPath }: ListenerSettings, error: unknown): Finding {
  const { code } = error as NodeJS.ErrnoException;
  const found = `${principal}: ${dirname(socketPath)} cannot be seen: ${systemReason(error)}`;
  if (code === "EACCES")
    return warn("listener folder", found, "run doctor as root, or as the monitor's user");
  return fail("listener folder", found, "create it for the monitor's user, or set another path");
}

function answerFinding(
  { principal, socketPath }: ListenerSettings,
  file: Rights,
  error: NodeJS.ErrnoException | null,
): Finding {
  const who = whoMayConnect(file);
  switch (error?.code) {
    case undefined:
      return error === null
        ? ok("listener", `${principal}: ${socketPath} answers; may connect: ${who}`)
        : fail("listener", `${principal}: ${socketPath}: ${error.message}`, "look at the monitor's log");
    case "EACCES":
      return ok("listener", `${principal}: ${socketPath} is not for this user; may connect: ${who}`);
    case "ECONNREFUSED":
      return warn("listener", `${principal}: ${socketPath} was left behind by a monitor that is gone`, start);
    default:
      return fail("listener", `${principal}: ${socketPath}: ${error?.message}`, "look at the monitor's log");
  }
}

/** The rights that a socket will have; null where its group is not known yet. */
function rightsOf(
  { socketMode: mode, socketOwner, socketGroup }: ListenerSettings,
  monitorUid: number | null,
): Rights | null {
  const uid = socketOwner === null ? monitorUid : idOfAccount("user", socketOwner);
  const gid = socketGroup === null ? undefined : idOfAccount("group", socketGroup);
  return gid === undefined ? null : { mode, uid: uid ?? 0, gid };
}

/** Those who are no business of the listener. */
function strangerFindings(
  { principal, socketMode, socketPath }: ListenerSettings,
  folders: readonly Folder[],
  rights: Rights | null,
  monitorUid: number | null,
): readonly Finding[] {
  const check = "listener folder";
  const own = dirname(socketPath);
  const found: Finding[] = [];
  const open = openFolder(folders, monitorUid);
  if (open !== null) {
    const { path, uid, gid } = open.folder;
    const [who, advice] = {
      everybody: ["every user of this machine", `chmod o-w ${path}`],
      group: [`group ${nameOfGroup(gid)}`, `chmod g-w ${path}`],
      owner: [`user ${nameOfUser(uid)}`, `give ${path} to the monitor's user`],
    }[open.who] as [string, string];
    const harm = "may rename what leads to the socket, and take the monitor's place";
    found.push(warn(check, `${principal}: in ${path} ${who} ${harm}`, advice));
  }
  const isOpen = mayEnter(folders, stranger);
  if (isOpen && mayConnect(rights ?? { mode: socketMode, uid: 0, gid: 0 }, stranger)) {
    const what = `${principal}: every user of this machine may connect and report for ${principal}`;
    found.push(warn(check, what, `chmod o-rwx ${own}, and leave mode at 0660`));
  } else if (isOpen) {
    const what = `${principal}: every user of this machine may enter ${own}: the socket's own rights alone keep them out`;
    found.push(warn(check, what, `chmod o-rwx ${own}`));
  }
  return found.length > 0 ? found : [ok(check, `${principal}: ${own} is closed to strangers`)];
}

/** Those whom the listener is for. */
function guestFindings(
  { principal, socketPath, socketGroup, uid }: ListenerSettings,
  folders: readonly Folder[],
  rights: Rights,
): readonly Finding[] {
  const found: Finding[] = [];
  const member = { uid: null, gids: new Set([rights.gid]) };
  const closed = folders.find((folder) => !mayEnter([folder], member));
  if (socketGroup !== null && closed !== undefined) {
    const group = nameOfGroup(rights.gid);
    const what = `${principal}: members of group ${group} cannot enter ${closed.path}`;
    found.push(warn("listener group", what, `chgrp ${group} ${closed.path} and chmod g+x it`));
  }
  const gids = uid === null ? null : groupsOfUser(uid);
  if (uid === null || gids === null) return found;
  const user = { uid, gids };
  const shut = folders.find((folder) => !mayEnter([folder], user));
  if (shut === undefined && mayConnect(rights, user)) return found;
  const what =
    shut === undefined ? `connect to ${socketPath}: ${whoMayConnect(rights)}` : `enter ${shut.path}`;
  const advice = "make it a member of the listener's group, or set another uid";
  return [
    ...found,
    warn("listener user", `${principal}: user ${nameOfUser(uid)} (uid) cannot ${what}`, advice),
  ];
}

/** So many are told; the rest is a number. */
const mostOverlaps = 5;

function overlapFindings(listeners: readonly ListenerSettings[]): readonly Finding[] {
  const told: Finding[] = [];
  let more = 0;
  for (const [i, one] of listeners.entries()) {
    for (const other of listeners.slice(i + 1)) {
      const common = commonPatterns(one, other);
      if (common === undefined) continue;
      if (told.length === mostOverlaps) more++;
      else told.push(overlapFinding(`${one.principal} (${common[0]}) and ${other.principal} (${common[1]})`));
    }
  }
  return more === 0 ? told : [...told, overlapFinding(`${more} more pairs of listeners`)];
}

function overlapFinding(pair: string): Finding {
  return warn(
    "channels",
    `${pair} may report the same channel: who registers last has it`,
    "fine for a bot that moves between them; otherwise set patterns that share no channel",
  );
}

function commonPatterns(
  { channels }: ListenerSettings,
  other: ListenerSettings,
): readonly [string, string] | undefined {
  for (const one of channels)
    for (const theirs of other.channels) if (areOverlapping(one, theirs)) return [one, theirs];
  return undefined;
}
