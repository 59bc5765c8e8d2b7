/** What the sampler needs of `/proc/<pid>/stat`. */
export interface ProcStat {
  readonly pid: number;
  /** One letter: `R`, `S`, `D`, `Z`, ... */
  readonly state: string;
  /** User and system time of all its threads, in clock ticks; that of its children is not in it. */
  readonly cpuTicks: number;
  readonly threads: number;
  /** Since the machine started, in clock ticks; not changed by steps of the wall clock. */
  readonly startTicks: number;
  /** Resident pages; their size depends on the machine. */
  readonly rssPages: number;
}

/**
 * Ticks per second of every time in `/proc`. It is the kernel's USER_HZ, which is 100 on every
 * architecture that Node runs on, whatever rate the kernel itself ticks at.
 */
export const ticksPerSecond = 100;
export const msPerTick = 1_000 / ticksPerSecond;

/**
 * How many fields this file had when it last grew before the oldest kernel that Node supports;
 * later ones may follow.
 */
const leastFields = 41;

/**
 * Reads one `/proc/<pid>/stat`, decoded as latin1: the second field is the program's name as bytes
 * of its own choice, with spaces, parentheses and line feeds if it likes, so the fields are counted
 * from the last closing parenthesis, as all that follows it are numbers. Null where the text is not
 * a whole line of that form; it never throws.
 */
export function parseProcStat(text: string): ProcStat | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  // The line feed is the proof that the last number was not cut in the middle.
  if (open < 1 || close < open || !text.endsWith("\n")) return null;
  if (findFields(text, close + 2) < leastFields) return null;
  const state = field(text, 3);
  if (!/^[A-Za-z]$/.test(state)) return null;
  const pid = wholeNumber(text.slice(0, open - 1));
  const userTicks = wholeNumber(field(text, 14));
  const systemTicks = wholeNumber(field(text, 15));
  const threads = wholeNumber(field(text, 20));
  const startTicks = wholeNumber(field(text, 22));
  const rssPages = wholeNumber(field(text, 24));
  if (pid === null || userTicks === null || systemTicks === null) return null;
  if (threads === null || startTicks === null || rssPages === null) return null;
  return { pid, state, cpuTicks: userTicks + systemTicks, threads, startTicks, rssPages };
}

/**
 * Where the fields of the text begin that was looked at last, from the state on; one more than
 * there are, as if another followed.
 */
const starts = new Uint32Array(leastFields + 1);

/**
 * How many fields there are between `from` and the line feed; those that count are found. Cutting
 * the text at every space would leave 50 strings behind (measured: `pnpm bench ablation`,
 * `stat-places`).
 */
function findFields(text: string, from: number): number {
  let fields = 0;
  starts[0] = from;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x20 || i === text.length - 1) starts[++fields] = i + 1;
  }
  return fields;
}

/** By its number in proc_pid_stat(5), which counts from 1 and has the state as its third. */
function field(text: string, number: number): string {
  return text.slice(starts[number - 3], (starts[number - 2] as number) - 1);
}

/**
 * Whether nothing of the process runs any more: it is dead (`X`), or a zombie (`Z`) that waits for
 * its parent. A process whose first thread alone has ended shows as `Z` too, but still has its
 * other threads.
 */
export function hasEnded({ state, threads }: Pick<ProcStat, "state" | "threads">): boolean {
  return state === "X" || state === "x" || (state === "Z" && threads <= 1);
}

function wholeNumber(digits: string): number | null {
  if (!/^\d{1,16}$/.test(digits)) return null;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}
