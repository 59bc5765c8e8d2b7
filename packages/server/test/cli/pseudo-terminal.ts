import { spawnSync } from "node:child_process";
import { Child, until } from "@kissbot/testkit";
import { textWidth } from "../../src/cli/text-width.js";
import { mainScript } from "./command.js";

/** Whether this machine has the `script` of util-linux, which gives a command a terminal. */
export const hasTerminals =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;
if (!hasTerminals)
  console.warn("SKIPPED: no script of util-linux on this machine; no command is tried in a terminal.");

const esc = "\u001b";

export interface PseudoTerminalOptions {
  /** 24 */
  readonly rows?: number;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One run of the built command in a terminal of 80 columns. */
export class PseudoTerminal implements AsyncDisposable {
  readonly child: Child;

  constructor(args: readonly string[], folder: string, { rows = 24, env = {} }: PseudoTerminalOptions = {}) {
    const words = [process.execPath, mainScript, ...args].map((word) => `'${word}'`).join(" ");
    const line = `tty; stty cols 80 rows ${rows}; echo pid $$; exec ${words}`;
    this.child = new Child("script", ["-qefc", line, "/dev/null"], {
      folder,
      stdin: true,
      limitMs: 120_000,
      env: { TMPDIR: folder, TERM: "xterm", SHELL: "/bin/sh", ...env },
    });
  }

  get text(): string {
    return this.child.stdout;
  }

  /** The command itself, not the terminal around it. */
  get pid(): number {
    return Number(/^pid (\d+)/m.exec(this.text)?.[1]);
  }

  resize(columns: number, rows: number): void {
    const [, device = ""] = /^(\/dev\/\S+)/.exec(this.text) ?? [];
    const done = spawnSync("stty", ["-F", device, "cols", `${columns}`, "rows", `${rows}`], {
      encoding: "utf8",
    });
    if (done.status !== 0) throw new Error(done.stderr);
  }

  /** The lines of the newest whole screen, without colours. */
  get screen(): string[] {
    const frames = this.text.split(`${esc}[H`);
    const last = frames.length > 2 ? frames.at(-2) : frames.at(-1);
    return linesIn(last ?? "");
  }

  /** Waits for a screen that has this. */
  async shows(text: string): Promise<string[]> {
    await until(`the screen shows ${text}`, () => this.screen.some((line) => line.includes(text)), {
      timeoutMs: 30_000,
      describe: () => this.screen,
    });
    return this.screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.kill();
  }
}

/** The lines of what was printed, without colours and moves of the cursor. */
export function linesIn(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with.
  return text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, "").split(/\r?\n/);
}

export function widest(lines: readonly string[]): number {
  return Math.max(...lines.map(textWidth));
}
