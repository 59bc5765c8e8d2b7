import { styleText } from "node:util";
import { safeJson } from "../quoted-text.js";

export type Style = "red" | "yellow" | "green" | "dim" | "bold";

interface Output {
  write(text: string): unknown;
  once?(event: "drain", listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

export interface TerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The output of a command: its answer on stdout, notes on stderr. Decides about colour: a flag
 * wins, then FORCE_COLOR (as Node reads it), NO_COLOR, CLICOLOR_FORCE, CLICOLOR, and else a
 * terminal has colour unless it is a dumb one.
 */
export class Terminal {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #environment: TerminalOptions["environment"];
  #coloured: boolean;
  /**
   * What happens when the reader of stdout goes away: most commands have then done their work; a
   * monitor has not.
   */
  whenClosed: "end" | "go_on" = "end";

  constructor({ stdout, stderr, environment }: TerminalOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#environment = environment;
    this.#coloured = wantsColour(environment) ?? (stdout.isTTY === true && environment["TERM"] !== "dumb");
  }

  /** What the command line said of colour, which wins. */
  useColour(isWanted: boolean): void {
    this.#coloured = isWanted;
  }

  /**
   * The width of a line; null for no limit. If stdout is not a terminal, COLUMNS decides: `watch`
   * and similar programs set it.
   */
  get columns(): number | null {
    if (this.#stdout.isTTY === true) return this.#stdout.columns || 80;
    const given = Number(this.#environment["COLUMNS"]);
    return Number.isInteger(given) && given > 0 ? given : null;
  }

  /** How many lines a screen has. */
  get rows(): number {
    return this.#stdout.rows || 24;
  }

  /** Calls back each time that the screen has another size; what it answers ends that. */
  onResize(listener: () => void): () => void {
    this.#stdout.on?.("resize", listener);
    return () => this.#stdout.off?.("resize", listener);
  }

  get isInteractive(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** Whether it can show a screen that is redrawn. */
  get hasScreen(): boolean {
    return this.isInteractive && this.#environment["TERM"] !== "dumb";
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

  /** As it is; resolves when the reader of stdout has taken enough of it for more to come. */
  async writeAndWait(text: string): Promise<void> {
    if (this.#stdout.write(text) !== false || this.#stdout.once === undefined) return;
    await new Promise<void>((resolve) => this.#stdout.once?.("drain", resolve));
  }

  printJson(value: unknown): void {
    this.#stdout.write(`${safeJson(JSON.stringify(value, null, 2))}\n`);
  }

  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}

/** Undefined where the environment says nothing of colour. */
function wantsColour(environment: TerminalOptions["environment"]): boolean | undefined {
  const { FORCE_COLOR: force, NO_COLOR: no = "", CLICOLOR_FORCE: always = "", CLICOLOR: maybe } = environment;
  if (force !== undefined) return ["", "1", "2", "3", "true"].includes(force);
  if (no !== "") return false;
  if (always !== "" && always !== "0") return true;
  return maybe === "0" ? false : undefined;
}
