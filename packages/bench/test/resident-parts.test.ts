import { expect, test } from "vitest";
import { residentPartsOf } from "../src/soak/resident-parts.js";

/** A mapping as `/proc/PID/smaps` shows it. */
const mapping = (range: string, rights: string, name: string, residentMb: number) =>
  `${range} ${rights} 00000000 00:00 0 ${name === "" ? "" : `     ${name}`}
Size:              65536 kB
KernelPageSize:        4 kB
Rss:            ${String(residentMb * 1_024).padStart(8)} kB
Pss:            ${String(residentMb * 1_024).padStart(8)} kB
VmFlags: rd wr mr mw me ac sd`;

test("resident memory is told apart by what it is mapped for", () => {
  const smaps = [
    mapping("00400000-04e00000", "r-xp", "/usr/bin/node", 40),
    mapping("0615f000-06f3a000", "rw-p", "[heap]", 12),
    // An arena of a thread, and what it has not taken yet.
    mapping("7f5c00000000-7f5c01000000", "rw-p", "", 9),
    mapping("7f5c01000000-7f5c04000000", "---p", "", 0),
    // One that is full.
    mapping("7f5c08000000-7f5c0c000000", "rw-p", "", 64),
    // Pages of a heap of V8, one of them at such a multiple.
    mapping("7f5c0c000000-7f5c0c040000", "rw-p", "", 1),
    mapping("7f5c0c080000-7f5c0c0c0000", "rw-p", "", 2),
    mapping("7ffd2a5d8000-7ffd2a5f9000", "rw-p", "[stack]", 3),
  ].join("\n");
  expect(residentPartsOf(smaps)).toEqual({ filesMb: 40, mallocMb: 85, otherMb: 6 });
});
