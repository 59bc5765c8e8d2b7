import process from "node:process";
import { type Arguments, numberOf } from "./arguments.js";
import { modes } from "./mode.js";
import { Timeline } from "./timeline.js";
import { UsageError } from "./usage.js";

/** Where a cut falls that nobody asked for: within a line, and beyond a page. */
const usualBytes = 4_099;

/** Runs a monitor in one mode until it is stopped; each event that it sees is a line on stdout. */
export async function monitorCommand({ values }: Arguments): Promise<number> {
  const names = Object.keys(modes).join(", ");
  const mode = modes[values.mode ?? ""];
  if (mode === undefined) throw new UsageError(`--mode ${values.mode ?? ""}: one of ${names} is expected`);
  if (values.socket === undefined) throw new UsageError("--socket PATH is missing");
  const bytes = values.bytes === undefined ? usualBytes : numberOf("bytes", values.bytes, 0);
  const timeline = new Timeline();
  timeline.onTell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
  let running: Awaited<ReturnType<typeof mode.start>>;
  try {
    running = await mode.start(values.socket, timeline, bytes);
  } catch (error) {
    throw new UsageError(`--socket ${values.socket}: ${(error as Error).message}`);
  }
  process.stderr.write(`a monitor that ${mode.title} at ${values.socket}; Ctrl-C ends it\n`);
  const beat = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    // Whoever reads has gone.
    process.stdout.once("error", () => resolve());
  });
  clearInterval(beat);
  await running.end();
  return 0;
}
