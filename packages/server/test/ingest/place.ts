import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of its own for a test's sockets; gone with `using`. */
export class Place implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "kissbot-ingest-"));

  get socketPath(): string {
    return join(this.directory, "monitor.sock");
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
