/**
 * How far a look may be heard of before the news that the connection ended, though the process
 * ended before both.
 */
const lookLeadMs = 200;
/** An absent process is dead after this many looks that found nobody since its connection ended. */
const absencesOfDeath = 3;

/**
 * What connections tell of a process's life. A connection that it keeps (more than one line came
 * over it) proves that it lives while it is open. Its end makes the monitor look, and a process
 * that no look ever showed is dead by absence where it was heard over that connection alone, three
 * looks after its end found nobody under its pid, and no line came since.
 *
 * In another pid namespace its pid is nobody's, or a stranger's, all the time: whose pid was
 * nobody's while its connection was open, or who was heard after its pid had become nobody's, is
 * *foreign*: what a look at its pid shows, says nothing of it.
 *
 * Connections have numbers above 0; 0 is one that nothing is known of. Times are the attentive
 * clock's.
 */
export class Contact {
  #connection = 0;
  #isKept = false;
  #isOpen = false;
  #hasOthers = false;
  #heardAtMs = Number.NaN;
  #gapMs = Number.NaN;
  #absentAtMs = Number.NaN;
  #endedAtMs = Number.NaN;
  #absences = 0;
  #isForeign = false;

  /** It keeps a connection open over which it was heard. */
  get isConnected(): boolean {
    return this.#isKept && this.#isOpen;
  }

  /** Over which it was heard last. */
  get connection(): number {
    return this.#connection;
  }

  isLast(connection: number): boolean {
    return connection !== 0 && connection === this.#connection;
  }

  /** Whether it keeps another connection open than this one. */
  isElsewhere(connection: number): boolean {
    return this.isConnected && connection !== 0 && connection !== this.#connection;
  }

  /** The end of the connection over which it was heard last has not been read yet. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * When the connection ended over which it was heard last; NaN where it did not, or the process
   * was heard since.
   */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }

  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** How long it was silent between its last two lines; NaN where there are no two. */
  get gapMs(): number {
    return this.#gapMs;
  }

  heard(connection: number, nowMs: number): void {
    if (connection !== 0 && connection === this.#connection) {
      this.#isKept = true;
    } else {
      if (this.#connection !== 0 || connection === 0) this.#hasOthers = true;
      this.#connection = connection;
      this.#isKept = false;
      this.#isOpen = connection !== 0;
    }
    this.#gapMs = nowMs - this.#heardAtMs;
    this.#heardAtMs = nowMs;
    this.#endedAtMs = Number.NaN;
    this.#absences = 0;
  }

  /** Answers whether it was heard last over that connection. */
  ended(connection: number, nowMs: number): boolean {
    if (connection !== this.#connection || connection === 0) return false;
    this.#isOpen = false;
    this.#endedAtMs = nowMs;
    this.#absences = 0;
    if (nowMs - this.#absentAtMs > lookLeadMs) this.#isForeign = true;
    return true;
  }

  /**
   * A look found nobody under its pid, where none had ever shown it. Answers whether that makes it
   * dead by absence.
   */
  absent(nowMs: number, isAfterEnd: boolean): boolean {
    if (this.#isOpen) {
      if (Number.isNaN(this.#absentAtMs)) this.#absentAtMs = nowMs;
      return false;
    }
    if (!isAfterEnd || this.#isForeign || this.#hasOthers || Number.isNaN(this.#endedAtMs)) return false;
    this.#absences++;
    return this.#absences >= absencesOfDeath;
  }

  /** It was heard although nobody has its pid. */
  proveForeign(): void {
    this.#isForeign = true;
  }

  /** Another process is the current one. */
  forget(): void {
    this.#connection = 0;
    this.#isKept = false;
    this.#isOpen = false;
    this.#hasOthers = false;
    this.#heardAtMs = Number.NaN;
    this.#gapMs = Number.NaN;
    this.#absentAtMs = Number.NaN;
    this.#endedAtMs = Number.NaN;
    this.#absences = 0;
    this.#isForeign = false;
  }
}
