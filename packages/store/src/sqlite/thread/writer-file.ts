import type { StoreEvent } from "../../state.js";
import { prepareDatabaseFile } from "../file/database-file.js";
import { openDatabase } from "../file/open-database.js";
import { setAside } from "../file/set-aside.js";
import { OpenFile } from "../write/open-file.js";
import type { Verdict, WriterSetup } from "./writer-message.js";

/**
 * A file that a check found sound is not checked again so soon, whatever SQLite says: it takes
 * seconds for each GB.
 */
const soundMs = 60_000;

export interface WriterFileOptions {
  readonly setup: WriterSetup;
  readonly tell: (event: StoreEvent) => void;
  readonly isGivenUp: () => boolean;
}

/**
 * The file that the writer has open, and how it is opened anew. Null while a repair has failed: the
 * next `open` tries again.
 */
export class WriterFile {
  readonly #options: WriterFileOptions;
  #current: OpenFile | null = null;
  #soundAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: WriterFileOptions) {
    this.#options = options;
  }

  get current(): OpenFile | null {
    return this.#current;
  }

  async open(): Promise<OpenFile> {
    if (this.#current !== null) return this.#current;
    const { setup, tell, isGivenUp } = this.#options;
    const { path, openTimeoutMs, maxWalBytes } = setup;
    const db = await openDatabase({ path, openTimeoutMs, tell, isGivenUp });
    this.#current = new OpenFile(db, path, maxWalBytes);
    return this.#current;
  }

  close(): void {
    this.#current?.close();
    this.#current = null;
  }

  /** It has closed itself. */
  forget(): void {
    this.#current = null;
  }

  /** The last check is so new that another would find the same. */
  get isKnownSound(): boolean {
    return performance.now() - this.#soundAtMs < soundMs;
  }

  /**
   * Checks the file, sets it aside if it is corrupt, and opens what stands there then; also a sound
   * one, since a connection can be wrong about it.
   */
  async replaceIfCorrupt(): Promise<Verdict> {
    this.close();
    const aside = await setAside(this.#options.setup.path, Date.now());
    if (aside.kind === "sound") this.#soundAtMs = performance.now();
    else await prepareDatabaseFile(this.#options.setup.path, false);
    try {
      await this.open();
    } finally {
      // Told when there are tables again: whoever hears it opens the path.
      if (aside.kind === "moved")
        this.#options.tell({ kind: "set_aside", paths: aside.paths, reason: aside.reason });
    }
    return aside.kind === "moved" ? "replaced" : "sound";
  }
}
