import { realpathSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";

/** Who owns a file, and what its rights are. */
export type Rights = Pick<Stats, "mode" | "uid" | "gid">;

/** Somebody who wants in: a user's number, null for any other, and the groups. */
export interface Visitor {
  readonly uid: number | null;
  readonly gids: ReadonlySet<number>;
}

export const stranger: Visitor = { uid: null, gids: new Set() };

export interface Folder extends Rights {
  readonly path: string;
}

/**
 * The folders that lead to a socket, its own last: those of its path as it is written, and those
 * behind links. Throws a system error where one is not there or not for this user to see.
 */
export function foldersTo(socketPath: string): readonly Folder[] {
  const folder = dirname(socketPath);
  const paths = new Set([...above(folder), ...above(realpathSync(folder))]);
  return [...paths].map((path) => {
    const { mode, uid, gid } = statSync(path);
    return { path, mode, uid, gid };
  });
}

function above(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...above(parent), folder];
}

/** Whether the folders let somebody through. */
export function mayEnter(folders: readonly Folder[], visitor: Visitor): boolean {
  return folders.every((folder) => hasRight(folder, visitor, 0o1));
}

/** A connect needs the right to write to the socket's file. */
export function mayConnect(socket: Rights, visitor: Visitor): boolean {
  return hasRight(socket, visitor, 0o2);
}

/** The first of the owner, the group and all others that fits decides alone. */
function hasRight({ mode, uid, gid }: Rights, visitor: Visitor, bit: number): boolean {
  if (visitor.uid === 0) return true;
  if (visitor.uid === uid) return (mode & (bit << 6)) !== 0;
  return (mode & (visitor.gids.has(gid) ? bit << 3 : bit)) !== 0;
}

/** Of a folder in which somebody may replace what leads to the socket. */
export interface OpenFolder {
  readonly folder: Folder;
  readonly who: "everybody" | "group" | "owner";
}

/**
 * The first folder in which others than root and the monitor's user may rename or remove what is
 * there; null where none is. `monitorUid` is null where nobody knows that user: then any owner may.
 */
export function openFolder(folders: readonly Folder[], monitorUid: number | null): OpenFolder | null {
  for (const folder of folders) {
    const { mode, uid, gid } = folder;
    const isSticky = (mode & 0o1000) !== 0;
    if (!isSticky && (mode & 0o003) === 0o003) return { folder, who: "everybody" };
    if (!isSticky && (mode & 0o030) === 0o030 && gid !== 0) return { folder, who: "group" };
    if (uid !== 0 && monitorUid !== null && uid !== monitorUid) return { folder, who: "owner" };
  }
  return null;
}
