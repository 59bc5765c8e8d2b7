/** How far a look may precede the news that a connection ended, though the process ended before both. */
const lookLeadMs = 1_000;
/** An absent process is dead only when so many looks after the end of its connection found nobody. */
const absencesOfDeath = 3;

/**
 * What connections tell of a process's life. A connection that it keeps (more than one line came over it) proves that it lives
 * while it is open. Its end makes the monitor look, and a process that no look ever showed is dead by absence where
 * it was heard over that connection alone, three looks after its end found nobody under its pid, and no line came since.
 *
 * In another pid namespace its pid is nobody's all the time: who was absent while its connection was open, is foreign, and never
 * dead by absence. Connections have numbers above 0; 0 is one that nothing is known of. Times are the attentive clock's.
 */
export class Contact {
  #connection = 0;
  #isKept = false;
  #isOpen = false;
  #hasOthers = false;
  /** When a look found nobody though the connection was open; NaN where none did. */
  #absentAtMs = Number.NaN;
  #endedAtMs = Number.NaN;
  #absences = 0;
  #isForeign = false;

  /** It keeps a connection open over which it was heard. */
  get isConnected(): boolean {
    return this.#isKept && this.#isOpen;
  }

  /** When the connection ended over which it was heard last; NaN where it did not, or is heard again. */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }

  /** Whether the end of its only connection is all that can be told of it. */
  get mayBeAbsent(): boolean {
    return !this.#isForeign && !this.#hasOthers && !Number.isNaN(this.#endedAtMs);
  }

  heard(connection: number): void {
    if (connection !== 0 && connection === this.#connection) {
      this.#isKept = true;
    } else {
      if (this.#connection !== 0 || connection === 0) this.#hasOthers = true;
      this.#connection = connection;
      this.#isKept = false;
      this.#isOpen = connection !== 0;
    }
    this.#endedAtMs = Number.NaN;
    this.#absences = 0;
  }

  /** Answers whether it was heard last over that connection. */
  ended(connection: number, nowMs: number): boolean {
    if (connection !== this.#connection) return false;
    this.#isOpen = false;
    this.#endedAtMs = nowMs;
    this.#absences = 0;
    if (nowMs - this.#absentAtMs > lookLeadMs) this.#isForeign = true;
    return true;
  }

  /** A look found nobody under its pid. Answers whether that makes it dead by absence. */
  absent(nowMs: number): boolean {
    if (this.#isOpen) {
      if (Number.isNaN(this.#absentAtMs)) this.#absentAtMs = nowMs;
      return false;
    }
    return this.mayBeAbsent && ++this.#absences >= absencesOfDeath;
  }

  /** Another process is the current one. */
  forget(): void {
    this.#connection = 0;
    this.#isKept = false;
    this.#isOpen = false;
    this.#hasOthers = false;
    this.#absentAtMs = Number.NaN;
    this.#endedAtMs = Number.NaN;
    this.#absences = 0;
    this.#isForeign = false;
  }
}
