import process from "node:process";

export interface Interruption {
  readonly signal: AbortSignal;
  /** Resolves when somebody asks the command to end. */
  readonly made: Promise<void>;
  /** From then on a signal ends the process as it ends one that does not listen. */
  dispose(): void;
}

const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Ends what runs until Ctrl-C. The second signal ends the process at once. */
export function interruption(): Interruption {
  const controller = new AbortController();
  let resolve: () => void = () => undefined;
  const made = new Promise<void>((done) => {
    resolve = done;
  });
  const dispose = () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  const onSignal = () => {
    dispose();
    controller.abort();
    resolve();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return { signal: controller.signal, made, dispose };
}
