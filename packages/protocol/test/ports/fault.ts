/** What is wrong with a broken copy of the small port, and which rule has to say so. */
export interface Fault {
  /** As port.py knows it. */
  readonly name: string;
  readonly rule: string;
  /** `should` where the specification demands no more. */
  readonly level: "must" | "should";
  /** The scenarios that show it. */
  readonly scenarios: readonly string[];
}

const must = (rule: string, name: string, ...scenarios: string[]): Fault => ({
  name,
  rule,
  level: "must",
  scenarios,
});
const should = (rule: string, name: string, ...scenarios: string[]): Fault => ({
  name,
  rule,
  level: "should",
  scenarios,
});

export const faults: readonly Fault[] = [
  must("C-1", "no-greeting", "restarts"),
  must("C-1", "greets-late", "restarts"),
  must("C-1", "greets-without-features", "restarts"),
  must("C-2", "blocking-write", "frozen-exit"),
  must("C-2", "waits-for-answer", "live"),
  must("C-2", "waits-for-drain", "frozen-exit"),
  must("C-3", "unbounded", "absent"),
  must("C-3", "bound-too-large", "absent"),
  must("C-3", "no-byte-bound", "long-rows"),
  must("C-3", "drops-newest", "absent"),
  must("C-3", "keeps-old-states", "absent"),
  must("C-3", "leaks-rows", "away"),
  should("C-4", "dropped-zero", "absent"),
  should("C-4", "no-dropped", "absent"),
  should("C-4", "dropped-too-many", "live"),
  should("C-4", "dropped-falls", "absent"),
  must("C-5", "no-pause", "closes"),
  must("C-5", "no-jitter", "closes"),
  must("C-5", "equal-jitter", "closes"),
  must("C-5", "no-growth", "closes"),
  must("C-5", "gives-up", "closes"),
  must("C-5", "spins-while-alone", "away"),
  must("C-6", "reopens-when-stalled", "frozen"),
  must("C-7", "continues-cut", "cuts"),
  must("C-7", "resends-cut", "cuts"),
  should("C-8", "beats-slowly", "beats"),
  should("C-8", "interval-untold", "beats"),
  should("C-8", "beats-wildly", "beats"),
  must("C-9", "beats-on", "beats"),
  must("C-9", "goodbye-again-at-exit", "leaves"),
  must("C-9", "two-goodbyes", "live"),
  must("C-9", "beats-after-goodbye", "live"),
  must("C-9", "greets-after-goodbye", "goodbye"),
  must("C-9", "goodbye-at-crash", "crash"),
  must("C-9", "never-leaves", "live"),
  should("C-10", "started-at-anew", "live"),
  should("C-10", "started-at-guessed", "live"),
  must("C-11", "raises-when-absent", "absent"),
  must("C-11", "raises-on-arguments", "hostile"),
  must("C-11", "raises-when-frozen", "frozen-exit"),
  must("C-11", "raises-after-close", "live"),
  must("C-12", "blocking-connect", "backlog"),
  must("C-13", "keeps-alive", "live"),
  must("C-13", "changes-code", "live"),
  must("C-13", "flushes-at-end", "frozen-exit"),
  must("C-13", "closes-late", "frozen-close"),
  must("C-13", "works-on-after-close", "live"),
  must("C-14", "keeps-what-comes", "talks"),
  should("C-14", "never-notices", "restarts"),
  must("C-15", "last-first", "absent"),
  must("C-15", "rounds-values", "live"),
  must("C-16", "dies-of-sigpipe", "closes", "resets"),
  should("C-16", "inheritable", "live"),
  should("C-17", "no-ts", "absent"),
  should("C-17", "ts-of-sending", "absent"),
  should("C-17", "ts-in-seconds", "absent"),
  must("C-18", "interleaves", "threads"),
  must("C-18", "shares-after-fork", "fork"),
  must("C-19", "ignores-disabled", "disabled"),
  must("C-19", "ignores-variable", "named"),
  must("C-19", "environment-first", "caller"),
  must("P-1", "joins-lines", "live"),
  must("P-1", "sends-anything", "hostile"),
];
