/** Work that is done beside other work. */
export interface Task {
  /** It keeps a core busy, so no other such task goes on beside it. */
  readonly isHeavy: boolean;
  run(): Promise<void>;
}

/**
 * Runs the tasks, this many at a time, in their order as far as a heavy one need not wait for
 * another. Once a task fails no further one begins: `onFault` stops those that go on, and their end
 * is waited for. Rejects with the first fault.
 */
export async function inLanes(
  tasks: readonly Task[],
  lanes: number,
  onFault: (fault: unknown) => void,
): Promise<void> {
  const waiting = [...tasks];
  const running = new Set<Promise<void>>();
  const faults: unknown[] = [];
  let isHeavy = false;
  const start = (task: Task): void => {
    isHeavy ||= task.isHeavy;
    const ended = task
      .run()
      .catch((fault: unknown) => {
        if (faults.push(fault) === 1) onFault(fault);
      })
      .finally(() => {
        running.delete(ended);
        if (task.isHeavy) isHeavy = false;
      });
    running.add(ended);
  };
  while (faults.length === 0 && (waiting.length > 0 || running.size > 0)) {
    const next = running.size < lanes ? waiting.findIndex((task) => !(task.isHeavy && isHeavy)) : -1;
    const [task] = next < 0 ? [] : waiting.splice(next, 1);
    if (task !== undefined) start(task);
    else await Promise.race(running);
  }
  await Promise.all(running);
  if (faults.length > 0) throw faults[0];
}
