import { styleText } from "node:util";
import { safeJson } from "../config/quoted-text.js";

export type Style = "red" | "yellow" | "green" | "dim" | "bold";

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where a command writes: stdout is its answer, stderr what is said beside it. Whether there is colour is decided here alone. */
export class Terminal {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #coloured: boolean;
  /** What happens when the reader of stdout goes away: most commands have then done their work; a monitor has not. */
  whenClosed: "end" | "go_on" = "end";

  constructor({ stdout, stderr, environment }: TerminalOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    const { NO_COLOR: no = "", TERM: kind } = environment;
    this.#coloured = stdout.isTTY === true && no === "" && kind !== "dumb";
  }

  /** How wide a line may be; null where nobody looks at it. */
  get columns(): number | null {
    return this.#stdout.isTTY === true ? (this.#stdout.columns ?? 80) : null;
  }

  get isInteractive(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** Node's own judgement of the stream is left out: it is another one in each of its versions. */
  style(style: Style, text: string): string {
    return this.#coloured ? styleText(style, text, { validateStream: false }) : text;
  }

  print(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  /** As it is, without a newline. */
  write(text: string): void {
    this.#stdout.write(text);
  }

  printJson(value: unknown): void {
    this.#stdout.write(`${safeJson(JSON.stringify(value, null, 2))}\n`);
  }

  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}
