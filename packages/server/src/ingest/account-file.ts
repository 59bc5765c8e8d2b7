import { readFile } from "node:fs/promises";
import { SocketError } from "./socket-error.js";

/** Accounts that only a directory service knows are not here; they go by their number. */
const userFile = "/etc/passwd";
const groupFile = "/etc/group";

const mostGroupId = 2 ** 32 - 2;

/** The number of a group that is given by name or number. Throws `unknown_group`. */
export async function idOfGroup(group: string): Promise<number> {
  if (/^\d{1,10}$/.test(group)) {
    const id = Number(group);
    if (id <= mostGroupId) return id;
  }
  for (const [name, id] of await accountsIn(groupFile)) if (name === group) return id;
  throw new SocketError(
    "unknown_group",
    `--socket-group: expected a group of ${groupFile} or its number, got ${JSON.stringify(group.slice(0, 64))}`,
  );
}

/** The group's name, else its number. */
export function nameOfGroup(id: number): Promise<string> {
  return nameIn(groupFile, id);
}

/** The user's name, else its number. */
export function nameOfUser(id: number): Promise<string> {
  return nameIn(userFile, id);
}

async function nameIn(path: string, wanted: number): Promise<string> {
  for (const [name, id] of await accountsIn(path)) if (id === wanted) return name;
  return String(wanted);
}

/** Both files have `name:password:id:…` in each line. */
async function accountsIn(path: string): Promise<[name: string, id: number][]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    // A minimal container has no such file: then numbers have to do.
    return [];
  }
  const accounts: [string, number][] = [];
  for (const line of text.split("\n")) {
    const [name, , id] = line.split(":");
    if (name !== undefined && id !== undefined) accounts.push([name, Number(id)]);
  }
  return accounts;
}
