/** What a process has in memory, in MB, by what it is mapped for. */
export interface ResidentParts {
  readonly filesMb: number;
  /** Pieces that C and C++ code took: SQLite's pages, buffers, strings of the runtime. */
  readonly mallocMb: number;
  /** Heaps of V8 and code, of all threads; their stacks; large single blocks. */
  readonly otherMb: number;
}

interface Mapping {
  readonly from: bigint;
  readonly to: bigint;
  readonly rights: string;
  readonly name: string;
  residentKb: number;
}

const header = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/;
/**
 * Glibc gives each thread's arena a stretch of addresses of this size that begins at a multiple.
 */
const arenaBytes = 64n * 1024n * 1024n;

/** Of the text of Linux's `/proc/PID/smaps`. */
export function residentPartsOf(smaps: string): ResidentParts {
  const mappings = mappingsOf(smaps);
  const parts = { filesMb: 0, mallocMb: 0, otherMb: 0 };
  for (const [i, mapping] of mappings.entries()) {
    const mb = mapping.residentKb / 1_024;
    if (mapping.name.startsWith("/")) parts.filesMb += mb;
    else if (mapping.name === "[heap]" || isArena(mapping, mappings[i + 1])) parts.mallocMb += mb;
    else parts.otherMb += mb;
  }
  return parts;
}

function mappingsOf(smaps: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of smaps.split("\n")) {
    const [, from, to, rights = "", name = ""] = header.exec(line) ?? [];
    const current = mappings.at(-1);
    if (from !== undefined)
      mappings.push({ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`), rights, name, residentKb: 0 });
    else if (current !== undefined && line.startsWith("Rss:"))
      current.residentKb = Number.parseInt(line.slice(4), 10);
  }
  return mappings;
}

/** What an arena does not use yet is kept for it, out of reach. */
function isArena({ from, to, rights, name }: Mapping, next: Mapping | undefined): boolean {
  if (name !== "" || !rights.startsWith("rw") || from % arenaBytes !== 0n) return false;
  const endsAt = from + arenaBytes;
  return to === endsAt || (next?.from === to && next.to === endsAt && next.rights.startsWith("---"));
}
