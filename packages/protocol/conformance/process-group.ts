import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

const groups = new Set<number>();

// However the runner ends, nothing that it started stays behind.
process.once("exit", () => {
  for (const leader of groups) kill(leader);
});

/** From now on the runner's end is the end of this group of processes. */
export function watchGroup(leader: number): void {
  groups.add(leader);
}

/** SIGKILL to the leader, its group and whatever descends from it. */
export function endGroup(leader: number): void {
  kill(leader);
  groups.delete(leader);
}

function kill(leader: number): void {
  // Those that have left the group are found by their parents, as long as these live.
  for (const pid of [-leader, leader, ...descendantsOf(leader)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It is gone.
    }
  }
}

/** The processes below this one, where the system tells: on Linux. */
export function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  for (const name of names) {
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let next = children.get(root) ?? []; next.length > 0; ) {
    found.push(...next);
    next = next.flatMap((pid) => children.get(pid) ?? []);
  }
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
