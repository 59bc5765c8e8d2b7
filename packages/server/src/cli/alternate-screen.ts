import process from "node:process";
import type { Terminal } from "./terminal.js";

const enter = "\u001b[?1049h\u001b[?25l";
const leave = "\u001b[?25h\u001b[?1049l";

/**
 * The terminal's alternate screen. Closing it brings back the previous content; it closes at the
 * latest when the process ends, and reopens after a stop by Ctrl-Z.
 */
export class AlternateScreen {
  readonly #terminal: Terminal;
  readonly #redraw: () => void;
  #isOpen = false;
  #forgetResize: () => void = () => undefined;

  /** `redraw` is called where the terminal has another size, and when the process goes on. */
  constructor(terminal: Terminal, redraw: () => void) {
    this.#terminal = terminal;
    this.#redraw = redraw;
  }

  open(): void {
    this.#enter();
    this.#forgetResize = this.#terminal.onResize(this.#redraw);
    // The screen that stays shows a fault that ends the process.
    process.on("exit", this.#leave).on("uncaughtExceptionMonitor", this.#leave);
    process.on("SIGTSTP", this.#stop).on("SIGCONT", this.#goOn);
  }

  close(): void {
    process.off("exit", this.#leave).off("uncaughtExceptionMonitor", this.#leave);
    process.off("SIGTSTP", this.#stop).off("SIGCONT", this.#goOn);
    this.#forgetResize();
    this.#leave();
  }

  /**
   * These lines and nothing else: as many as there are rows. None may be wider than the terminal.
   */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // Clears each line before writing it: afterwards the cursor may be on its last character.
    const shown = lines.slice(0, this.#terminal.rows).map((line) => `\u001b[K${line}`);
    this.#terminal.write(
      `\u001b[H${shown.join("\r\n")}${shown.length < this.#terminal.rows ? "\r\n\u001b[J" : ""}`,
    );
  }

  #enter(): void {
    this.#isOpen = true;
    this.#terminal.write(enter);
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.write(leave);
  };

  readonly #stop = (): void => {
    this.#leave();
    process.kill(process.pid, "SIGSTOP");
  };

  readonly #goOn = (): void => {
    if (!this.#isOpen) this.#enter();
    this.#redraw();
  };
}
