import process from "node:process";
import { setImmediate } from "node:timers";

const ignore = (): void => {};

/**
 * `process.emitWarning`. Node emits a warning a tick later, where no caller can catch an error: a
 * stderr without a reader, a `console.error` or a listener of the bot's that throws. None of these
 * ends the bot. If a mock of it throws or rejects, the caller handles that.
 */
export async function emitWarning(warning: string | Error, name: string, code: string): Promise<void> {
  const { nextTick } = process;
  try {
    const { stderr } = process;
    if (stderr.listenerCount("error") === 0) {
      stderr.on("error", ignore);
      setImmediate(() => stderr.off("error", ignore));
    }
    process.nextTick = (run: (...given: unknown[]) => void, ...given: unknown[]) =>
      nextTick(() => {
        try {
          run(...given);
        } catch {
          // There is nowhere left to report it.
        }
      });
  } catch {
    // No stderr, or a frozen process.
  }
  let told: unknown;
  try {
    told = process.emitWarning(warning, name, code);
  } finally {
    if (process.nextTick !== nextTick) process.nextTick = nextTick;
  }
  await told;
}
