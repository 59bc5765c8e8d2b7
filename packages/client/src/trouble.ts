import type { Complain } from "./complaint.js";
import { notSent } from "./delivery.js";
import { copyOf, later } from "./runtime.js";

/** How long a change waits after the heartbeat that sent the last one. */
const quietMs = 1_000;

/** The longest text that a line can carry, in code points. */
const longest = 256;

/**
 * Why the bot does not work, and when to send a change.
 *
 * Each registration and each heartbeat carries the text. A change sends an extra heartbeat at once.
 * Further changes wait for a second; then the newest is sent, unless another line has carried it
 * meanwhile. So a caller that changes the text all the time causes one line a second, and the last
 * line is always right.
 */
export class Trouble {
  readonly #beat: () => Promise<boolean>;
  #text: string | undefined;
  /** What the newest line said, and what the newest heartbeat did; null before the first. */
  #said: string | undefined;
  #saidByBeat: string | undefined | null = null;
  #stopQuiet: (() => void) | undefined;

  /**
   * `beat` makes a heartbeat, or returns `notSent` where the bot is not to be heard. It must
   * neither throw nor reject.
   */
  constructor(beat: () => Promise<boolean>) {
    this.#beat = beat;
  }

  /** For the line that is being made. */
  say(isBeat: boolean): string | undefined {
    this.#said = this.#text;
    if (isBeat) this.#saidByBeat = this.#text;
    return this.#text;
  }

  /** True: the heartbeat with the change was passed to the operating system. */
  set(text: string | undefined): Promise<boolean> {
    this.#text = text;
    return this.#stopQuiet === undefined ? this.#tell() : notSent;
  }

  /** Sends it now, whatever was sent a moment ago; nothing more is sent later. */
  end(text = this.#text): void {
    this.#text = text;
    this.#stopQuiet?.();
    void this.#tell();
    this.#stopQuiet?.();
    this.#stopQuiet = undefined;
  }

  /**
   * A registration can arrive before a heartbeat that waits since before it, so a heartbeat that
   * says something else counts.
   */
  get #isSaid(): boolean {
    return this.#text === this.#said && (this.#saidByBeat === null || this.#text === this.#saidByBeat);
  }

  #tell(): Promise<boolean> {
    if (this.#isSaid) return notSent;
    const outcome = this.#beat();
    // Where there was no line, the first one will say it.
    if (this.#isSaid) {
      this.#stopQuiet = later(() => {
        this.#stopQuiet = undefined;
        void this.#tell();
      }, quietMs);
    }
    return outcome;
  }
}

/**
 * The argument of `setTrouble` as a line can carry it, `""` for none. Undefined, with a warning, if
 * it is neither a string nor null: an error without a message must not end the trouble. Never
 * throws.
 */
export function troubleFrom(given: unknown, complain: Complain): string | undefined {
  if (given === null) return "";
  const text = typeof given === "string" ? lineOf(given) : "";
  if (text !== "") return text;
  complain("KISSBOT_INVALID_ARGUMENT", "setTrouble: expected a text that is not blank, or null");
  return undefined;
}

/**
 * The text on one line, of at most 256 code points: control characters are spaces, and none is at
 * either end.
 */
export function lineOf(text: string): string {
  // Twice as many UTF-16 units hold them all, and what is cut away need not be looked at.
  const head = text.trimStart().slice(0, 4 * longest);
  const plain = head
    .replace(/\p{Cc}/gu, " ")
    .replace(/\p{Cs}/gu, "\ufffd")
    .trim();
  return copyOf([...plain].slice(0, longest).join("").trimEnd());
}
