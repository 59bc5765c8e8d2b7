import type { Load, LoadMeans, Session, Taken } from "./loads.js";

/** What a monitor took under a load. */
export interface LoadFigures {
  /** Of the whole process, microseconds for each of the load's units. */
  readonly cpuUs: number;
  /** Microseconds by the clock; null where it is the load that sets the pace. */
  readonly clockUs: number | null;
  /** At the end. */
  readonly residentMb: number;
}

/**
 * Two monitors, started for it, that take the steps of a load in turn: other work on the machine,
 * which changes from second to second, falls on both.
 */
export async function pairedRun(
  load: Load,
  commands: readonly [string, string],
  means: LoadMeans,
): Promise<readonly [LoadFigures, LoadFigures]> {
  const sessions: Session[] = [];
  try {
    for (const command of commands) sessions.push(await load.open(command, means));
    const [one, other] = sessions as [Session, Session];
    await inTurn(one, other, Math.ceil(load.steps / 2));
    const before = sessions.map(({ monitor }) => monitor.cpuTime().all);
    const taken = await inTurn(one, other, load.steps);
    const figuresOf = (session: Session, i: 0 | 1) =>
      figuresFrom(taken[i], session.monitor.cpuTime().all - (before[i] as number), session);
    return [figuresOf(one, 0), figuresOf(other, 1)];
  } finally {
    for (const session of sessions) await session.close();
  }
}

type Step = Awaited<ReturnType<Session["step"]>>;

async function inTurn(one: Session, other: Session, steps: number): Promise<readonly [Step[], Step[]]> {
  const taken: readonly [Step[], Step[]] = [[], []];
  for (let step = 0; step < steps; step++) {
    // Who goes first changes from step to step.
    if (step % 2 === 0) taken[0].push(await one.step());
    taken[1].push(await other.step());
    if (step % 2 === 1) taken[0].push(await one.step());
  }
  return taken;
}

function figuresFrom(steps: readonly Step[], allNs: number, { units, monitor }: Session): LoadFigures {
  const count = steps.length * units;
  const sumOf = (figure: keyof Taken) => {
    const values = steps.flatMap((step) => step[figure] ?? []);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
  };
  const clockMs = sumOf("clockMs");
  return {
    cpuUs: (sumOf("cpuNs") ?? allNs) / count / 1_000,
    clockUs: clockMs === null ? null : (clockMs * 1_000) / count,
    residentMb: monitor.residentMb(),
  };
}
