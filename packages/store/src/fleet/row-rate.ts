/** Lets so many rows a second pass, and no more at once than in one second. */
export class RowRate {
  readonly rowsPerSecond: number;
  readonly #nowMs: () => number;
  #room: number;
  #atMs: number;

  /** `nowMs` never goes back. */
  constructor(rowsPerSecond: number, nowMs: () => number) {
    this.rowsPerSecond = rowsPerSecond;
    this.#nowMs = nowMs;
    this.#room = rowsPerSecond;
    this.#atMs = nowMs();
  }

  hasRoom(): boolean {
    const now = this.#nowMs();
    const gained = ((now - this.#atMs) / 1_000) * this.rowsPerSecond;
    this.#room = Math.min(this.rowsPerSecond, this.#room + gained);
    this.#atMs = now;
    return this.#room > 0;
  }

  note(rows: number): void {
    this.#room -= rows;
  }
}
