/**
 * What a simulated bot does beside its work, which every one of them does: beat, call models,
 * report metrics.
 */
export const roles = [
  "spends",
  "crashes_at_once",
  "in_trouble",
  "crashes",
  "leaks",
  "falls_silent",
  "flaps",
  "claimed_twice",
  "leaves",
  "busy",
  "steady",
] as const;
export type Role = (typeof roles)[number];

export interface BotPlan {
  readonly channel: string;
  readonly role: Role;
}

/** One stretch of a bot's life, in seconds since the demo began. */
export interface Stretch {
  readonly fromS: number;
  readonly toS: number;
  /**
   * How its process ends: with a goodbye, by kill -9, by a fault of its own before, or with the
   * demo.
   */
  readonly end: "goodbye" | "killed" | "fault" | "demo";
}

const platforms = ["twitch", "discord", "matrix"] as const;

/**
 * One bot of each troubled kind as far as they go, then healthy ones. Names tell what a bot does,
 * so that a table explains itself.
 */
export function planFleet(count: number): BotPlan[] {
  return Array.from({ length: count }, (_, i) => {
    const role = roles[i] ?? "steady";
    const platform = platforms[i % platforms.length];
    const name = role === "steady" ? `${i - roles.length + 2}`.padStart(2, "0") : role;
    return { channel: `${platform}_${name}`, role };
  });
}

const never = Number.POSITIVE_INFINITY;

/** When the processes of a bot run. They repeat, so that whoever looks later sees something too. */
export function stretchAt(role: Role, n: number): Stretch | undefined {
  switch (role) {
    case "crashes_at_once":
      // As a supervisor does with a bot whose token is wrong.
      return { fromS: n * 4, toS: n * 4 + 3, end: "fault" };
    case "crashes":
      // 6 s of work, 10 s dead.
      return { fromS: n * 16, toS: n * 16 + 6, end: "killed" };
    case "flaps":
      // It comes and goes with good manners.
      return { fromS: n * 9, toS: n * 9 + 7, end: "goodbye" };
    case "leaves":
      return n === 0 ? { fromS: 0, toS: 8, end: "goodbye" } : undefined;
    default:
      return n === 0 ? { fromS: 0, toS: never, end: "demo" } : undefined;
  }
}

/** A second process of the same channel, started beside the first. */
export function rivalAt(role: Role, n: number): Stretch | undefined {
  return role === "claimed_twice" ? { fromS: 5 + n * 40, toS: 25 + n * 40, end: "killed" } : undefined;
}

/** Whether a bot that falls silent says nothing at this age: it hangs, though its process lives. */
export function isSilent(role: Role, ageS: number): boolean {
  return role === "falls_silent" && ageS % 30 >= 3 && ageS % 30 < 18;
}

/** What a bot that lives says of itself at this age; null while all is well. */
export function troubleAt(role: Role, ageS: number): string | null {
  return role === "in_trouble" && ageS % 40 >= 3 && ageS % 40 < 33 ? "gateway closed: 4004" : null;
}

/** The last words of a bot that crashes at once, in the form of the client's. */
export const lastWords = "exit 1: TokenInvalid: 401 Unauthorized at login.js:12";
