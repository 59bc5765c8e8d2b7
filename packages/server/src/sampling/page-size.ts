import type { ProcReader } from "./proc-reader.js";
import { parseProcStat } from "./proc-stat.js";

const smallestPage = 4_096;
const greatestPage = 65_536;

/**
 * The size of a memory page, found from the same process's resident memory in bytes and in pages: 4
 * 096 nearly everywhere, but 16 or 64 KiB on some ARM and POWER machines. The two may have been
 * read a moment apart, so the nearest power of two is taken, which is right as long as memory
 * changed by less than 40 % between them. Null where that makes no sense.
 */
export function pageSizeFrom(residentBytes: number, residentPages: number): number | null {
  if (!(residentBytes > 0 && residentPages > 0)) return null;
  const size = 2 ** Math.round(Math.log2(residentBytes / residentPages));
  return size >= smallestPage && size <= greatestPage ? size : null;
}

/** Of the machine, as this process's own memory shows it; null where that cannot be told now. */
export function ownPageSize(reader: ProcReader): number | null {
  try {
    const self = parseProcStat(reader.read("self/stat"));
    return self === null ? null : pageSizeFrom(process.memoryUsage.rss(), self.rssPages);
  } catch {
    // Out of descriptors, say: it is asked again in the next round.
    return null;
  }
}
