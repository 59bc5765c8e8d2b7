import { readFileSync } from "node:fs";

/** The name of a user by number, else the number. */
export function userName(uid: number): string {
  return nameIn("/etc/passwd", uid) ?? `${uid}`;
}

/** The name of a group by number, else the number. */
export function groupName(gid: number): string {
  return nameIn("/etc/group", gid) ?? `${gid}`;
}

/** In both files the name is the first field and the number the third. */
function nameIn(path: string, id: number): string | undefined {
  try {
    const entry = readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .find(([, , number]) => number === `${id}`);
    return entry?.[0];
  } catch {
    // Another kind of directory, or another system: then the number has to do.
    return undefined;
  }
}
