import { readHostFile } from "../file/host-file.js";
import { realPathOf } from "../file/opening.js";
import { SourceTail } from "./source-tail.js";

/**
 * The id of the host whose database this is, from the small file beside it, which waits for no lock
 * of the database; from the database where there is no such file. Null where neither can be read.
 */
export function knownHostId(path: string): string | null {
  const known = readHostFile(realPathOf(path))?.hostId;
  if (known !== undefined) return known;
  try {
    const tail = new SourceTail(path);
    try {
      return tail.identity()?.hostId ?? null;
    } finally {
      tail.close();
    }
  } catch {
    return null;
  }
}
