import type { StoreError } from "../../error.js";
import type { StoreEvent, StoreFailure } from "../../state.js";

/** What failed once and was never tried again is no trouble of today. */
const forgetMs = 300_000;

interface Noted extends StoreFailure {
  readonly lastMs: number;
}

/** What fails beside writing: told when it begins and when it is over, and kept in between. */
export class Failures {
  readonly #tell: (event: StoreEvent) => void;
  readonly #now: () => number;
  readonly #noted = new Map<string, Noted>();

  /** `now` is Unix milliseconds. */
  constructor(tell: (event: StoreEvent) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  note(what: string, { code, message }: StoreError): void {
    const before = this.#current(what);
    const sinceMs = before?.sinceMs ?? this.#now();
    this.#noted.set(what, { what, code, detail: message, sinceMs, lastMs: performance.now() });
    if (before === undefined) this.#tell({ kind: "failing", what, code, detail: message });
  }

  clear(what: string): void {
    if (this.#current(what) !== undefined) this.#tell({ kind: "working", what });
    this.#noted.delete(what);
  }

  /** The file that they were failures of is gone. */
  forget(): void {
    this.#noted.clear();
  }

  list(): StoreFailure[] {
    return [...this.#noted.keys()].flatMap((name) => {
      const noted = this.#current(name);
      if (noted === undefined) return [];
      const { what, code, detail, sinceMs } = noted;
      return [{ what, code, detail, sinceMs }];
    });
  }

  #current(what: string): Noted | undefined {
    const noted = this.#noted.get(what);
    if (noted === undefined || performance.now() - noted.lastMs < forgetMs) return noted;
    this.#noted.delete(what);
    return undefined;
  }
}
