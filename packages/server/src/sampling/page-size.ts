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
