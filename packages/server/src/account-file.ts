import { readFileSync } from "node:fs";

/** Accounts that only a directory service knows are not in these files; they go by their number. */
export const accountFiles = { user: "/etc/passwd", group: "/etc/group" } as const;

export type AccountKind = keyof typeof accountFiles;

/** The greatest number that is no sign of "no account". */
const mostId = 2 ** 32 - 2;

/**
 * The number of a user or group that is given by name or number; undefined for a name that the
 * file of such accounts does not have.
 */
export function idOfAccount(kind: AccountKind, given: string): number | undefined {
  if (/^\d{1,10}$/.test(given)) {
    const id = Number(given);
    if (id <= mostId) return id;
  }
  return accountsIn(accountFiles[kind]).find(({ name }) => name === given)?.id;
}

/** The group's name, else its number. */
export function nameOfGroup(id: number): string {
  return nameIn(accountFiles.group, id);
}

/** The user's name, else its number. */
export function nameOfUser(id: number): string {
  return nameIn(accountFiles.user, id);
}

/** The numbers of the groups that a user is in; null for one that `/etc/passwd` does not have. */
export function groupsOfUser(uid: number): ReadonlySet<number> | null {
  const user = accountsIn(accountFiles.user).find(({ id }) => id === uid);
  if (user === undefined) return null;
  const groups = accountsIn(accountFiles.group).filter(({ next }) => next.split(",").includes(user.name));
  return new Set([Number(user.next), ...groups.map(({ id }) => id)]);
}

function nameIn(path: string, wanted: number): string {
  return accountsIn(path).find(({ id }) => id === wanted)?.name ?? String(wanted);
}

interface Account {
  readonly name: string;
  readonly id: number;
  /** The number of a user's own group; the names of a group's members, with commas. */
  readonly next: string;
}

/** Both files have `name:password:id:…` in each line. */
function accountsIn(path: string): readonly Account[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // A minimal container has no such file: then numbers have to do.
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [name, , id, next = ""] = line.split(":");
    return name === undefined || id === undefined ? [] : [{ name, id: Number(id), next }];
  });
}
