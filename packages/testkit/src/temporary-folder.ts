import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own for a test, gone with `using`. Its path is short enough for a socket. */
export class TemporaryFolder implements Disposable {
  readonly path: string;

  /** `purpose` stands in the folder's name, for those who find it. */
  constructor(purpose: string) {
    this.path = mkdtempSync(join(tmpdir(), `kissbot-${purpose}-`));
  }

  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  get socketPath(): string {
    return this.file("monitor.sock");
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
