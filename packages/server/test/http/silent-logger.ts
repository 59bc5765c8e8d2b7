import type { Logger } from "../../src/logger.js";

/** Keeps what is logged as an error; the rest is of no interest. */
export class SilentLogger {
  readonly errors: unknown[] = [];
  readonly logger: Logger;

  constructor() {
    const ignore = () => undefined;
    const keep = (...line: unknown[]) => this.errors.push(line);
    this.logger = {
      trace: ignore,
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: keep,
      fatal: keep,
    } as Logger;
  }
}
